// What every view of a device needs of the settings, and how national numbers are read.
import { type Channel, enabledChannels } from './channels.ts'
import { type CooldownSettings, cooldownSettings } from './cooldown.ts'
import { type Environment, text } from './read.ts'
import { type ThrottleSettings, throttleSettings } from './throttle.ts'
import { type TokenSettings, tokenSettings } from './token.ts'

/** What every view of a device needs. */
export interface DeviceSettings {
  throttle: ThrottleSettings
  cooldown: CooldownSettings
  token: TokenSettings
  /** The ways to a phone that are on. */
  channels: Channel[]
}

/** Reads what every view of a device needs. */
export function deviceSettings(env: Environment = process.env): DeviceSettings {
  return {
    throttle: throttleSettings(env),
    cooldown: cooldownSettings(env),
    token: tokenSettings(env),
    channels: enabledChannels(env),
  }
}

/** The country that national numbers are read by (ISO 3166-1 alpha-2), or null. */
export function defaultCountry(env: Environment = process.env): string | null {
  return text(env, 'OTP_TWILIO_DEFAULT_COUNTRY')
}
