// The throttle: OTP_TWILIO_THROTTLE_FACTOR as in django-otp-twilio, and our own bounds.
import { decimal, type Environment, integer } from './read.ts'

/** The settings of the throttle. */
export interface ThrottleSettings {
  /** Lock after the first failure, milliseconds; 0 switches the throttle off. */
  factorMs: number
  /** The longest lock, milliseconds; null is no bound. */
  longestLockMs: number | null
  /** Failures in a row that disable a device, 1 to 100. */
  maxFailures: number
}

const year = 365 * 86_400

/** Reads the throttle. Throws `not_configured`. */
export function throttleSettings(env: Environment = process.env): ThrottleSettings {
  const factor = decimal(env, 'OTP_TWILIO_THROTTLE_FACTOR', { min: 0, max: 3600, byDefault: 1 })
  const longest = integer(env, 'OTP_TWILIO_THROTTLE_MAX', { min: 1, max: year, byDefault: 0 })
  return {
    factorMs: Math.round(factor * 1000),
    longestLockMs: longest === 0 ? null : longest * 1000,
    maxFailures: integer(env, 'OTP_TWILIO_MAX_FAILURES', { min: 1, max: 100, byDefault: 100 }),
  }
}
