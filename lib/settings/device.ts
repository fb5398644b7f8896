// The settings that every view of a device needs, and the default country of numbers.
import { type Channel, enabledChannels } from './channels.ts'
import { type CooldownSettings, cooldownSettings } from './cooldown.ts'
import { type EstablishedSettings, establishedSettings } from './established.ts'
import { type Environment, text } from './read.ts'
import { type ThrottleSettings, throttleSettings } from './throttle.ts'
import { type TokenSettings, tokenSettings } from './token.ts'

/** The settings that every view of a device needs. */
export interface DeviceSettings {
  throttle: ThrottleSettings
  cooldown: CooldownSettings
  token: TokenSettings
  /** The enabled channels. */
  channels: Channel[]
  /** By which the limits and the breaker know the owner of a number. */
  established: EstablishedSettings
}

/** Reads the settings of devices. Throws `not_configured`. */
export function deviceSettings(env: Environment = process.env): DeviceSettings {
  return {
    throttle: throttleSettings(env),
    cooldown: cooldownSettings(env),
    token: tokenSettings(env),
    channels: enabledChannels(env),
    established: establishedSettings(env),
  }
}

/** Reads the country of national numbers (ISO 3166-1 alpha-2); null when none is set. */
export function defaultCountry(env: Environment = process.env): string | null {
  return text(env, 'OTP_TWILIO_DEFAULT_COUNTRY')
}
