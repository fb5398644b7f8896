// The DynamoDB expressions of the search.

/** Queries the entries of a partition that begin with a text; an empty one is all of them. */
export function searchExpression(subject: string, start: string) {
  return {
    KeyConditionExpression:
      start === '' ? 'subject = :subject' : 'subject = :subject AND begins_with(entry, :start)',
    ExpressionAttributeValues: { ':subject': subject, ...(start !== '' && { ':start': start }) },
  }
}
