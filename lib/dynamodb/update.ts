// The form of a write. No read comes before a write: each write decides and applies at once, on the
// item, under DynamoDB's own lock.

/** The parts of an UpdateItem that change the item. */
export interface Update {
  UpdateExpression: string
  ConditionExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, unknown>
}

/** An update with a condition. */
export interface ConditionalUpdate extends Update {
  ConditionExpression: string
}

/** Wraps expression names, if there are any: DynamoDB refuses an empty map. */
export function withNames(names: Record<string, string>) {
  return Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}
}
