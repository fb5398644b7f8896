// A stand-in for EventBridge. It takes PutEvents as AWS does, keeps the events, and shows them as a
// rule's target would get them
// (docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html).
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The events of one stand-in. */
export interface EventsStandIn {
  /** Newest last; the last 1,000. */
  events: KeptEvent[]
  /**
   * Answers a request to EventBridge, or for the kept events (GET /events.json);
   * false for any other.
   */
  take(request: IncomingMessage, body: string, response: ServerResponse): boolean
}

/** An event as a rule's target gets it. */
export interface KeptEvent {
  version: '0'
  id: string
  'detail-type': string
  source: string
  account: string
  time: string
  region: string
  resources: string[]
  detail: Record<string, unknown>
}

/** An entry as it was received; only that it is an object is known. */
interface Entry {
  Source?: unknown
  DetailType?: unknown
  Detail?: unknown
  Resources?: string[]
  /** Seconds since the epoch. */
  Time?: number
}

type EntryAnswer = { EventId: string } | { ErrorCode: string; ErrorMessage: string }

const kept = 1000
const mostEntries = 10

/** Opens a stand-in without events. */
export function openEvents(): EventsStandIn {
  const events: KeptEvent[] = []
  return {
    events,
    take(request, body, response) {
      const target = /^AWSEvents\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1]
      if (target !== undefined) answerCall(target, body, { events, response })
      else if (request.method !== 'GET' || request.url !== '/events.json') return false
      else send(response, 200, { events: events.toReversed() }, 'application/json; charset=utf-8')
      return true
    },
  }
}

function answerCall(
  operation: string,
  body: string,
  { events, response }: { events: KeptEvent[]; response: ServerResponse },
) {
  const refuse = (code: string, message: string) => send(response, 400, { __type: code, message })
  if (operation !== 'PutEvents') return refuse('UnknownOperationException', operation)
  const entries = readEntries(body)
  if (entries === null) return refuse('SerializationException', 'The entries cannot be read.')
  if (entries.length < 1 || entries.length > mostEntries) {
    return refuse('ValidationException', `Entries must be 1 to ${mostEntries}.`)
  }
  const answers = entries.map(entry => putEvent(events, entry))
  events.splice(0, events.length - kept)
  const FailedEntryCount = answers.filter(answer => 'ErrorCode' in answer).length
  send(response, 200, { FailedEntryCount, Entries: answers })
}

function readEntries(body: string): Entry[] | null {
  try {
    const { Entries } = JSON.parse(body)
    return Array.isArray(Entries) ? Entries.map(entry => ({ ...entry })) : null
  } catch {
    return null
  }
}

function putEvent(events: KeptEvent[], entry: Entry): EntryAnswer {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (typeof entry[name] === 'string' && entry[name] !== '') continue
    const reason = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`
    return { ErrorCode: 'InvalidArgument', ErrorMessage: reason }
  }
  const detail = readDetail(String(entry.Detail))
  if (detail === null) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }
  const id = randomUUID()
  events.push({
    version: '0',
    id,
    'detail-type': String(entry.DetailType),
    source: String(entry.Source),
    account: '000000000000',
    // Without milliseconds, as EventBridge writes it.
    time: new Date(entry.Time === undefined ? Date.now() : entry.Time * 1000)
      .toISOString()
      .replace(/\.\d+/, ''),
    region: 'us-east-1',
    resources: entry.Resources ?? [],
    detail,
  })
  return { EventId: id }
}

/** Null where the text is no JSON object. */
function readDetail(text: string): Record<string, unknown> | null {
  try {
    const detail = JSON.parse(text)
    return typeof detail === 'object' && !Array.isArray(detail) ? detail : null
  } catch {
    return null
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  type = 'application/x-amz-json-1.1',
): void {
  response.writeHead(status, { 'cache-control': 'no-store', 'content-type': type })
  response.end(JSON.stringify(body))
}
