// OTP_TWILIO_LIMITS and the five settings of the limits on sends: `5/600,20/86400` is 5 in 600 seconds and 20
// in 86,400. Unset, as in django-otp-twilio, there is none.
import { type Environment, type Mode, misconfigured, modes, oneOf, text } from './read.ts'

/** What is counted: sends to a number, of a user, for a client address, to a country, of the whole deployment. */
export const limitNames = ['number', 'user', 'client', 'country', 'deployment'] as const

/** The name of a limit, as the API tells it. */
export type LimitName = (typeof limitNames)[number]

/** So many sends in so many seconds. */
export interface Limit {
  limit: LimitName
  most: number
  seconds: number
}

/** The limits in force; `record` counts and reports, and refuses nothing. */
export interface LimitSettings {
  mode: Mode
  limits: Limit[]
}

const mostSends = 1_000_000_000
const longestSeconds = 31 * 86_400
const mostWindows = 4

/** Reads the limits. */
export function limitSettings(env: Environment = process.env): LimitSettings {
  const mode = oneOf(env, 'OTP_TWILIO_LIMITS', modes)
  const limits = limitNames.flatMap(limit => readLimits(env, limit))
  return { mode: limits.length === 0 ? 'off' : mode, limits: mode === 'off' ? [] : limits }
}

function readLimits(env: Environment, limit: LimitName): Limit[] {
  const name = `OTP_TWILIO_LIMIT_${limit.toUpperCase()}`
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
