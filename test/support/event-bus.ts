// A stand-in for EventBridge over HTTP (JSON 1.1): it takes events as PutEvents is documented, and
// lets tests refuse some. AWS_ENDPOINT_URL_EVENTBRIDGE points the SDK to it.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { recordAnswer } from './record.ts'

/** An event as it was put. */
export interface PutEvent {
  EventBusName: string
  Source: string
  DetailType: string
  // biome-ignore lint/suspicious/noExplicitAny: tests name the members that they expect
  Detail: any
  /** Seconds since the epoch. */
  Time: number
}

/**
 * What to do with a request instead of taking all of it: these of its entries are refused, or all
 * of it.
 */
export type BusFault =
  | { refuse: number[] }
  | 'throttles'
  | 'denies'
  | 'hangs'
  | 'hangs midway'
  | 'empties'

/** A running stand-in. */
export interface EventBus {
  /** What was taken, in order. */
  events: PutEvent[]
  /** How many entries each request had, taken or not. */
  requests: number[]
  /** What happens to the next requests, one each. */
  faults: BusFault[]
  /** What was taken since it was asked last. */
  take(): PutEvent[]
  close(): void
}

/** Starts a stand-in, and lets the environment name it. */
export async function startEventBus(): Promise<EventBus> {
  const events: PutEvent[] = []
  const requests: number[] = []
  const faults: BusFault[] = []
  const server = http.createServer(async (message, response) => {
    response.on('error', () => {})
    const { Entries } = (await json(message)) as { Entries: (PutEvent & { Detail: string })[] }
    requests.push(Entries.length)
    const fault = faults.shift()
    if (fault === 'hangs') return
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      if (fault === 'hangs midway') response.write(JSON.stringify(body).slice(0, 5))
      else response.end(JSON.stringify(body))
    }
    if (fault === 'empties') return send(200, {})
    if (message.headers['x-amz-target'] !== 'AWSEvents.PutEvents' || Entries.length > 10) {
      return send(400, { __type: 'ValidationException' })
    }
    if (fault === 'throttles') return send(400, { __type: 'ThrottlingException' })
    if (fault === 'denies') return send(400, { __type: 'AccessDeniedException' })
    const refused = typeof fault === 'object' ? fault.refuse : []
    const answers = Entries.map((entry, index) => {
      // Whatever is sent is searched by the suite's last test.
      recordAnswer(entry)
      if (refused.includes(index)) return { ErrorCode: 'ThrottlingException' }
      events.push({ ...entry, Detail: JSON.parse(entry.Detail) })
      return { EventId: String(events.length) }
    })
    send(200, { FailedEntryCount: refused.length, Entries: answers })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = `http://127.0.0.1:${port}`
  process.env.OTP_EVENT_BUS = 'default'
  let taken = 0
  const take = () => {
    const fresh = events.slice(taken)
    taken = events.length
    return fresh
  }
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { events, requests, faults, take, close }
}
