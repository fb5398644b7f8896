// The OTP_TWILIO_* settings: django-otp-twilio's names, meanings and defaults, and ours beside them. Each is
// read strictly, and a bad one names itself (never its value) in `not_configured`. Empty means unset.
import { type Channel, channels } from '../device/delivery-record.ts'
import { Problem } from '../problem.ts'
import { isTemplate, showsToken } from './template.ts'

/** The environment, or anything like it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** RFC 4226 allows 6 to 8 digits. */
export type TokenLength = 6 | 7 | 8

/** What a failure costs. */
export interface ThrottleSettings {
  /** Lock after the first failure, milliseconds; 0 switches the throttle off. */
  factorMs: number
  /** The longest lock, milliseconds; null is none. */
  longestLockMs: number | null
  /** Failures in a row that disable a device, 1 to 100. */
  maxFailures: number
}

/** How long a device waits from one challenge to the next. */
export interface CooldownSettings {
  /** After a success and after the first challenge since, milliseconds. */
  cooldownMs: number
  /** What it doubles up to with every further challenge, milliseconds; null is no growth. */
  longestCooldownMs: number | null
}

/** What a token is, and how often there is another. */
export interface TokenSettings extends CooldownSettings {
  length: TokenLength
  validityMs: number
}

/** What every view of a device needs. */
export interface DeviceSettings {
  throttle: ThrottleSettings
  token: TokenSettings
  /** The ways to a phone that are on. */
  channels: Channel[]
}

/** How a token reaches a phone; the credentials are secrets and live elsewhere. */
export interface DeliverySettings {
  url: string
  sender: { messagingServiceSid: string } | { from: string } | null
  /** The number to call from: a messaging service calls nobody. */
  callFrom: string | null
  tokenTemplate: string
  challengeMessage: string
  noDelivery: boolean
  /** Seconds after which Twilio drops a message that it could not deliver. */
  validityPeriod: number
}

/** Reads what every view of a device needs. */
export function deviceSettings(env: Environment = process.env): DeviceSettings {
  return {
    throttle: throttleSettings(env),
    token: tokenSettings(env),
    channels: enabledChannels(env),
  }
}

function throttleSettings(env: Environment): ThrottleSettings {
  const factor = number(env, 'OTP_TWILIO_THROTTLE_FACTOR', { min: 0, max: 3600, byDefault: 1 })
  const longest = integer(env, 'OTP_TWILIO_THROTTLE_MAX', { min: 1, max: year, byDefault: 0 })
  return {
    factorMs: Math.round(factor * 1000),
    longestLockMs: longest === 0 ? null : longest * 1000,
    maxFailures: integer(env, 'OTP_TWILIO_MAX_FAILURES', { min: 1, max: 100, byDefault: 100 }),
  }
}

function tokenSettings(env: Environment): TokenSettings {
  const longestCooldown = integer(env, 'OTP_TWILIO_COOLDOWN_MAX', {
    min: 1,
    max: 86_400,
    byDefault: 0,
  })
  return {
    length: integer(env, 'OTP_TWILIO_TOKEN_LENGTH', {
      min: 6,
      max: 8,
      byDefault: 6,
    }) as TokenLength,
    validityMs: validitySeconds(env) * 1000,
    cooldownMs: integer(env, 'OTP_TWILIO_COOLDOWN', { min: 0, max: 86_400, byDefault: 0 }) * 1000,
    longestCooldownMs: longestCooldown === 0 ? null : longestCooldown * 1000,
  }
}

function enabledChannels(env: Environment): Channel[] {
  const listed = (text(env, 'OTP_TWILIO_CHANNELS') ?? 'sms').split(',').map(name => name.trim())
  if (!listed.every(name => (channels as readonly string[]).includes(name))) {
    throw misconfigured('OTP_TWILIO_CHANNELS', 'a list out of sms, call and whatsapp')
  }
  return channels.filter(channel => listed.includes(channel))
}

/** Reads how tokens are delivered. */
export function deliverySettings(env: Environment = process.env): DeliverySettings {
  const developing = ['local', 'dev', 'test'].includes(env.OTP_STAGE ?? '')
  const noDelivery = flag(env, 'OTP_TWILIO_NO_DELIVERY')
  if (noDelivery && !developing) {
    throw misconfigured('OTP_TWILIO_NO_DELIVERY', 'off unless the stage is local, dev or test')
  }
  const challengeMessage = template(env, 'OTP_TWILIO_CHALLENGE_MESSAGE', sentBySms)
  if (showsToken(challengeMessage) && !developing) {
    throw misconfigured(
      'OTP_TWILIO_CHALLENGE_MESSAGE',
      'free of {token} unless the stage is local, dev or test',
    )
  }
  return {
    url: twilioUrl(env, developing),
    sender: senderOf(env),
    callFrom: text(env, 'OTP_TWILIO_FROM'),
    tokenTemplate: template(env, 'OTP_TWILIO_TOKEN_TEMPLATE', '{token}'),
    challengeMessage,
    noDelivery,
    validityPeriod: Math.max(validitySeconds(env), shortestValidityPeriod),
  }
}

/** What a challenge answers as its message: the default speaks of SMS, which is not true of every channel. */
export function answerMessage(challengeMessage: string, channel: Channel): string {
  return challengeMessage === sentBySms ? defaultMessages[channel] : challengeMessage
}

const sentBySms = 'Sent by SMS'
const defaultMessages: Record<Channel, string> = {
  sms: sentBySms,
  call: 'Calling',
  whatsapp: 'Sent by WhatsApp',
}

/** The country that national numbers are read by (ISO 3166-1 alpha-2), or null. */
export function defaultCountry(env: Environment = process.env): string | null {
  return text(env, 'OTP_TWILIO_DEFAULT_COUNTRY')
}

const year = 365 * 86_400
/** Twilio refuses a ValidityPeriod above ten hours, and one below five seconds delivers next to nothing. */
const longestValidityPeriod = 36_000
const shortestValidityPeriod = 5

function validitySeconds(env: Environment): number {
  return integer(env, 'OTP_TWILIO_TOKEN_VALIDITY', {
    min: 1,
    max: longestValidityPeriod,
    byDefault: 30,
  })
}

function senderOf(env: Environment): DeliverySettings['sender'] {
  const messagingServiceSid = text(env, 'OTP_TWILIO_MESSAGING_SERVICE_SID')
  if (messagingServiceSid !== null) return { messagingServiceSid }
  const from = text(env, 'OTP_TWILIO_FROM')
  return from === null ? null : { from }
}

function twilioUrl(env: Environment, developing: boolean): string {
  const value = text(env, 'OTP_TWILIO_URL') ?? 'https://api.twilio.com'
  const url = URL.parse(value)
  const isBare = url !== null && url.search + url.hash + url.username + url.password === ''
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && developing)
  if (isBare && isSafe) return value
  throw misconfigured('OTP_TWILIO_URL', 'an https URL without credentials and query')
}

function template(env: Environment, name: string, byDefault: string): string {
  const value = text(env, name) ?? byDefault
  if (isTemplate(value)) return value
  throw misconfigured(name, 'text in which every brace is {token}, {{ or }}')
}

function flag(env: Environment, name: string): boolean {
  const value = (text(env, name) ?? 'false').toLowerCase()
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw misconfigured(name, 'true or false')
}

interface Range {
  min: number
  max: number
  byDefault: number
}

function integer(env: Environment, name: string, range: Range): number {
  return parsed(env, name, range, /^\d+$/, 'a whole number')
}

function number(env: Environment, name: string, range: Range): number {
  return parsed(env, name, range, /^\d+(\.\d{1,3})?$/, 'a number with at most three decimals,')
}

function parsed(
  env: Environment,
  name: string,
  { min, max, byDefault }: Range,
  form: RegExp,
  kind: string,
): number {
  const value = text(env, name)
  if (value === null) return byDefault
  const parsed = form.test(value) ? Number(value) : Number.NaN
  if (parsed >= min && parsed <= max) return parsed
  throw misconfigured(name, `${kind} from ${min} to ${max}`)
}

/** A setting's text, or null when it is unset. */
export function text(env: Environment, name: string): string | null {
  const value = env[name]
  return value === undefined || value.trim() === '' ? null : value
}

/** The problem of a setting that is missing or bad: names it, and never holds its value. */
export function misconfigured(name: string, expected: string): Problem {
  return new Problem('not_configured', `${name} must be ${expected}.`)
}
