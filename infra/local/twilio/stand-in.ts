// A local stand-in for Twilio's Messages API (POST /2010-04-01/Accounts/{sid}/Messages.json) and Calls API: it keeps
// what it is sent, delivers nothing, and shows it as a web page, the SMS inbox (inbox.ts). What becomes of a message
// is told to its status callback: by itself, and what is asked for at POST /messages/{sid}/status. Every account that is asked
// about is an active one and has the sender that is asked for. Tests make it misbehave.
import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Inbox, openInbox } from './inbox.ts'
import { readSent, type StandInMessage, wasAccepted } from './messages.ts'
import { accountResource } from './resources.ts'
import { type StatusNews, tellStatus } from './status.ts'

export type { StandInMessage } from './messages.ts'

/** A request as it arrived, whatever was answered. */
export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** From Basic authentication; null when there was none. */
  username: string | null
  password: string | null
  form: Record<string, string>
}

/** What to answer instead; where it names no status, the usual answer is given with these faults. */
export interface StandInAnswer {
  status?: number
  headers?: Record<string, string>
  /** A string goes out as it is, anything else as JSON. */
  body?: unknown
  delayMs?: number
  /** What the message's callback is told by itself, instead of the usual. */
  tells?: string[]
  /**
   * `hang` never answers, `reset` breaks the connection instead of answering, `reset midway` after half
   * of the body, `trickle` sends the body byte by byte and never the last one.
   */
  fault?: 'hang' | 'reset' | 'reset midway' | 'trickle'
}

/** A running stand-in. */
export interface TwilioStandIn {
  url: string
  port: number
  /** Every request that was not for the inbox, oldest first; the last 1,000. */
  requests: ReceivedRequest[]
  /** Every message accepted, oldest first; the last 1,000. */
  messages: StandInMessage[]
  /** Tells a message's status callback, and gives the status that it answered. */
  tell(sid: string, news: StatusNews): Promise<number>
  close(): Promise<void>
}

interface Options {
  /** 0, the default, takes a free one. */
  port?: number
  host?: string
  /** The auth token that callbacks are signed with; by default the password of whoever sent the message. */
  signatureToken?: string
  /** What every message's callback is told by itself, one after the other; nothing by default. */
  tells?: string[]
  /** Whoever else answers at this address; asked before Twilio is. */
  others?: Pick<Inbox, 'take'>[]
  /** Called with each request for the API and its number, from 1 on; undefined is the usual answer. */
  answer?: (request: ReceivedRequest, n: number) => StandInAnswer | undefined
}

interface Reply {
  status: number
  headers?: Record<string, string>
  body: unknown
}

const kept = 1000
const sendPath = /^\/2010-04-01\/Accounts\/([^/?]+)\/(Messages|Calls)\.json(?:\?|$)/
const statusPath = /^\/messages\/(\w+)\/status$/

/** The numbers that Twilio's own test credentials refuse (twilio.com/docs/iam/test-credentials). */
const magicNumbers: Record<string, [code: number, message: string]> = {
  '+15005550001': [21211, "The 'To' number +15005550001 is not a valid phone number."],
  '+15005550002': [
    21612,
    "Message cannot be sent with the current combination of 'To' and 'From'.",
  ],
  '+15005550003': [21408, 'Permission to send an SMS has not been enabled for the region.'],
  '+15005550004': [21610, 'Attempt to send to unsubscribed recipient.'],
  '+15005550009': [21614, "'To' number is not a valid mobile number."],
}

/** Starts the stand-in; rejects with EADDRINUSE when the port is taken. */
export async function startTwilioStandIn(options: Options = {}): Promise<TwilioStandIn> {
  const { port = 0, host = '127.0.0.1', answer, tells = [], others = [] } = options
  const requests: ReceivedRequest[] = []
  const messages: StandInMessage[] = []
  const inbox = openInbox(messages)
  let received = 0
  const tell = async (sid: string, news: StatusNews) => {
    const message = messages.find(sent => sent.sid === sid)
    if (message === undefined) throw new Error('There is no such message.')
    const answered = await tellStatus(message, news, options.signatureToken)
    inbox.showTold(message)
    return answered
  }
  const tellAll = async ({ sid, statusCallback }: StandInMessage, statuses: string[]) => {
    if (statusCallback === null) return
    // A service that ends meanwhile is not told.
    for (const status of statuses) await tell(sid, { status }).catch(() => {})
  }

  const server = http.createServer(async (message, response) => {
    // A client that gave up is its own business; here it must not end the process.
    response.on('error', () => {})
    const form = await text(message).catch(() => '')
    const request = readRequest(message, form)
    if ([inbox, ...others].some(one => one.take(message, form, response))) return
    const told = await answerTold(request, tell)
    if (told) return send(response, told)
    keep(requests, request)
    received += 1
    const instead = answer?.(request, received) ?? inbox.failureFor(request.form) ?? {}
    const { status, headers = {}, body = '' } = instead
    const usual = status === undefined
    const accept = (sent: StandInMessage) => {
      keep(messages, sent)
      inbox.show(sent)
      // After the answer, as Twilio does.
      setImmediate(() => tellAll(sent, instead.tells ?? tells))
    }
    send(response, usual ? answerTwilio(request, accept) : { status, headers, body }, instead)
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    requests,
    messages,
    tell,
    close() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function readRequest(message: IncomingMessage, form: string): ReceivedRequest {
  const basic = /^Basic (.+)$/i.exec(message.headers.authorization ?? '')?.[1]
  const credentials = basic === undefined ? '' : Buffer.from(basic, 'base64').toString()
  const colon = credentials.indexOf(':')
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: message.headers,
    username: colon < 0 ? null : credentials.slice(0, colon),
    password: colon < 0 ? null : credentials.slice(colon + 1),
    form: Object.fromEntries(new URLSearchParams(form)),
  }
}

function answerTwilio(request: ReceivedRequest, accept: (message: StandInMessage) => void): Reply {
  const { path, method, form } = request
  const [, accountSid, resource] = sendPath.exec(path) ?? []
  if (accountSid === undefined) return answerReading(request)
  if (method !== 'POST') return problem(405, 20004, 'Method not allowed')
  if (!isAuthenticated(request)) return problem(401, 20003, 'Authenticate')
  const message = readSent(request, resource === 'Calls' ? 'call' : 'message')
  if (!wasAccepted(message)) return problem(400, ...message)
  const magic = magicNumbers[message.to]
  if (magic) return problem(400, ...magic)
  accept(message)
  return { status: 201, body: messageResource(message, accountSid, form.MessagingServiceSid) }
}

/** What is asked for becomes of a message: a form or a query of `status` and, where it failed, `errorCode`. */
async function answerTold(
  { method, path, form }: ReceivedRequest,
  tell: (sid: string, news: StatusNews) => Promise<number>,
): Promise<Reply | null> {
  const [place = '', query] = path.split('?')
  const sid = statusPath.exec(place)?.[1]
  if (sid === undefined) return null
  if (method !== 'POST') return problem(405, 20004, 'Method not allowed')
  const { status = '', errorCode } = { ...Object.fromEntries(new URLSearchParams(query)), ...form }
  const headers = { 'cache-control': 'no-store' }
  try {
    const answered = await tell(sid, { status, ...(errorCode && { errorCode }) })
    return { status: 200, headers, body: { answered } }
  } catch (error) {
    return { status: 404, headers, body: { message: (error as Error).message } }
  }
}

/** The calls that only read: what an account is and has. */
function answerReading(request: ReceivedRequest): Reply {
  const { path, method, username } = request
  const body = accountResource(path, username)
  if (body === null) return problem(404, 20404, `The requested resource ${path} was not found`)
  if (method !== 'GET') return problem(405, 20004, 'Method not allowed')
  return isAuthenticated(request) ? { status: 200, body } : problem(401, 20003, 'Authenticate')
}

function isAuthenticated({ username, password }: ReceivedRequest): boolean {
  return Boolean(username && password)
}

function messageResource(
  message: StandInMessage,
  accountSid: string,
  messagingServiceSid: string | undefined,
) {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${message.sid}`
  const date = new Date(message.sentAt).toUTCString().replace('GMT', '+0000')
  return {
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: message.body,
    date_created: date,
    date_sent: null,
    date_updated: date,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: messagingServiceSid ? null : message.from,
    messaging_service_sid: messagingServiceSid ?? null,
    num_media: '0',
    num_segments: messagingServiceSid ? '0' : '1',
    price: null,
    price_unit: null,
    sid: message.sid,
    status: messagingServiceSid ? 'accepted' : 'queued',
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  }
}

function problem(status: number, code: number, message: string): Reply {
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }
  return status === 401
    ? { status, headers: { 'www-authenticate': 'Basic realm="Twilio API"' }, body }
    : { status, body }
}

function send(response: ServerResponse, reply: Reply, faults: StandInAnswer = {}): void {
  const { delayMs = 0, fault } = faults
  const body = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
  const timers = [setTimeout(answer, delayMs)]
  response.once('close', () => timers.forEach(clearTimeout))

  function answer() {
    if (fault === 'reset') response.socket?.resetAndDestroy()
    if (fault === 'reset' || fault === 'hang') return
    response.writeHead(reply.status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...reply.headers,
    })
    if (fault === 'reset midway') {
      response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy())
    } else if (fault === 'trickle') {
      let sent = 0
      const trickle = () => sent < body.length - 1 && response.write(body.charAt(sent++))
      timers.push(setInterval(trickle, 5))
    } else response.end(body)
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item)
  if (list.length > kept) list.shift()
}
