// The way to EventBridge, and the only importer of its client: one second a try, at most three tries, as to DynamoDB.
import {
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import { awsTimeouts } from '../aws-timeouts.ts'
import { describeError, logger } from '../log.ts'
import type { AuditEvent } from './events.ts'

/** Puts events in their order; gives how many were taken before the first that was not. */
export type PutEvents = (events: AuditEvent[], bus: string, signal: AbortSignal) => Promise<number>

const source = 'serverless-otp-twilio'
/** Ten of the longest are 8 KB, of the 256 KB that a request may have. */
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
      const some = entries.slice(taken, taken + mostEntries)
      const takenOfThem = await put(some, signal).catch(error => {
        logger.error('events not taken', { error: describeError(error) })
        return 0
      })
      if (takenOfThem < some.length) return taken + takenOfThem
    }
    return entries.length
  }
}

function entryOf({ type, detail }: AuditEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: source,
    DetailType: type,
    Detail: JSON.stringify(detail),
    Time: new Date(detail.at),
  }
}
