// What Twilio says of an account, by calls that only read: does it take the credentials, is the sender its own.
// Nothing of an answer is told but its status and Twilio's error code.
import { maskNumber } from '../lib/device/mask.ts'
import type { DeliverySettings } from '../lib/settings/settings.ts'

/** As lib/settings/secrets.ts gives them. */
export interface TwilioCredentials {
  accountSid: string
  username: string
  password: string
}

/** The hosts of Twilio's API, without a slash at the end. */
export interface TwilioHosts {
  api: string
  messaging: string
}

/** What became of one check, and in words; of a failed one with its mend. */
export interface Verdict {
  state: 'ok' | 'failed' | 'not checked'
  said: string
}

const deadlineMs = 8000

/**
 * The hosts of an OTP_TWILIO_URL, or Twilio's own. The messaging services have a host beside that of the API, in the
 * same edge location; what is not Twilio's, such as the stand-in, is asked for everything.
 */
export function twilioHosts(given: string | undefined): TwilioHosts {
  const api = (given?.trim() || 'https://api.twilio.com').replace(/\/+$/, '')
  const url = URL.parse(api)
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '')
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isHere)) {
    throw new Error('OTP_TWILIO_URL must be an https URL, or one of this machine.')
  }
  const isTwilio = url.hostname.endsWith('.twilio.com')
  return { api, messaging: isTwilio ? api.replace('//api.', '//messaging.') : api }
}

/** Whether Twilio takes the credentials. */
export async function checkCredentials(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
): Promise<Verdict> {
  const { accountSid, username } = credentials
  const isApiKey = username !== accountSid
  const account = `${hosts.api}/2010-04-01/Accounts/${accountSid}`
  // Only a Main API key may read the account itself; to the others Twilio answers 401, as to a wrong one
  // (twilio.com/docs/iam/api-keys/keys-in-console).
  const answer = isApiKey
    ? await get(`${account}/IncomingPhoneNumbers.json?PageSize=1`, credentials)
    : await get(`${account}.json`, credentials)
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
  { api }: TwilioHosts,
  accountSid: string,
  token: string,
): Promise<Verdict> {
  const account = `${api}/2010-04-01/Accounts/${accountSid}.json`
  const answer = await get(account, { accountSid, username: accountSid, password: token })
  const it = "OTP_TWILIO_SIGNATURE_TOKEN as the account's auth token"
  if (answer.status === 401) return failed(`does not accept ${it} (${answer.words})`)
  if (answer.status !== 200) return failed(answer.words)
  return { state: 'ok', said: `accepts ${it}` }
}

/** Whether the account has the sender. */
export async function checkSender(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  sender: NonNullable<DeliverySettings['sender']>,
): Promise<Verdict> {
  return 'from' in sender
    ? checkFrom(hosts, credentials, sender.from)
    : checkMessagingService(hosts, credentials, sender.messagingServiceSid)
}

async function checkMessagingService(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  sid: string,
): Promise<Verdict> {
  if (!/^MG[0-9a-fA-F]{32}$/.test(sid)) {
    return failed('OTP_TWILIO_MESSAGING_SERVICE_SID must be MG and 32 hexadecimal digits')
  }
  const answer = await get(`${hosts.messaging}/v1/Services/${sid}`, credentials)
  if (answer.status === 404) return failed(`the account has no messaging service ${sid}`)
  if (answer.status !== 200) return failed(`the messaging service: Twilio ${answer.words}`)
  return { state: 'ok', said: `the account has the messaging service ${sid}` }
}

async function checkFrom(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  from: string,
): Promise<Verdict> {
  if (/^\d{3,6}$/.test(from))
    return notChecked(`${from} is a short code, which Twilio does not list here`)
  if (/^(?=.*[A-Za-z])[\w &+-]{1,11}$/.test(from)) {
    return notChecked(`${from} is an alphanumeric sender ID, which no account owns`)
  }
  if (!/^\+\d{7,15}$/.test(from)) return failed(`OTP_TWILIO_FROM must be written as +14155552671`)
  const query = `PhoneNumber=${encodeURIComponent(from)}`
  const { api } = hosts
  const url = `${api}/2010-04-01/Accounts/${credentials.accountSid}/IncomingPhoneNumbers.json?${query}`
  const answer = await get(url, credentials)
  if (answer.status !== 200) return failed(`the number: Twilio ${answer.words}`)
  const number = numbersOf(answer.body).find(({ phone_number }) => phone_number === from)
  const shown = maskNumber(from)
  if (!number) return failed(`the account has no number ${shown}`)
  if (number.capabilities?.sms === false) return failed(`${shown} cannot send SMS`)
  return { state: 'ok', said: `the account has the number ${shown}` }
}

interface IncomingNumber {
  phone_number?: unknown
  capabilities?: { sms?: unknown }
}

function numbersOf(body: Record<string, unknown>): IncomingNumber[] {
  const { incoming_phone_numbers: listed } = body
  return Array.isArray(listed) ? listed : []
}

interface Answer {
  /** 0 when there was none, or none that can be read. */
  status: number
  body: Record<string, unknown>
  /** What goes after "Twilio". */
  words: string
}

async function get(url: string, { username, password }: TwilioCredentials): Promise<Answer> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  try {
    const response = await fetch(url, {
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const body = Object(await response.json().catch(unlessTimeout))
    const { status } = response
    if (status === 200 && Object.keys(body).length === 0) {
      return { status: 0, body, words: 'answers nothing that can be read' }
    }
    const code = Number.isInteger(body.code) ? `, code ${body.code}` : ''
    return { status, body, words: `answers ${status}${code}` }
  } catch (error) {
    return { status: 0, body: {}, words: `does not answer (${reasonOf(error as Error)})` }
  }
}

function unlessTimeout(error: Error): null {
  if (error.name === 'TimeoutError') throw error
  return null
}

function reasonOf({ name, cause }: Error): string {
  if (name === 'TimeoutError') return `within ${deadlineMs / 1000} s`
  return String(Object(cause).code ?? name)
}

function failed(said: string): Verdict {
  return { state: 'failed', said }
}

function notChecked(said: string): Verdict {
  return { state: 'not checked', said }
}
