// Reads the stream of the devices table, and tells what happened: to EventBridge the audit events
// of lib/audit/events.ts, to support the timeline and the search. Each event is put at least once,
// with the same id each time, and the events of a device are put in order. EventBridge itself keeps
// no order, so each event has a `sequenceNumber`.
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import { connectBus } from '../lib/audit/bus.ts'
import { type AuditEvent, auditEvents } from '../lib/audit/events.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
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
/** What is left after it puts the events of the records whose rows were written. */
const longestTellingMs = 5_000

/**
 * Handles a batch of the stream. Lambda retries it from the first record whose rows were not
 * written or whose events were not put. Rows come first: they may be written again as often as a
 * busy table makes it necessary, while each event that is put again has its price.
 */
export async function handler(batch: StreamBatch): Promise<DynamoDBBatchResponse> {
  const bus = eventBus()
  const signal = AbortSignal.timeout(deadlineMs)
  const { read, failed } = await readBatch('audit', batch, eventReader())
  const changes = read.flatMap(({ change }) => change ?? [])
  const telling = AbortSignal.timeout(longestTellingMs)
  const untold = changes[await tellTimeline(store, changes, batch.replay !== undefined, telling)]
  const end = untold ? read.findIndex(({ change }) => change === untold) : read.length
  const told = read.slice(0, end)
  const events = bus === null ? [] : told.flatMap(({ events }) => events)
  const taken = bus === null ? 0 : await putEvents(events, bus, signal)
  const notTaken = events[taken]?.detail.sequenceNumber
  return batchResponse(notTaken ?? untold?.sequenceNumber ?? failed)
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
