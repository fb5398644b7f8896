// The form of a token: OTP_TWILIO_TOKEN_VALIDITY as in django-otp-twilio, and its length.
import { type Environment, integer } from './read.ts'

/** The digits of a token; RFC 4226 allows 6 to 8. */
export type TokenLength = 6 | 7 | 8

/** The settings of a token. */
export interface TokenSettings {
  length: TokenLength
  validityMs: number
}

/** Reads the settings of a token. Throws `not_configured`. */
export function tokenSettings(env: Environment = process.env): TokenSettings {
  const range = { min: 6, max: 8, byDefault: 6 }
  return {
    length: integer(env, 'OTP_TWILIO_TOKEN_LENGTH', range) as TokenLength,
    validityMs: validitySeconds(env) * 1000,
  }
}

/** Twilio refuses a ValidityPeriod above ten hours. */
const longestValidity = 36_000

/** Reads how long a token is valid, seconds. Throws `not_configured`. */
export function validitySeconds(env: Environment): number {
  return integer(env, 'OTP_TWILIO_TOKEN_VALIDITY', { min: 1, max: longestValidity, byDefault: 30 })
}
