// Sends messages with Twilio's Messages API and places calls with its Calls API. The REST client of
// the `twilio` package is imported by path, and the HTTP client is our own: the package adds 3.8 MB
// to a bundle, with its axios alone 0.4 MB, this way 0.1 MB. Every result becomes a Delivery here,
// because a foreign error may hold the credentials and the token.
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { promisify } from 'node:util'
import BaseTwilio from 'twilio/lib/base/BaseTwilio.js'
import DomainModule from 'twilio/lib/base/Domain.js'
import type RequestClient from 'twilio/lib/base/RequestClient.js'
import VersionModule from 'twilio/lib/base/Version.js'
import { MessageListInstance } from 'twilio/lib/rest/api/v2010/account/message.js'
import { dropIdle, keepConnections } from '../connections.ts'
import { parseJson } from '../json.ts'
import { type Delivery, readAnswer } from './answer.ts'

/** The URL and the credentials that messages are sent with. */
export interface TwilioAccount {
  /** `OTP_TWILIO_URL`; a region or edge in its hostname is kept, a trailing slash is not. */
  url: string
  /** Starts with AC. */
  accountSid: string
  /** The API key SID, or the account SID. */
  username: string
  /** The secret of that API key, or the account's auth token. */
  password: string
}

/** One text message, by SMS or WhatsApp. */
export interface Sms {
  /** E.164; for WhatsApp after `whatsapp:`. */
  to: string
  body?: string
  /** In place of a body: an approved template, and its variables in JSON. */
  content?: { sid: string; variables: string }
  sender: { messagingServiceSid: string } | { from: string }
  /** Whole seconds, 1 to 36,000. Later Twilio drops the message instead of sending it. */
  validityPeriod: number
  /** URL that Twilio reports the delivery status to; null asks for no reports. */
  statusCallback?: string | null
}

/** One call. */
export interface Call {
  /** E.164, both. */
  to: string
  from: string
  /** What is said. It is inline, because a URL would have to hold the token. */
  twiml: string
  ringSeconds: number
  statusCallback: string | null
}

const Domain = unwrap(DomainModule)
const Version = unwrap(VersionModule)

const sendMs = 8000
const connectMs = 3000
const idleMs = 5000
const answerBytes = 64 * 1024
/**
 * The least time that is left for a retry: one that the deadline cuts short would turn a known
 * result into an unknown one.
 */
const retryRoomMs = 2000

const connections = keepConnections({ timeout: idleMs })

/**
 * Sends one message within eight seconds, retries included, and within `signal`. It sends
 * again only what Twilio cannot have processed: twice after a 429, once when nothing was
 * written. Never throws.
 */
export function sendSms(account: TwilioAccount, sms: Sms, signal: AbortSignal): Promise<Delivery> {
  const { to, body, content, validityPeriod, sender, statusCallback } = sms
  const message = {
    to,
    ...(body !== undefined && { body }),
    ...(content && { contentSid: content.sid, contentVariables: content.variables }),
    validityPeriod,
    ...sender,
    ...(statusCallback && { statusCallback }),
  }
  const send: TwilioRequest = client =>
    MessageListInstance(
      versionOf(account, client) as Parameters<typeof MessageListInstance>[0],
      account.accountSid,
    ).create(message)
  return sendWithin(send, signal)
}

/** Places one call, under the same rules as sendSms. */
export function placeCall(
  account: TwilioAccount,
  { to, from, twiml, ringSeconds, statusCallback }: Call,
  signal: AbortSignal,
): Promise<Delivery> {
  const data = {
    To: to,
    From: from,
    Twiml: twiml,
    Timeout: ringSeconds,
    ...(statusCallback && {
      StatusCallback: statusCallback,
      StatusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
    }),
  }
  // The package's own Calls resource does the same, but brings 120 KB of other resources.
  const send: TwilioRequest = client =>
    versionOf(account, client).create({
      uri: `/Accounts/${account.accountSid}/Calls.json`,
      method: 'post',
      data,
    })
  return sendWithin(send, signal)
}

/** Makes one request with Twilio's client. */
type TwilioRequest = (client: RequestClient) => Promise<unknown>

async function sendWithin(send: TwilioRequest, signal: AbortSignal): Promise<Delivery> {
  const overdue = new AbortController()
  const timer = setTimeout(() => overdue.abort(), sendMs)
  const deadline = performance.now() + sendMs
  try {
    const either = AbortSignal.any([signal, overdue.signal])
    return await sendWithRetries(send, either, deadline)
  } finally {
    clearTimeout(timer)
  }
}

async function sendWithRetries(
  send: TwilioRequest,
  signal: AbortSignal,
  deadline: number,
): Promise<Delivery> {
  const retries = { busy: 2, unreachable: 1 }
  for (;;) {
    const delivery = await sendOnce(send, signal)
    if (delivery.outcome !== 'busy' && delivery.outcome !== 'unreachable') return delivery
    if (retries[delivery.outcome]-- === 0) return delivery
    const waitMs = delivery.outcome === 'busy' ? delivery.retryAfterSeconds * 1000 : 0
    if (performance.now() + waitMs + retryRoomMs > deadline) return delivery
    if (!(await pause(waitMs, signal))) return delivery
  }
}

async function sendOnce(send: TwilioRequest, signal: AbortSignal): Promise<Delivery> {
  dropIdle(connections, idleMs)
  const exchange: Exchange = { request: null, written: false, response: null, body: undefined }
  let cause = 'unreadable'
  try {
    await send(httpClient(exchange, signal))
  } catch (error) {
    cause = signal.aborted ? 'timeout' : causeOf(exchange.response?.errored ?? error)
  }
  const { request, response, body } = exchange
  // Once we answer that nothing was written, nothing may be written any more.
  if (body === undefined) request?.destroy()
  if (response) {
    const { statusCode: status = 0, headers } = response
    return readAnswer({ status, retryAfter: headers['retry-after'], body, cause })
  }
  return exchange.written ? { outcome: 'unknown', cause } : { outcome: 'unreachable' }
}

/** One request as seen on the wire. */
interface Exchange {
  request: ClientRequest | null
  /** The connection was ready to carry the request, so Twilio may have it. */
  written: boolean
  response: IncomingMessage | null
  /** Parsed JSON, or a string when it is not JSON; undefined until it is complete. */
  body: unknown
}

/** Makes the HTTP client that Twilio's client takes, for one request. */
function httpClient(exchange: Exchange, signal: AbortSignal): RequestClient {
  const client = {
    async request(given: Parameters<RequestClient['request']>[0]) {
      const { method, uri, username, password, headers, data } = given
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
      const sentHeaders = { ...headers, authorization, 'accept-encoding': 'identity' }
      const target = { ...urlToHttpOptions(new URL(uri)), method, headers: sentHeaders, signal }
      const response = await startRequest(exchange, target, formOf(data as object))
      const text = await readText(response)
      const json = parseJson(text)
      exchange.body = json === undefined ? text : json
      return { statusCode: response.statusCode, body: exchange.body, headers: response.headers }
    },
  }
  return client as unknown as RequestClient
}

/**
 * Starts Node's own request, which follows no redirect, and marks the moment from which it may
 * have been written.
 */
function startRequest(
  exchange: Exchange,
  options: RequestOptions,
  form: string,
): Promise<IncomingMessage> {
  const scheme = options.protocol === 'https:' ? 'https' : 'http'
  const { request: start } = scheme === 'https' ? https : http
  return new Promise((resolve, reject) => {
    const request = start({ ...options, agent: connections[`${scheme}Agent`] }, response => {
      exchange.response = response
      resolve(response)
    })
    exchange.request = request
    const timer = setTimeout(() => request.destroy(), connectMs)
    const connected = () => {
      clearTimeout(timer)
      exchange.written = true
    }
    request.once('error', reject)
    request.once('close', () => clearTimeout(timer))
    request.once('socket', socket => {
      // A kept-alive connection emits no connect event, and its reset does not show what was read.
      if (request.reusedSocket) connected()
      else socket.once(scheme === 'https' ? 'secureConnect' : 'connect', connected)
    })
    request.end(form)
  })
}

function formOf(data: object): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(data)) {
    for (const one of [value].flat()) form.append(name, String(one))
  }
  return form.toString()
}

class AnswerTooLarge extends Error {}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > answerBytes) throw new AnswerTooLarge()
    chunks.push(chunk)
  }
  const whole = Buffer.concat(chunks)
  const { 'content-encoding': encoding = 'identity' } = response.headers
  return (encoding === 'identity' ? whole : await unpack(whole)).toString('utf8')
}

/** Rarely needed, because the request asks for no encoding. */
async function unpack(packed: Buffer): Promise<Buffer> {
  const { unzip } = await import('node:zlib')
  return promisify<Buffer, object, Buffer>(unzip)(packed, { maxOutputLength: answerBytes })
}

function versionOf(account: TwilioAccount, httpClient: RequestClient) {
  const client = new BaseTwilio.Client(account.username, account.password, {
    accountSid: account.accountSid,
    httpClient,
    // Overrides TWILIO_LOG_LEVEL: at debug the client prints the message.
    logLevel: 'none',
  })
  // Overrides TWILIO_REGION and TWILIO_EDGE. The client also takes any hostname apart as if it were
  // one of twilio.com.
  client.getHostname = hostname => hostname
  const domain = new Domain(client, account.url)
  return new Version(domain, '2010-04-01')
}

/**
 * Node.js and esbuild import a CommonJS module's exports as the default, vitest its
 * `exports.default`.
 */
function unwrap<T>(module: { default: T }): T {
  return module.default ?? (module as unknown as T)
}

/**
 * Returns the code of a foreign error, which is a constant. Its message is not, and is never used.
 */
function causeOf(error: unknown): string {
  if (error instanceof AnswerTooLarge) return 'too large'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ERR_BUFFER_TOO_LARGE') return 'too large'
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'unreadable'
}

/** True when the time has passed; false as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve(false)
    const cutShort = () => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cutShort)
      resolve(true)
    }, ms)
    signal.addEventListener('abort', cutShort, { once: true })
  })
}
