// The form of a write. No read comes before a write: each decides and settles in one instant, on the item, under
// DynamoDB's own lock.

/** The parts of an UpdateItem that say what to do. */
export interface Update {
  UpdateExpression: string
  ConditionExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, unknown>
}

/** An update that says when, too. */
export interface ConditionalUpdate extends Update {
  ConditionExpression: string
}

/** Names, where there are any: DynamoDB refuses an empty map. */
export function withNames(names: Record<string, string>) {
  return Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}
}
