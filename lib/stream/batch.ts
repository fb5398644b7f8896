// A batch of the stream as a reader takes it. What cannot be read would not be readable at the next
// try either, so it holds up no device behind it: it is logged, counted, kept and passed over.
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { describeError, logger } from '../log.ts'
import { keepRecords, type Reader, type Unfinished } from './kept.ts'

/** A batch, from the stream or out of what was kept. */
export interface StreamBatch extends DynamoDBStreamEvent {
  /** There where `npm run replay` puts records in again: what is still to be done of them. */
  replay?: Unfinished
}

/** What was read of a batch. */
export interface ReadBatch<Read> {
  read: Read[]
  /** The records that were read. */
  records: DynamoDBRecord[]
  /** The record from which the batch has to come again; null where none has. */
  failed: string | null
}

/**
 * Reads records. Where those that cannot be read cannot be kept either, and in a replay, whose
 * records are kept already, it ends before the first of them.
 */
export async function readBatch<Read>(
  reader: Reader,
  { Records, replay }: StreamBatch,
  readOne: (record: DynamoDBRecord) => Read,
): Promise<ReadBatch<Read>> {
  const read: Read[] = []
  const records: DynamoDBRecord[] = []
  const unreadable: DynamoDBRecord[] = []
  let before = 0
  for (const record of Records) {
    try {
      read.push(readOne(record))
      records.push(record)
    } catch (error) {
      logger.error('record not read', { eventId: record.eventID, error: describeError(error) })
      if (unreadable.length === 0) before = read.length
      unreadable.push(record)
    }
  }
  const [first] = unreadable
  if (first === undefined || (replay === undefined && (await keepRecords(reader, unreadable)))) {
    return { read, records, failed: null }
  }
  return {
    read: read.slice(0, before),
    records: records.slice(0, before),
    failed: first.dynamodb?.SequenceNumber ?? '',
  }
}

/** The answer of a reader: all done, or again from this record. */
export function batchResponse(failed: string | null): DynamoDBBatchResponse {
  return { batchItemFailures: failed === null ? [] : [{ itemIdentifier: failed }] }
}
