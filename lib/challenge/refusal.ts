// Why a device is not challenged: what DynamoDB's refusal of the write means. A pure rule; the order of the questions is
// the order of the answers' weight.
import { type DeviceItem, livePending } from '../device/device.ts'
import { generateIsAllowed, isDisabled } from '../device/throttle.ts'
import { countryIsAllowed } from '../settings/countries.ts'
import type { DeviceSettings } from '../settings/device.ts'

/** The settings that decide whether a challenge is started. */
export interface ChallengeSettings extends DeviceSettings {
  /** Null is all. */
  allowedCountries: string[] | null
}

/** The request that would challenge; `keyName` is the name of its idempotency key, or null. */
export interface ChallengeRequest {
  keyName: string | null
  now: number
}

/**
 * Why a challenge is not started. `retried` is a client's retry of the last one, `live_token` a device that nothing
 * else keeps from another token.
 */
export type StartRefusal =
  | { outcome: 'retried'; device: DeviceItem }
  | { outcome: 'disabled' | 'country_not_allowed'; device: DeviceItem }
  | { outcome: 'live_token'; device: DeviceItem }
  | { outcome: 'cooldown'; nextChallengeAt: number }
  | { outcome: 'not_found' | 'nothing_to_resend' }

/** Why a new token was refused; null where the device does not say why. */
export function explainRefusal(
  device: DeviceItem,
  request: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal | null {
  const refusal = refusalOf(device, request, settings)
  if (refusal !== null) return refusal
  return livePending(device, request.now) === null ? null : { outcome: 'live_token', device }
}

/** Why the last token was not sent again; `live_token` when nothing keeps it from being. */
export function explainResendRefusal(
  device: DeviceItem,
  request: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal {
  const refusal = refusalOf(device, request, settings)
  // A token that is dead is not worth a wait.
  const isFinal = refusal?.outcome === 'retried' || refusal?.outcome === 'disabled'
  if (!isFinal && livePending(device, request.now) === null) return { outcome: 'nothing_to_resend' }
  return refusal ?? { outcome: 'live_token', device }
}

/** Why a device is not challenged, whatever token it has; null when it may be. */
function refusalOf(
  device: DeviceItem,
  { keyName, now }: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal | null {
  if (device.challenge.keyName === keyName) return { outcome: 'retried', device }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  if (!countryIsAllowed(device.country, settings.allowedCountries)) {
    return { outcome: 'country_not_allowed', device }
  }
  const { nextChallengeAt } = generateIsAllowed(device, settings.cooldown, now)
  return nextChallengeAt === null ? null : { outcome: 'cooldown', nextChallengeAt }
}
