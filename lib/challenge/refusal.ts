// Why a challenge is not started: what DynamoDB's refusal of the write means. A pure rule. The
// checks are in the order of their precedence in the answer.
import { type DeviceItem, livePending } from '../device/device.ts'
import { generateIsAllowed, isDisabled, isUsedUp } from '../device/throttle.ts'
import { countryIsAllowed } from '../settings/countries.ts'
import type { DeviceSettings } from '../settings/device.ts'

/** The settings that decide whether a challenge is started. */
export interface ChallengeSettings extends DeviceSettings {
  /** Null allows all. */
  allowedCountries: string[] | null
}

/** A request to challenge; `keyName` is the name of its idempotency key, or null. */
export interface ChallengeRequest {
  keyName: string | null
  /** What is asked for; empty, the default, where it is not to be compared. */
  payload?: string
  now: number
}

/**
 * Why a challenge is not started. `retried` is a retry of the last one, `key_reused` a request for
 * something else with its key. `live_token` is a device
 * that nothing but its live token keeps from a new one.
 */
export type StartRefusal =
  | { outcome: 'retried'; device: DeviceItem }
  | { outcome: 'disabled' | 'country_not_allowed'; device: DeviceItem }
  | { outcome: 'live_token'; device: DeviceItem }
  | { outcome: 'cooldown'; nextChallengeAt: number }
  | { outcome: 'not_found' | 'nothing_to_resend' | 'key_reused' }

/** Explains why a new token was refused; null where the device does not show why. */
export function explainRefusal(
  device: DeviceItem,
  request: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal | null {
  const refusal = refusalOf(device, request, settings)
  if (refusal !== null) return refusal
  return livePending(device, request.now) === null ? null : { outcome: 'live_token', device }
}

/** Explains why the last token was not sent again; `live_token` when nothing forbids it. */
export function explainResendRefusal(
  device: DeviceItem,
  request: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal {
  const refusal = refusalOf(device, request, settings)
  // A dead token is not worth waiting out a cooldown.
  const isFinal =
    refusal !== null && ['retried', 'key_reused', 'disabled'].includes(refusal.outcome)
  if (!isFinal && !canBeResent(device, request.now, settings))
    return { outcome: 'nothing_to_resend' }
  return refusal ?? { outcome: 'live_token', device }
}

/** As the write has it: the challenge ends with its token, and a token with its guesses. */
function canBeResent(device: DeviceItem, now: number, { throttle }: ChallengeSettings): boolean {
  const { validUntil = 0 } = device.challenge
  const isLive = livePending(device, now) !== null && validUntil > now
  return isLive && !isUsedUp(device, throttle)
}

/** Explains why the device is not challenged, whatever token it has; null when it may be. */
function refusalOf(
  device: DeviceItem,
  { keyName, payload = '', now }: ChallengeRequest,
  settings: ChallengeSettings,
): StartRefusal | null {
  if (device.challenge.keyName === keyName) {
    // One of the two is empty where an older function made the challenge, or a test.
    const kept = device.challenge.payload || payload
    return kept === payload ? { outcome: 'retried', device } : { outcome: 'key_reused' }
  }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  if (!countryIsAllowed(device.country, settings.allowedCountries)) {
    return { outcome: 'country_not_allowed', device }
  }
  const { nextChallengeAt } = generateIsAllowed(device, settings.cooldown, now)
  return nextChallengeAt === null ? null : { outcome: 'cooldown', nextChallengeAt }
}
