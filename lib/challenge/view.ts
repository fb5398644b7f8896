// What has become of a challenge, for whoever waits for it; readable after its end.

import { type DeviceItem, challengeId as idOf, livePending } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { generateIsAllowed, isDisabled, verifyIsAllowed } from '../device/throttle.ts'
import { deliveryView } from '../device/view.ts'
import type { DeviceSettings } from '../settings/device.ts'
import { rfc3339OrNull } from '../time.ts'

/** How a challenge is doing. */
export const challengeStates = ['pending', 'verified', 'expired', 'replaced', 'disabled'] as const

/** One of them. */
export type ChallengeState = (typeof challengeStates)[number]

/** Whether a challenge was ever made of the device. */
export function wasChallenged(item: DeviceItem): boolean {
  return idOf(item) !== ''
}

/** The state of a challenge by its id; of the last one when that is null. */
export function challengeState(
  item: DeviceItem,
  challengeId: string | null,
  settings: DeviceSettings,
  now: number,
): ChallengeState {
  const { validUntil = 0 } = item.challenge
  if (challengeId !== null && challengeId !== idOf(item)) return 'replaced'
  // Only a right token leaves a challenge without its pending entry: what else takes it away ends its validity.
  const isUsed = Object.keys(item.pending).length === 0 && validUntil > 0
  if (isUsed) return 'verified'
  if (isDisabled(item, settings.throttle)) return 'disabled'
  return livePending(item, now) === null ? 'expired' : 'pending'
}

/** A challenge as the API shows it: everything that a waiting page needs. */
export function challengeView(
  item: DeviceItem,
  challengeId: string | null,
  settings: DeviceSettings,
  now: number,
) {
  const { validUntil = 0, test } = item.challenge
  const state = challengeState(item, challengeId, settings, now)
  const { failureCount, lockedUntil } = verifyIsAllowed(item, settings.throttle, now)
  const cooldown = generateIsAllowed(item, settings.cooldown, now)
  const isLast = state !== 'replaced'
  return {
    challengeId: challengeId ?? idOf(item),
    state,
    number: maskNumber(item.number),
    // Of a replaced challenge nothing is kept.
    validUntil: rfc3339OrNull(isLast && validUntil > 0 ? validUntil : null),
    nextChallengeAt: rfc3339OrNull(cooldown.nextChallengeAt),
    failureCount,
    lockedUntil: rfc3339OrNull(lockedUntil),
    delivery: isLast ? deliveryView(item, settings) : null,
    ...(isLast && test && { test }),
  }
}
