// What Twilio's answer to a message means: the HTTP status decides, and Twilio's codes only
// refine it. A pure rule.

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
  /** Any other 4xx, and any 3xx, which is not followed: not sent. */
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

/**
 * The codes that are about the recipient, by Twilio's error dictionary
 * (twilio.com/docs/api/errors). All others are about our account, sender or message. Twilio
 * sometimes moves cases between codes, so a code that is not listed here is an ordinary refusal.
 */
const undeliverableCodes = new Set([
  13224, // no carrier takes the call, or no such number
  21211, // not a valid phone number
  21214, // a number that cannot be called
  21216, // a call that Twilio blocks
  21217, // not a valid number to call
  21265, // a short code
  21266, // the very number that we send from
  21268, // a premium rate or information service
  21408, // in a region that the account does not send to
  21610, // has replied STOP
  21612, // no route from our sender to this number
  21614, // not a mobile number
  21635, // a landline
  63003, // no WhatsApp user
  63024, // not a valid WhatsApp recipient
])

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
  if (status >= 400 && twilioCode !== null && undeliverableCodes.has(twilioCode)) {
    return { outcome: 'undeliverable', twilioCode }
  }
  return { outcome: 'refused', status, twilioCode }
}

function readSuccess({ body, cause }: TwilioAnswer): Delivery {
  if (body === undefined) return { outcome: 'unknown', cause }
  if (typeof body !== 'object') return { outcome: 'unknown', cause: 'not JSON' }
  const messageSid = member(body, 'sid')
  return typeof messageSid === 'string' && /^\w{1,64}$/.test(messageSid)
    ? { outcome: 'sent', messageSid }
    : { outcome: 'unknown', cause: 'no sid' }
}

function readCode(body: unknown): number | null {
  const code = member(body, 'code')
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
