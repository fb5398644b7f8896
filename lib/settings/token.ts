// What a token is: OTP_TWILIO_TOKEN_VALIDITY as in django-otp-twilio, and the length of it.
import { type Environment, integer } from './read.ts'

/** RFC 4226 allows 6 to 8 digits. */
export type TokenLength = 6 | 7 | 8

/** What a token is. */
export interface TokenSettings {
  length: TokenLength
  validityMs: number
}

/** Reads what a token is. */
export function tokenSettings(env: Environment = process.env): TokenSettings {
  const range = { min: 6, max: 8, byDefault: 6 }
  return {
    length: integer(env, 'OTP_TWILIO_TOKEN_LENGTH', range) as TokenLength,
    validityMs: validitySeconds(env) * 1000,
  }
}

/** Twilio refuses a ValidityPeriod above ten hours. */
const longestValidity = 36_000

/** How long a token is valid. */
export function validitySeconds(env: Environment): number {
  return integer(env, 'OTP_TWILIO_TOKEN_VALIDITY', { min: 1, max: longestValidity, byDefault: 30 })
}
