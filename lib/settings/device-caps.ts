// OTP_TWILIO_DEVICES_PER_USER and OTP_TWILIO_DEVICES_PER_NUMBER: how many devices there may be.
import { type Environment, integer } from './read.ts'

/** How many devices there may be; null is any number. */
export interface DeviceCaps {
  /** Of one user. */
  perUser: number | null
  /**
   * Confirmed ones of one number, over all users: those that are not confirmed would let strangers
   * lock an owner out.
   */
  perNumber: number | null
}

/** Reads the caps. Throws `not_configured`. */
export function deviceCaps(env: Environment = process.env): DeviceCaps {
  return {
    perUser: cap(env, 'OTP_TWILIO_DEVICES_PER_USER', 1_000),
    perNumber: cap(env, 'OTP_TWILIO_DEVICES_PER_NUMBER', 100),
  }
}

function cap(env: Environment, name: string, max: number): number | null {
  const most = integer(env, name, { min: 1, max, byDefault: 0 })
  return most === 0 ? null : most
}
