// What bounds the guesses at a device: OTP_TWILIO_THROTTLE_FACTOR as in django-otp-twilio, and our
// own.
import { decimal, type Environment, flag, integer } from './read.ts'

/** The settings of the throttle. */
export interface ThrottleSettings {
  /** Lock after the first failure, milliseconds; 0 switches the throttle off. */
  factorMs: number
  /** The longest lock, milliseconds; null is no bound. */
  longestLockMs: number | null
  /** Failures in a row that disable a device, 1 to 100. */
  maxFailures: number
  /**
   * Wrong guesses that a token takes, 1 to 100. Null is no bound; then a guess where no token is
   * pending counts, too.
   */
  tokenGuesses: number | null
}

const year = 365 * 86_400

/** Reads the throttle. Throws `not_configured`. */
export function throttleSettings(env: Environment = process.env): ThrottleSettings {
  const factor = decimal(env, 'OTP_TWILIO_THROTTLE_FACTOR', { min: 0, max: 3600, byDefault: 1 })
  const longest = integer(env, 'OTP_TWILIO_THROTTLE_MAX', { min: 1, max: year, byDefault: 0 })
  const guesses = integer(env, 'OTP_TWILIO_TOKEN_GUESSES', { min: 1, max: 100, byDefault: 0 })
  return {
    factorMs: Math.round(factor * 1000),
    longestLockMs: longest === 0 ? null : longest * 1000,
    maxFailures: integer(env, 'OTP_TWILIO_MAX_FAILURES', { min: 1, max: 100, byDefault: 100 }),
    tokenGuesses: guesses === 0 ? null : guesses,
  }
}

/** Reads whether a verification must name its challenge. Throws `not_configured`. */
export function requiresChallengeId(env: Environment = process.env): boolean {
  return flag(env, 'OTP_REQUIRE_CHALLENGE_ID')
}
