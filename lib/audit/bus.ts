// The client of EventBridge, and the only importer of its SDK. As with DynamoDB, a try takes one
// second, and there are at most three tries.
import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import { awsTimeouts } from '../aws-timeouts.ts'
import { describeError, logger } from '../log.ts'

/** An event: its detail type, and a detail that says when it was. */
export interface BusEvent {
  type: string
  /** RFC 3339. */
  detail: { at: string }
}

/** Puts events in order. Returns how many were accepted before the first that was not. */
export type PutEvents = (events: BusEvent[], bus: string, signal: AbortSignal) => Promise<number>

const source = 'serverless-otp-twilio'
/**
 * The most entries of a request. Ten of the longest events are 8 KB, and a request may have 256 KB.
 */
const mostEntries = 10

/** Connects to EventBridge; region and endpoint are the SDK's own settings. */
export function connectBus(): PutEvents {
  const client = new EventBridgeClient({
    maxAttempts: 3,
    requestHandler: awsTimeouts,
  })

  async function put(entries: PutEventsRequestEntry[], signal: AbortSignal): Promise<number> {
    const command = new PutEventsCommand({ Entries: entries })
    const { Entries = [] } = await client.send(command, { abortSignal: signal })
    const refused = entries.findIndex((_, index) => Entries[index]?.EventId === undefined)
    if (refused === -1) return entries.length
    logger.warn('events not taken', { code: Entries[refused]?.ErrorCode })
    return refused
  }

  return async (events, bus, signal) => {
    const entries = events.map(event => entryOf(event, bus))
    for (let taken = 0; taken < entries.length; taken += mostEntries) {
      const batch = entries.slice(taken, taken + mostEntries)
      const takenOfBatch = await put(batch, signal).catch(error => {
        logger.error('events not taken', { error: describeError(error) })
        return 0
      })
      if (takenOfBatch < batch.length) return taken + takenOfBatch
    }
    return entries.length
  }
}

function entryOf({ type, detail }: BusEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: source,
    DetailType: type,
    Detail: JSON.stringify(detail),
    Time: new Date(detail.at),
  }
}
