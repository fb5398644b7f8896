// A local stand-in for Twilio's Messages API and Calls API. It delivers nothing: it keeps what it
// is sent, and shows it in the SMS inbox (inbox.ts). Delivery statuses are reported to the
// message's callback, by itself or on POST /messages/{sid}/status. Every account is active and has
// every sender. Tests make it misbehave.
import http, {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { guardHost } from '../guard.ts'
import { urlOf } from '../url.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { readSent, type StandInAnswer, type StandInMessage, wasAccepted } from './messages.ts'
import { accountResource } from './resources.ts'
import { type StatusReport, reportStatus as sendReport } from './status.ts'

/** A request as it was received, whatever was answered. */
export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** From Basic authentication; null when there was none. */
  username: string | null
  password: string | null
  form: Record<string, string>
}

/** A running stand-in. */
export interface TwilioStandIn {
  url: string
  port: number
  /** Every request that was not for the inbox, oldest first; the last 1,000. */
  requests: ReceivedRequest[]
  /** Every message accepted, oldest first; the last 1,000. */
  messages: StandInMessage[]
  /**
   * Reports a status to a message's callback, and returns the HTTP status of the callback's answer.
   */
  reportStatus(sid: string, report: StatusReport): Promise<number>
  close(): Promise<void>
}

interface Options {
  /** 0, the default, takes a free one. */
  port?: number
  host?: string
  /**
   * The auth token that signs callbacks; by default the password that the message was sent with.
   */
  signatureToken?: string
  /**
   * The statuses that are reported to every message's callback, one after the
   * other; none by default.
   */
  reports?: string[]
  /** Other stand-ins at this address. They are asked before Twilio's. */
  others?: Pick<Inbox, 'take'>[]
  /**
   * Called with each request for the API and its number, from 1 on; undefined
   * gives the usual answer.
   */
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
  const { port = 0, host = '127.0.0.1', answer, reports = [], others = [] } = options
  const requests: ReceivedRequest[] = []
  const messages: StandInMessage[] = []
  const inbox = openInbox(messages)
  let received = 0
  const reportStatus = async (sid: string, report: StatusReport) => {
    const message = messages.find(sent => sent.sid === sid)
    if (message === undefined) throw new Error('There is no such message.')
    const answered = await sendReport(message, report, options.signatureToken)
    inbox.showStatus(message)
    return answered
  }
  const reportAll = async ({ sid, statusCallback }: StandInMessage, statuses: string[]) => {
    if (statusCallback === null) return
    // A service that has ended meanwhile gets no report.
    for (const status of statuses) await reportStatus(sid, { status }).catch(() => {})
  }

  const server = http.createServer(async (message, response) => {
    // A client that has given up must not end this process.
    response.on('error', () => {})
    const form = await text(message).catch(() => '')
    const request = readRequest(message, form)
    if ([inbox, ...others].some(one => one.take(message, form, response))) return
    const reported = await answerReport(request, reportStatus)
    if (reported) return send(response, reported)
    keep(requests, request)
    received += 1
    const instead = answer?.(request, received) ?? inbox.failureFor(request.form) ?? {}
    const { status, headers = {}, body = '' } = instead
    const usual = status === undefined
    const accept = (sent: StandInMessage) => {
      keep(messages, sent)
      inbox.show(sent)
      // After the response, as Twilio does.
      setImmediate(() => reportAll(sent, instead.reports ?? reports))
    }
    send(response, usual ? answerTwilio(request, accept) : { status, headers, body }, instead)
  })

  guardHost(server, host)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: urlOf(host, address.port),
    port: address.port,
    requests,
    messages,
    reportStatus,
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

/**
 * Reports the status that a request names: a form or a query with `status` and, where it
 * failed, `errorCode`.
 */
async function answerReport(
  { method, path, form }: ReceivedRequest,
  reportStatus: (sid: string, report: StatusReport) => Promise<number>,
): Promise<Reply | null> {
  const [place = '', query] = path.split('?')
  const sid = statusPath.exec(place)?.[1]
  if (sid === undefined) return null
  if (method !== 'POST') return problem(405, 20004, 'Method not allowed')
  const { status = '', errorCode } = { ...Object.fromEntries(new URLSearchParams(query)), ...form }
  const headers = { 'cache-control': 'no-store' }
  try {
    const answered = await reportStatus(sid, { status, ...(errorCode && { errorCode }) })
    return { status: 200, headers, body: { answered } }
  } catch (error) {
    return { status: 404, headers, body: { message: (error as Error).message } }
  }
}

/** Answers the calls that only read: what an account is and has. */
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
