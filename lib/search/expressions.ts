// The DynamoDB expressions of the search.

/** After every text that an entry goes on with: ids and digits are ASCII. */
const last = '\uffff'

/**
 * Queries the entries of a partition that begin with a text; an empty one is all of them. It is a
 * range: DynamoDB reads no more for it than for `begins_with`, for which dynoxide reads the whole
 * partition.
 */
export function searchExpression(subject: string, start: string) {
  if (start === '') {
    return {
      KeyConditionExpression: 'subject = :subject',
      ExpressionAttributeValues: { ':subject': subject },
    }
  }
  return {
    KeyConditionExpression: 'subject = :subject AND entry BETWEEN :start AND :end',
    ExpressionAttributeValues: { ':subject': subject, ':start': start, ':end': `${start}${last}` },
  }
}
