// One call of the API: its tries, and the waits between them. A call has one idempotency key, so
// that a try whose answer was lost is answered again, and does nothing twice.
import { OtpError, type ThrownCode, thrownCodes } from './result.ts'

/** How a client reaches its service. */
export interface Connection {
  /** Without a slash at its end. */
  url: string
  apiKey: string
  fetch: typeof fetch
}

/** A request, which every try makes again. */
export interface Call {
  method: string
  /** Its ids are encoded. */
  path: string
  query?: object
  body?: object
  /** The caller's; undefined makes one, null is for operations that take none. */
  idempotencyKey: string | null | undefined
  signal: AbortSignal | undefined
  /** The longest time of one try, milliseconds. */
  tryMs: number
}

/** An answer of the API, or a failure; `ok` tells them apart. */
export type Outcome =
  | { ok: true }
  | { ok: false; code: string; status: number; detail: string; retryAfter: number | null }

const mostTries = 4
/** A right token is answered again for a minute: a later try could call it wrong. */
const allTriesMs = 50_000
/** Who waits for an answer would rather be told than wait longer. */
const longestWaitMs = 10_000

/** Calls the API, and tries again what may be. Throws OtpError, or why the signal was aborted. */
export async function call(connection: Connection, asked: Call): Promise<Outcome> {
  const isOwn = asked.idempotencyKey === undefined
  let idempotencyKey = isOwn ? crypto.randomUUID() : asked.idempotencyKey
  let wasLost = false
  const end = performance.now() + allTriesMs
  for (let tries = 1; ; tries += 1) {
    const tryMs = Math.min(asked.tryMs, Math.floor(end - performance.now()))
    const outcome = await once(connection, { ...asked, idempotencyKey, tryMs })
    if (outcome.ok || tries === mostTries) return outcome
    const { code } = outcome
    // What Twilio refused is answered again to the same key. A caller's own key stays as it is:
    // asked once more by the caller, it would be another challenge.
    const isBusy = code === 'delivery_busy' && isOwn
    // The try before goes on, or was cut off.
    const isRunning = code === 'challenge_in_progress' && wasLost
    const waitMs = pauseMs(outcome.retryAfter, tries)
    const isTooLong = waitMs > longestWaitMs || performance.now() + waitMs + 1 > end
    if (isTooLong || !(isBusy || isRunning || repeated.includes(code))) return outcome
    if (isBusy) idempotencyKey = crypto.randomUUID()
    wasLost ||= code === 'no_answer' || code === 'unavailable'
    await pause(waitMs, asked.signal)
  }
}

/** The codes of tries that are made again with the same key. */
const repeated = ['no_answer', 'gateway_throttled', 'unavailable']

/** As long as the service asks for; else twice as long each time, and not all clients at once. */
function pauseMs(retryAfter: number | null, tries: number): number {
  return retryAfter === null ? 125 * 2 ** tries * (1 + Math.random()) : retryAfter * 1000
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

async function once({ url, apiKey, fetch }: Connection, asked: Call): Promise<Outcome> {
  const { method, path, query = {}, body, idempotencyKey, signal, tryMs } = asked
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value))
  }
  const late = AbortSignal.timeout(tryMs)
  try {
    const response = await fetch(`${url}${path}${search.size > 0 ? `?${search}` : ''}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      // The key goes to nobody else.
      redirect: 'manual',
    })
    return read(response, await response.text())
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OtpError) throw error
    return lost(0)
  }
}

function read({ ok, status, headers }: Response, text: string): Outcome {
  const answer = parse(text)
  // JSON that cannot be read was cut off.
  if (!answer && (ok || headers.get('content-type')?.includes('json'))) return lost(status)
  if (ok) return { ...answer, ok }
  const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10)
  const retryAfter = Number.isNaN(seconds) ? null : seconds
  const { code, detail = '', requestId = headers.get('apigw-requestid') } = answer ?? {}
  if (isThrown(code)) throw new OtpError(code, detail, { status, requestId })
  if (code) return { ...answer, ok, code, status, detail, retryAfter }
  if (status === 429) {
    const sentence = 'API Gateway takes no more requests now; nothing was done.'
    return { ok, code: 'gateway_throttled', status, detail: sentence, retryAfter }
  }
  if (status >= 500) return lost(status)
  const notOurs = 'This is no answer of the API; is the URL right?'
  throw new OtpError('unreadable', notOurs, { status, requestId })
}

function lost(status: number): Outcome {
  const detail = 'There was no answer, so it is not known whether it was done.'
  return { ok: false, code: 'no_answer', status, detail, retryAfter: null }
}

// biome-ignore lint/suspicious/noExplicitAny: the document says what the other side sends
function parse(text: string): Record<string, any> | null {
  try {
    const parsed = JSON.parse(text || '{}')
    return typeof parsed === 'object' ? parsed : null
  } catch {
    return null
  }
}

function isThrown(code: unknown): code is ThrownCode {
  return (thrownCodes as readonly unknown[]).includes(code)
}
