// Reads the stream of the devices table and tells EventBridge what happened to whom: the audit events of
// lib/audit/events.ts. Each is put at least once, and those of a device in order; what is put again has the id that it
// had. EventBridge itself keeps no order: `sequenceNumber` has it.
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { connectBus } from '../lib/audit/bus.ts'
import { type AuditEvent, auditEvents } from '../lib/audit/events.ts'
import { describeError, logger } from '../lib/log.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { eventBus } from '../lib/settings/event-bus.ts'
import { readRecord } from '../lib/stream/records.ts'

const putEvents = connectBus()
/** Of the ten seconds of an invocation. */
const deadlineMs = 8_000

/** A batch of the stream. It is handed over again from its first record on that was not told. */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const bus = eventBus()
  if (bus === null) return { batchItemFailures: [] }
  const read = readAll(event.Records)
  const events = read.flatMap(record => record.events)
  const taken = await putEvents(events, bus, AbortSignal.timeout(deadlineMs))
  // What could not be read comes after all that could, and ends the batch.
  const failed =
    events[taken]?.detail.sequenceNumber ?? event.Records[read.length]?.dynamodb?.SequenceNumber
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] }
}

/** The events of the records, up to the first that cannot be read. */
function readAll(records: DynamoDBRecord[]): { events: AuditEvent[] }[] {
  const { throttle } = deviceSettings()
  const stage = process.env.OTP_STAGE ?? ''
  const read: { events: AuditEvent[] }[] = []
  for (const record of records) {
    try {
      const change = readRecord(record)
      const context = { eventId: record.eventID ?? '', stage, throttle }
      read.push({ events: change === null ? [] : auditEvents(change, context) })
    } catch (error) {
      logger.error('record not read', { eventId: record.eventID, error: describeError(error) })
      break
    }
  }
  return read
}
