// Established devices: how long the use of a number counts. Ours; see lib/device/established.ts.
import { type Environment, integer } from './read.ts'

/** The settings of established devices. */
export interface EstablishedSettings {
  /** How long a device is established by the token that was last accepted, milliseconds. */
  establishedMs: number
}

const dayMs = 86_400_000

/** Reads them. Throws `not_configured`. */
export function establishedSettings(env: Environment = process.env): EstablishedSettings {
  const range = { min: 1, max: 3650, byDefault: 180 }
  return { establishedMs: integer(env, 'OTP_ESTABLISHED_DAYS', range) * dayMs }
}
