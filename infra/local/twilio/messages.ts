// What the stand-in for Twilio keeps of a message or call that it accepts, and why it refuses one.
import { randomBytes } from 'node:crypto'
import type { Channel } from '../../../lib/settings/channels.ts'

/** A message that was accepted. */
export interface StandInMessage {
  sid: string
  /** E.164, whatever the channel. */
  to: string
  /** The number or messaging service that it was sent from. */
  from: string
  /** The text; of a call what is said, of a template its variables. */
  body: string
  channel: Channel
  /** Seconds, or null when not given. */
  validityPeriod: number | null
  /** URL that its delivery status is reported to, or null. */
  statusCallback: string | null
  /** The last status that was reported; `queued` at first. */
  status: string
  /** RFC 3339. */
  sentAt: string
}

/**
 * An answer in place of the usual one. Without a status, the usual answer is given
 * with these faults.
 */
export interface StandInAnswer {
  status?: number
  headers?: Record<string, string>
  /** A string is sent as it is, anything else as JSON. */
  body?: unknown
  delayMs?: number
  /** The statuses that are reported to the message's callback, in place of the usual ones. */
  reports?: string[]
  /**
   * `hang` never answers. `reset` breaks the connection instead of answering, `reset midway` after
   * half of the body. `trickle` sends the body byte by byte, but never the last byte.
   */
  fault?: 'hang' | 'reset' | 'reset midway' | 'trickle'
}

interface Sent {
  form: Record<string, string>
  password: string | null
}

/**
 * The passwords that messages were sent with. They sign the callbacks, and are kept apart from the
 * messages, which a page shows.
 */
const passwords = new WeakMap<StandInMessage, string>()

/** Returns the password that a message was sent with. */
export function passwordOf(message: StandInMessage): string {
  return passwords.get(message) ?? ''
}

/** Reads a request to send: a message, or the code and sentence of Twilio's error. */
export function readSent(
  { form, password }: Sent,
  resource: 'message' | 'call',
): StandInMessage | [code: number, sentence: string] {
  const { To: to = '', Body, ContentVariables, Twiml } = form
  const from = (resource === 'message' && form.MessagingServiceSid) || form.From
  const isWhatsapp = to.startsWith('whatsapp:')
  const body = resource === 'call' ? spokenIn(Twiml) : Body || ContentVariables
  if (!to) return resource === 'call' ? [21201, 'No To number.'] : [21604, toIsMissing]
  if (!body) return resource === 'call' ? [21205, 'Url is missing.'] : [21602, bodyIsMissing]
  if (!from) return resource === 'call' ? [21213, 'No From number.'] : [21603, fromIsMissing]
  if (isWhatsapp && !/^(whatsapp:\+|MG)/.test(from)) {
    return [63007, 'Twilio could not find a Channel with the specified From address']
  }
  const message: StandInMessage = {
    sid: `${resource === 'call' ? 'CA' : 'SM'}${randomBytes(16).toString('hex')}`,
    to: to.replace(/^whatsapp:/, ''),
    from,
    body,
    channel: resource === 'call' ? 'call' : isWhatsapp ? 'whatsapp' : 'sms',
    validityPeriod: form.ValidityPeriod ? Number(form.ValidityPeriod) : null,
    statusCallback: form.StatusCallback || null,
    status: 'queued',
    sentAt: new Date().toISOString(),
  }
  passwords.set(message, password ?? '')
  return message
}

const toIsMissing = "A 'To' phone number is required."
const bodyIsMissing = 'Message body is required.'
const fromIsMissing = "A 'From' phone number is required."

/** Whether the request was accepted as a message. */
export function wasAccepted(
  read: StandInMessage | [code: number, sentence: string],
): read is StandInMessage {
  return !Array.isArray(read)
}

/** Returns what a call says, without its repetition. */
function spokenIn(twiml = ''): string {
  const [, words = ''] = /<Say[^>]*>([^<]*)<\/Say>/.exec(twiml) ?? []
  return words.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
}
