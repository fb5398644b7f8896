// Reads the stream of the devices table and puts the audit events of lib/audit/events.ts on
// EventBridge. Each event is put at least once, with the same id each time, and the events of a
// device are put in order. EventBridge itself keeps no order, so each event has a `sequenceNumber`.
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { connectBus } from '../lib/audit/bus.ts'
import { type AuditEvent, auditEvents } from '../lib/audit/events.ts'
import { describeError, logger } from '../lib/log.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { eventBus } from '../lib/settings/event-bus.ts'
import { readRecord } from '../lib/stream/records.ts'

const putEvents = connectBus()
/** The invocation itself times out after ten seconds. */
const deadlineMs = 8_000

/**
 * Handles a batch of the stream. Lambda retries it from the first record whose events were not put.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const bus = eventBus()
  if (bus === null) return { batchItemFailures: [] }
  const read = readAll(event.Records)
  const events = read.flatMap(record => record.events)
  const taken = await putEvents(events, bus, AbortSignal.timeout(deadlineMs))
  // Reading stops at a record that cannot be read, so that record comes after all that were read.
  const failed =
    events[taken]?.detail.sequenceNumber ?? event.Records[read.length]?.dynamodb?.SequenceNumber
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] }
}

/** Returns the events of the records before the first that cannot be read. */
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
