// A write of the embedded DynamoDB in the form in which DynamoDB Streams passes it to Lambda.
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda'
import type { Change } from './dynalite.ts'

/** Makes the `n`th record of a stream. */
export function streamRecord(
  { keys, before, after }: Change,
  n: number,
  now: number,
): DynamoDBRecord {
  const images = { Keys: keys, OldImage: before, NewImage: after } as StreamRecord
  return {
    eventID: String(n).padStart(32, '0'),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'local',
    dynamodb: {
      ...images,
      // Streams report whole seconds.
      ApproximateCreationDateTime: Math.floor(now / 1000),
      SequenceNumber: String(n).padStart(21, '0'),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
  }
}
