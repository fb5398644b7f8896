// What Twilio says of an account, by calls that only read: does it take the credentials, is the
// sender its own.

import { maskNumber } from '../../../lib/device/mask.ts'
import type { DeliverySettings } from '../../../lib/settings/delivery.ts'
import { isLoopback } from '../../../lib/settings/read.ts'
import { get, type TwilioCredentials } from './read.ts'

export type { TwilioCredentials } from './read.ts'

/** What messages are sent from. */
export type Sender = NonNullable<DeliverySettings['sender']>

/** The hosts of Twilio's API, without a slash at the end. */
export interface TwilioHosts {
  api: string
  messaging: string
  /** How long each answer may take. */
  deadlineMs: number
}

/** What became of one check, and in words; of a failed one with its mend. */
export interface Verdict {
  state: 'ok' | 'failed' | 'not checked'
  said: string
}

/**
 * The hosts of an OTP_TWILIO_URL, or Twilio's own. The messaging services have a host beside that
 * of the API, in the same edge location; what is not Twilio's, such as the stand-in, is asked for
 * everything.
 */
export function twilioHosts(given: string | undefined, deadlineMs: number): TwilioHosts {
  const api = (given?.trim() || 'https://api.twilio.com').replace(/\/+$/, '')
  const url = URL.parse(api)
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error('OTP_TWILIO_URL must be an https URL, or one of this machine.')
  }
  const isTwilio = url.hostname.endsWith('.twilio.com')
  const messaging = isTwilio ? api.replace('//api.', '//messaging.') : api
  return { api, messaging, deadlineMs }
}

/** Whether Twilio takes the credentials. */
export async function checkCredentials(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
): Promise<Verdict> {
  const { accountSid, username } = credentials
  const isApiKey = username !== accountSid
  const account = `${hosts.api}/2010-04-01/Accounts/${accountSid}`
  // Only a Main API key may read the account itself; to the others Twilio answers 401, as to a
  // wrong one (twilio.com/docs/iam/api-keys/keys-in-console).
  const answer = isApiKey
    ? await get(`${account}/IncomingPhoneNumbers.json?PageSize=1`, credentials, hosts)
    : await get(`${account}.json`, credentials, hosts)
  if (answer.status === 401) {
    const hint = isApiKey ? '; a Restricted API key must be allowed to list phone numbers' : ''
    return failed(`does not accept the credentials (${answer.words})${hint}`)
  }
  if (answer.status !== 200) return failed(answer.words)
  const status = answer.body.status ?? 'active'
  return status === 'active'
    ? { state: 'ok', said: `accepts the ${isApiKey ? 'API key' : 'auth token'}` }
    : failed(`says that the account is ${status === 'suspended' ? 'suspended' : 'closed'}`)
}

/** Whether a token is the account's own auth token, with which Twilio signs what it tells. */
export async function checkSignatureToken(
  hosts: TwilioHosts,
  accountSid: string,
  token: string,
): Promise<Verdict> {
  const account = `${hosts.api}/2010-04-01/Accounts/${accountSid}.json`
  const answer = await get(account, { accountSid, username: accountSid, password: token }, hosts)
  const it = "OTP_TWILIO_SIGNATURE_TOKEN as the account's auth token"
  if (answer.status === 401) return failed(`does not accept ${it} (${answer.words})`)
  if (answer.status !== 200) return failed(answer.words)
  return { state: 'ok', said: `accepts ${it}` }
}

/** Whether the account has the sender that the setting names. */
export async function checkSender(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  { sender, setting }: { sender: Sender; setting: string },
): Promise<Verdict> {
  return 'from' in sender
    ? checkFrom(hosts, credentials, { from: sender.from, setting })
    : checkMessagingService(hosts, credentials, { sid: sender.messagingServiceSid, setting })
}

/** Twilio's WhatsApp sandbox, from which every account may send to those who have joined it. */
const sandbox = '+14155238886'
/** The longest page that Twilio gives. */
const mostSenders = 1000

/** Whether the account has the number as a WhatsApp sender, and it is online. */
export async function checkWhatsAppSender(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  from: string,
): Promise<Verdict> {
  const shown = maskNumber(from)
  if (from === sandbox) return notChecked(`${shown} is Twilio's sandbox, which no account owns`)
  const url = `${hosts.messaging}/v2/Channels/Senders?Channel=whatsapp&PageSize=${mostSenders}`
  const answer = await get(url, credentials, hosts)
  if (answer.status !== 200) return failed(`the WhatsApp senders: Twilio ${answer.words}`)
  const { senders } = answer.body
  const listed: { sender_id?: unknown; status?: unknown }[] = Array.isArray(senders) ? senders : []
  const sender = listed.find(({ sender_id }) => sender_id === `whatsapp:${from}`)
  if (!sender) {
    return Object(answer.body.meta).next_page_url
      ? notChecked(`${shown} is not among the first ${listed.length} WhatsApp senders`)
      : failed(`the account has no WhatsApp sender ${shown}`)
  }
  const isOnline = String(sender.status).startsWith('ONLINE')
  return isOnline
    ? { state: 'ok', said: `the account has the WhatsApp sender ${shown}` }
    : failed(`the WhatsApp sender ${shown} is not online`)
}

async function checkMessagingService(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  { sid, setting }: { sid: string; setting: string },
): Promise<Verdict> {
  if (!/^MG[0-9a-fA-F]{32}$/.test(sid)) {
    return failed(`${setting} must be MG and 32 hexadecimal digits`)
  }
  const answer = await get(`${hosts.messaging}/v1/Services/${sid}`, credentials, hosts)
  if (answer.status === 404) return failed(`the account has no messaging service ${sid}`)
  if (answer.status !== 200) return failed(`the messaging service: Twilio ${answer.words}`)
  return { state: 'ok', said: `the account has the messaging service ${sid}` }
}

async function checkFrom(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  { from, setting }: { from: string; setting: string },
): Promise<Verdict> {
  if (/^\d{3,6}$/.test(from))
    return notChecked(`${from} is a short code, which Twilio does not list here`)
  if (/^(?=.*[A-Za-z])[\w &+-]{1,11}$/.test(from)) {
    return notChecked(`${from} is an alphanumeric sender ID, which no account owns`)
  }
  if (!/^\+\d{7,15}$/.test(from)) return failed(`${setting} must be written as +14155552671`)
  const { number, words } = await findNumber(hosts, credentials, from)
  const shown = maskNumber(from)
  if (words !== null) return failed(`the number: Twilio ${words}`)
  if (!number) return failed(`the account has no number ${shown}`)
  if (number.capabilities?.sms === false) return failed(`${shown} cannot send SMS`)
  return { state: 'ok', said: `the account has the number ${shown}` }
}

/** Whether the account has the number, and it can call. */
export async function checkCaller(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  from: string,
): Promise<Verdict> {
  const { number, words } = await findNumber(hosts, credentials, from)
  const shown = maskNumber(from)
  if (words !== null) return failed(`the number: Twilio ${words}`)
  if (!number) return notChecked(`${shown} is no number of the account; it may be a verified one`)
  if (number.capabilities?.voice === false) return failed(`${shown} cannot call`)
  return { state: 'ok', said: `${shown} can call` }
}

/** Finds a number of the account; `words` are Twilio's where it does not answer. */
async function findNumber(hosts: TwilioHosts, credentials: TwilioCredentials, from: string) {
  const query = `PhoneNumber=${encodeURIComponent(from)}`
  const { api } = hosts
  const url = `${api}/2010-04-01/Accounts/${credentials.accountSid}/IncomingPhoneNumbers.json?${query}`
  const answer = await get(url, credentials, hosts)
  if (answer.status !== 200) return { number: undefined, words: answer.words }
  const number = numbersOf(answer.body).find(({ phone_number }) => phone_number === from)
  return { number, words: null }
}

interface IncomingNumber {
  phone_number?: unknown
  capabilities?: { sms?: unknown; voice?: unknown }
}

function numbersOf(body: Record<string, unknown>): IncomingNumber[] {
  const { incoming_phone_numbers: listed } = body
  return Array.isArray(listed) ? listed : []
}

function failed(said: string): Verdict {
  return { state: 'failed', said }
}

function notChecked(said: string): Verdict {
  return { state: 'not checked', said }
}
