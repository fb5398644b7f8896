// Reads the stream of the devices table and puts the audit events of lib/audit/events.ts on
// EventBridge. Each event is put at least once, with the same id each time, and the events of a
// device are put in order. EventBridge itself keeps no order, so each event has a `sequenceNumber`.
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import { connectBus } from '../lib/audit/bus.ts'
import { type AuditEvent, auditEvents } from '../lib/audit/events.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { eventBus } from '../lib/settings/event-bus.ts'
import { stageName } from '../lib/settings/stage.ts'
import { batchResponse, readBatch, type StreamBatch } from '../lib/stream/batch.ts'
import { readRecord } from '../lib/stream/records.ts'

const putEvents = connectBus()
/** The invocation itself times out after ten seconds. */
const deadlineMs = 8_000

/**
 * Handles a batch of the stream. Lambda retries it from the first record whose events were not put.
 */
export async function handler(batch: StreamBatch): Promise<DynamoDBBatchResponse> {
  const bus = eventBus()
  if (bus === null) return batchResponse(null)
  const signal = AbortSignal.timeout(deadlineMs)
  const { read, failed } = await readBatch('audit', batch, eventReader())
  const events = read.flat()
  const taken = await putEvents(events, bus, signal)
  return batchResponse(events[taken]?.detail.sequenceNumber ?? failed)
}

/** Makes what reads the events of a record. */
function eventReader(): (record: DynamoDBRecord) => AuditEvent[] {
  const { throttle } = deviceSettings()
  const stage = stageName() ?? ''
  return record => {
    const change = readRecord(record)
    const context = { eventId: record.eventID ?? '', stage, throttle }
    return change === null ? [] : auditEvents(change, context)
  }
}
