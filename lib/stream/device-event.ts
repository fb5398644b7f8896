// What a write to a device means, read from the item before and after it: the stream of the
// devices table holds no more. A pure rule. A verification pays nothing for it, and no code has to
// remember to report.
import type { DeliveryReason, DeliveryStatus } from '../device/delivery-record.ts'
import { readDeliveryRecord } from '../device/delivery-record.ts'
import { challengeId, type DeviceItem } from '../device/device.ts'

/** An event of a device. */
export type DeviceEvent =
  | { type: 'device_created' | 'number_changed' | 'device_reset' | 'device_deleted' }
  /** By a right token, or because a caller says so. */
  | { type: 'device_confirmed' }
  /** A message is sent, unless `challenge_not_sent` follows. */
  | { type: 'challenge_started'; challengeId: string; at: number; resent: boolean }
  | { type: 'challenge_not_sent'; challengeId: string; at: number; test: boolean }
  | {
      type: 'delivery_updated'
      challengeId: string
      status: DeliveryStatus
      reason: DeliveryReason | null
    }
  /** `at` is when the challenge started. */
  | { type: 'verified'; challengeId: string; at: number }
  | { type: 'failed'; failures: number; lockedUntil: number }

/** Returns the events of a write, in order. Most writes have one, some none. */
export function deviceEventsOf(
  before: DeviceItem | undefined,
  after: DeviceItem | undefined,
): DeviceEvent[] {
  if (after === undefined) return before === undefined ? [] : [{ type: 'device_deleted' }]
  // For a new number a caller vouches anew.
  const wasConfirmed = before?.confirmed && before.number === after.number
  const isConfirmed = after.confirmed && !wasConfirmed
  const confirmed: DeviceEvent[] = isConfirmed ? [{ type: 'device_confirmed' }] : []
  return [...changesOf(before, after), ...confirmed]
}

function changesOf(before: DeviceItem | undefined, after: DeviceItem): DeviceEvent[] {
  if (before === undefined) return [{ type: 'device_created' }]
  if (before.number !== after.number) return [{ type: 'number_changed' }]
  if (before.attempts.id1 !== after.attempts.id1) return [attemptOf(before, after)]
  if (before.challenge.requestName !== after.challenge.requestName) return [startOf(before, after)]
  return [...notSent(before, after), ...deliveryUpdated(before, after), ...reset(before, after)]
}

function attemptOf(before: DeviceItem, after: DeviceItem): DeviceEvent {
  const { failures, lockedUntil } = after
  if (!after.attempts.ok1) return { type: 'failed', failures, lockedUntil }
  return { type: 'verified', challengeId: challengeId(before), at: before.challengedAt }
}

function startOf(before: DeviceItem, after: DeviceItem): DeviceEvent {
  const [digest = ''] = Object.keys(after.pending)
  return {
    type: 'challenge_started',
    challengeId: challengeId(after),
    at: after.challengedAt,
    resent: before.pending[digest] !== undefined,
  }
}

/**
 * Finds a challenge that was refunded, or that is a test number's: both give their cooldown back.
 */
function notSent(before: DeviceItem, after: DeviceItem): DeviceEvent[] {
  const isLessUnverified = after.unverified === before.unverified - 1
  const endsToken = Object.keys(after.pending)[0] !== Object.keys(before.pending)[0]
  const hasProgressed = after.challenge.progress !== before.challenge.progress
  if (!isLessUnverified || !(endsToken || hasProgressed)) return []
  const { challengedAt: at } = before
  const test = after.challenge.test === true
  return [{ type: 'challenge_not_sent', challengeId: challengeId(before), at, test }]
}

function deliveryUpdated(before: DeviceItem, after: DeviceItem): DeviceEvent[] {
  const delivery = readDeliveryRecord(after.challenge)
  const isNew =
    after.challenge.progress !== before.challenge.progress &&
    challengeId(after) === challengeId(before)
  if (delivery === null || !isNew) return []
  const { status, reason } = delivery
  return [{ type: 'delivery_updated', challengeId: challengeId(after), status, reason }]
}

function reset(before: DeviceItem, after: DeviceItem): DeviceEvent[] {
  const isUnlocked = before.failures > 0 && after.failures === 0
  const isCooledDown = before.unverified > 0 && after.unverified === 0
  const isSame = Object.keys(after.pending)[0] === Object.keys(before.pending)[0]
  const hasProgressed = after.challenge.progress !== before.challenge.progress
  return (isUnlocked || isCooledDown) && isSame && !hasProgressed ? [{ type: 'device_reset' }] : []
}
