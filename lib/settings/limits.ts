// OTP_TWILIO_LIMITS and the six limits on sends: `5/600,20/86400` means 5 sends in 600 seconds and
// 20 in 86,400. Unset, as in django-otp-twilio, there is no limit.
import { type Environment, integer, type Mode, misconfigured, modes, oneOf, text } from './read.ts'

/**
 * What is counted: sends to a number but its established devices, or to one of these; to a number
 * over all its devices; of a user; for a client address; to a country; and of the whole deployment.
 */
export const limitNames = [
  'number',
  'number_all',
  'user',
  'client',
  'country',
  'deployment',
] as const

/** The name of a limit, as the API shows it. */
export type LimitName = (typeof limitNames)[number]

/** Whether a limit counts the sends of everybody, and not those of one person or client. */
export function isShared(limit: LimitName): boolean {
  return limit === 'country' || limit === 'deployment'
}

/** At most `most` sends in `seconds` seconds. */
export interface Limit {
  limit: LimitName
  most: number
  seconds: number
}

/** The limits in force. `record` counts and logs, and refuses nothing. */
export interface LimitSettings {
  mode: Mode
  limits: Limit[]
  /** How much of a shared limit is kept for established devices, percent. */
  establishedShare: number
}

const mostSends = 1_000_000_000
const longestSeconds = 31 * 86_400
const mostWindows = 4

/** Reads the limits. Throws `not_configured`. */
export function limitSettings(env: Environment = process.env): LimitSettings {
  const mode = oneOf(env, 'OTP_TWILIO_LIMITS', modes)
  const limits = limitNames.flatMap(limit => readLimits(env, limit, settingOf[limit]))
  const share = { min: 0, max: 90, byDefault: 0 }
  return {
    mode: limits.length === 0 ? 'off' : mode,
    limits: mode === 'off' ? [] : limits,
    establishedShare: integer(env, 'OTP_TWILIO_ESTABLISHED_SHARE', share),
  }
}

/** Reads the limit of a client address alone. Throws `not_configured`. */
export function clientLimitSettings(env: Environment = process.env): LimitSettings {
  const mode = oneOf(env, 'OTP_TWILIO_LIMITS', modes)
  const limits = readLimits(env, 'client', 'OTP_TWILIO_LIMIT_CLIENT')
  return { mode, limits: mode === 'off' ? [] : limits, establishedShare: 0 }
}

/** Names in full, so that they are found in the bundles of the functions that read them. */
const settingOf: Record<LimitName, string> = {
  number: 'OTP_TWILIO_LIMIT_NUMBER',
  number_all: 'OTP_TWILIO_LIMIT_NUMBER_ALL',
  user: 'OTP_TWILIO_LIMIT_USER',
  client: 'OTP_TWILIO_LIMIT_CLIENT',
  country: 'OTP_TWILIO_LIMIT_COUNTRY',
  deployment: 'OTP_TWILIO_LIMIT_DEPLOYMENT',
}

function readLimits(env: Environment, limit: LimitName, name: string): Limit[] {
  const value = text(env, name) ?? 'off'
  if (value === 'off') return []
  const limits = value.split(',').map(one => {
    const [, most, seconds] = /^(\d{1,10})\/(\d{1,7})$/.exec(one.trim()) ?? []
    return { limit, most: Number(most ?? 0), seconds: Number(seconds ?? 0) }
  })
  const areInRange = limits.every(
    ({ most, seconds }) =>
      most >= 1 && most <= mostSends && seconds >= 1 && seconds <= longestSeconds,
  )
  const areDistinct = new Set(limits.map(({ seconds }) => seconds)).size === limits.length
  if (areInRange && areDistinct && limits.length <= mostWindows) return limits
  throw misconfigured(name, 'off, or up to four limits such as 5/600,20/86400 (sends/seconds)')
}
