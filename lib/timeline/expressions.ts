// The DynamoDB expressions of the timeline.

/** Queries a user's events, of every device or of one. */
export function timelineExpression(subject: string, deviceId: string | null) {
  return {
    KeyConditionExpression: 'subject = :subject',
    ...(deviceId !== null && { FilterExpression: 'deviceId = :deviceId' }),
    ExpressionAttributeValues: {
      ':subject': subject,
      ...(deviceId !== null && { ':deviceId': deviceId }),
    },
  }
}
