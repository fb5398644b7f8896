// What a challenge leaves when nothing was sent: token and cooldown are refunded. Pure rules.
import { challengeId, type DeviceItem } from '../device/device.ts'
import { cooldownAfter } from '../device/throttle.ts'
import type { DeviceSettings } from '../settings/device.ts'

/** A started challenge. `before` is the item as the write found it; null when that is not known. */
export interface Started {
  outcome: 'started'
  device: DeviceItem
  before: DeviceItem | null
}

/** What a challenge that sent nothing leaves on the device. */
export interface Refunded {
  challengedAt: number
  unverified: number
  /** The digest of a token that stays, because it was sent before. */
  kept?: string
  /**
   * The challenge before, which a rollback restores; `digest` is that of the token
   * that is rolled back.
   */
  rollback?: { challenge: DeviceItem['challenge']; digest: string }
}

/** Refunds the cooldown: the next challenge is allowed at once. */
export function refunded(
  { device }: Pick<Started, 'device'>,
  { cooldown }: DeviceSettings,
  now: number,
): Refunded {
  const unverified = device.unverified - 1
  return { unverified, challengedAt: now - cooldownAfter(unverified, cooldown) }
}

/** Refunds the cooldown of a resend. The token, which was sent before, stays. */
export function refundedResend(started: Started, settings: DeviceSettings, now: number): Refunded {
  const [digest = ''] = Object.keys(started.device.pending)
  return { ...refunded(started, settings, now), kept: digest }
}

/** Rolls back a challenge that should not have started: the device is as it was found. */
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
    // The rollback keeps our request name in the challenge. A page that waits for the challenge
    // before still asks with the id of that one.
    id: challengeId(before),
    // Its expired token is removed, and must not look used.
    ...(hadExpired && { validUntil: 0 }),
  }
  return { challengedAt, unverified, rollback: { challenge, digest } }
}
