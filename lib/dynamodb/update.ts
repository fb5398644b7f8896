// The form of a write. No read comes before any write of this folder: each decides and settles in one instant, on
// the item, under DynamoDB's own lock.

/** The parts of an UpdateItem that say what to do and when. */
export interface ConditionalUpdate {
  UpdateExpression: string
  ConditionExpression: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, unknown>
}

/** Names, where there are any: DynamoDB refuses an empty map. */
export function withNames(names: Record<string, string>) {
  return Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}
}
