// OTP_TIMELINE_DAYS: how long what happened to a device can be looked up; `0` keeps nothing.
import { type Environment, integer } from './read.ts'

/** Reads for how many days events are kept; null keeps none. Throws `not_configured`. */
export function timelineDays(env: Environment = process.env): number | null {
  return integer(env, 'OTP_TIMELINE_DAYS', { min: 0, max: 400, byDefault: 90 }) || null
}
