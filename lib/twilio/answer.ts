// What Twilio's answer to a message means: the HTTP status decides, and Twilio's codes only
// refine it. A pure rule.
import { isOfNumber } from './codes.ts'

/** The result of sending one message. */
export type Delivery =
  | { outcome: 'sent'; messageSid: string }
  /** Still 429 after the retries: never processed. */
  | { outcome: 'busy'; retryAfterSeconds: number }
  /** Nothing was ever written, retry included. */
  | { outcome: 'unreachable' }
  /** 401: the credentials are wrong or were replaced. */
  | { outcome: 'unauthorized'; twilioCode: number | null }
  /** Twilio does not send to this number. */
  | { outcome: 'undeliverable'; twilioCode: number }
  /**
   * Any other 4xx, any 3xx, which is not followed, and what was taken and failed at once: not sent.
   */
  | { outcome: 'refused'; status: number; twilioCode: number | null }
  /** It may have been sent, so it is never sent again. `cause` is a word or two for the log. */
  | { outcome: 'unknown'; cause: string }

/** An answer whose head has arrived. */
export interface TwilioAnswer {
  status: number
  retryAfter: string | undefined
  /** Parsed JSON, or a string when it is not JSON; undefined when it broke off. */
  body: unknown
  /** Why the body broke off. */
  cause: string
}

const defaultRetryAfterSeconds = 1

/** Reads an answer of the Messages or the Calls API. */
export function readAnswer(answer: TwilioAnswer): Delivery {
  const { status } = answer
  if (status >= 200 && status < 300) return readSuccess(answer)
  if (status === 429) {
    return { outcome: 'busy', retryAfterSeconds: readRetryAfter(answer.retryAfter) }
  }
  if (status < 300 || status >= 500) return { outcome: 'unknown', cause: `status ${status}` }
  const twilioCode = readCode(answer.body)
  if (status === 401) return { outcome: 'unauthorized', twilioCode }
  if (status < 400) return { outcome: 'refused', status, twilioCode }
  return notSent(status, twilioCode)
}

function notSent(status: number, twilioCode: number | null): Delivery {
  return twilioCode !== null && isOfNumber(twilioCode)
    ? { outcome: 'undeliverable', twilioCode }
    : { outcome: 'refused', status, twilioCode }
}

/** The statuses of a message or a call that ends before it begins. */
const failedStatuses: readonly unknown[] = ['failed', 'undelivered', 'canceled']

function readSuccess({ status, body, cause }: TwilioAnswer): Delivery {
  if (body === undefined) return { outcome: 'unknown', cause }
  if (typeof body !== 'object') return { outcome: 'unknown', cause: 'not JSON' }
  if (failedStatuses.includes(member(body, 'status'))) {
    return notSent(status, readCode(body, 'error_code'))
  }
  const messageSid = member(body, 'sid')
  return typeof messageSid === 'string' && /^\w{1,64}$/.test(messageSid)
    ? { outcome: 'sent', messageSid }
    : { outcome: 'unknown', cause: 'no sid' }
}

function readCode(body: unknown, name = 'code'): number | null {
  const code = member(body, name)
  return Number.isSafeInteger(code) ? (code as number) : null
}

function readRetryAfter(header: string | undefined): number {
  return header !== undefined && /^\d{1,9}$/.test(header)
    ? Number(header)
    : defaultRetryAfterSeconds
}

function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (body as Record<string, unknown>)[name]
    : undefined
}
