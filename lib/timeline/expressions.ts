// The DynamoDB expressions of the timeline.
import { startOfEntry } from './row.ts'

/** Queries a user's events up to a time, milliseconds since the epoch. */
export function pastExpression(subject: string, until: number) {
  return {
    KeyConditionExpression: 'subject = :subject AND entry < :end',
    ExpressionAttributeValues: { ':subject': subject, ':end': startOfEntry(until + 1) },
  }
}

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
