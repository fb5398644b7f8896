// What a challenge leaves of which nothing was sent: token and cooldown are given back. Pure rules.
import { challengeId, type DeviceItem } from '../device/device.ts'
import { cooldownAfter } from '../device/throttle.ts'
import type { DeviceSettings } from '../settings/device.ts'

/** A challenge that was started; `before` is the item that it found, or null where that is not known. */
export interface Started {
  outcome: 'started'
  device: DeviceItem
  before: DeviceItem | null
}

/** What a challenge that sent nothing leaves: the cooldown as it was. */
export interface Refunded {
  challengedAt: number
  unverified: number
  /** The digest of the token, where it stays: it was sent before. */
  kept?: string
  /** The challenge before, where this one should not have been; the digest is this one's token's. */
  rollback?: { challenge: DeviceItem['challenge']; digest: string }
}

/** Nothing was sent: the next challenge is allowed. */
export function refunded(
  { device }: Pick<Started, 'device'>,
  { cooldown }: DeviceSettings,
  now: number,
): Refunded {
  const unverified = device.unverified - 1
  return { unverified, challengedAt: now - cooldownAfter(unverified, cooldown) }
}

/** Nothing was sent again: the token of before is good, while it is not used. */
export function refundedResend(started: Started, settings: DeviceSettings, now: number): Refunded {
  const [digest = ''] = Object.keys(started.device.pending)
  return { ...refunded(started, settings, now), kept: digest }
}

/** The challenge should not have been: the device as it was found. */
export function rolledBack(
  started: Started,
  { digest, now }: { digest: string; now: number },
  settings: DeviceSettings,
): Refunded {
  const { before } = started
  if (before === null) {
    const challenge = { keyName: '', requestName: '', id: '' }
    return { ...refunded(started, settings, now), rollback: { challenge, digest } }
  }
  const { challengedAt, unverified } = before
  const hadExpired = Object.keys(before.pending).length > 0
  const challenge = {
    ...before.challenge,
    // The end keeps our name in it; a page that waits for the challenge of before still asks by its own.
    id: challengeId(before),
    // Its token goes, and must not look used.
    ...(hadExpired && { validUntil: 0 }),
  }
  return { challengedAt, unverified, rollback: { challenge, digest } }
}
