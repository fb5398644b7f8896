// Reads the stream of the devices table, and tells what happened: to EventBridge the audit events
// of lib/audit/events.ts, to support the timeline and the search. Each event is put at least once,
// with the same id each time, and the events of a device are put in order. EventBridge itself keeps
// no order, so each event has a `sequenceNumber`.
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import { connectBus } from '../lib/audit/bus.ts'
import { type AuditEvent, auditEvents } from '../lib/audit/events.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { countOutcome, describeError, logger } from '../lib/log.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { eventBus } from '../lib/settings/event-bus.ts'
import { stageName } from '../lib/settings/stage.ts'
import { batchResponse, readBatch, type StreamBatch } from '../lib/stream/batch.ts'
import { type DeviceChange, readRecord } from '../lib/stream/records.ts'
import { tellTimeline } from '../lib/timeline/tell.ts'

const putEvents = connectBus()
const store = connectStore()
/** The invocation itself times out after ten seconds. */
const deadlineMs = 8_000

/**
 * Handles a batch of the stream. Lambda retries it from the first record whose events were not put.
 */
export async function handler(batch: StreamBatch): Promise<DynamoDBBatchResponse> {
  const bus = eventBus()
  const signal = AbortSignal.timeout(deadlineMs)
  const { read, failed } = await readBatch('audit', batch, eventReader())
  const events = bus === null ? [] : read.flatMap(({ events }) => events)
  const changes = read.flatMap(({ change }) => change ?? [])
  const [taken, isTold] = await Promise.all([
    bus === null ? 0 : putEvents(events, bus, signal),
    tell(changes, batch.replay !== undefined, signal),
  ])
  const untold = isTold ? undefined : changes[0]?.sequenceNumber
  return batchResponse(untold ?? events[taken]?.detail.sequenceNumber ?? failed)
}

/** Keeps the timeline and the search. Never throws: the batch comes again. */
async function tell(changes: DeviceChange[], isReplay: boolean, signal: AbortSignal) {
  try {
    await tellTimeline(store, changes, isReplay, signal)
    return true
  } catch (error) {
    logger.error('timeline not written', { error: describeError(error) })
    countOutcome('audit', 'timeline_not_written')
    return false
  }
}

/** Makes what reads the events of a record. */
function eventReader(): (record: DynamoDBRecord) => Read {
  const { throttle } = deviceSettings()
  const stage = stageName() ?? ''
  return record => {
    const change = readRecord(record)
    const context = { eventId: record.eventID ?? '', stage, throttle }
    return { change, events: change === null ? [] : auditEvents(change, context) }
  }
}

/** A record: the write, and the audit events that it is. */
interface Read {
  change: DeviceChange | null
  events: AuditEvent[]
}
