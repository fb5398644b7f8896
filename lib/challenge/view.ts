// The state of a challenge for a page that waits for it; readable after its end.

import { type DeviceItem, challengeId as idOf, livePending } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { generateIsAllowed, isDisabled, isUsedUp, verifyIsAllowed } from '../device/throttle.ts'
import { deliveryView } from '../device/view.ts'
import type { DeviceSettings } from '../settings/device.ts'
import { rfc3339OrNull } from '../time.ts'

/** The states of a challenge. */
export const challengeStates = [
  'pending',
  'verified',
  'used_up',
  'expired',
  'replaced',
  'disabled',
] as const

/** The state of a challenge. */
export type ChallengeState = (typeof challengeStates)[number]

/** Whether the device was ever challenged. */
export function wasChallenged(item: DeviceItem): boolean {
  return idOf(item) !== ''
}

/** Returns the state of a challenge by its id; null is the last one. */
export function challengeState(
  item: DeviceItem,
  challengeId: string | null,
  settings: DeviceSettings,
  now: number,
): ChallengeState {
  const { validUntil = 0 } = item.challenge
  if (challengeId !== null && challengeId !== idOf(item)) return 'replaced'
  // Only a right token removes the pending entry and leaves the validity: everything else that
  // removes the entry ends the validity too.
  const isUsed = Object.keys(item.pending).length === 0 && validUntil > 0
  if (isUsed) return 'verified'
  if (isDisabled(item, settings.throttle)) return 'disabled'
  if (isUsedUp(item, settings.throttle)) return 'used_up'
  return livePending(item, now) === null ? 'expired' : 'pending'
}

/** Shows a challenge as the API does: everything that a waiting page needs. */
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
    // Nothing is kept of a replaced challenge.
    validUntil: rfc3339OrNull(isLast && validUntil > 0 ? validUntil : null),
    nextChallengeAt: rfc3339OrNull(cooldown.nextChallengeAt),
    failureCount,
    lockedUntil: rfc3339OrNull(lockedUntil),
    delivery: isLast ? deliveryView(item, settings) : null,
    ...(isLast && test && { test }),
  }
}
