// The cooldown: how long a device waits from one challenge to the next.
import { type Environment, integer } from './read.ts'

/** The settings of the cooldown. */
export interface CooldownSettings {
  /** After an accepted token, and after the first challenge since then, milliseconds. */
  cooldownMs: number
  /**
   * The longest that it doubles to with every further challenge, milliseconds; null is no growth.
   */
  longestCooldownMs: number | null
}

const day = 86_400

/** Reads the cooldown. Throws `not_configured`. */
export function cooldownSettings(env: Environment = process.env): CooldownSettings {
  const longest = integer(env, 'OTP_TWILIO_COOLDOWN_MAX', { min: 1, max: day, byDefault: 0 })
  return {
    cooldownMs: integer(env, 'OTP_TWILIO_COOLDOWN', { min: 0, max: day, byDefault: 0 }) * 1000,
    longestCooldownMs: longest === 0 ? null : longest * 1000,
  }
}
