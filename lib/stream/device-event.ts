// What a write to a device meant, read from the item before and after it: the devices table's stream tells no more.
// A pure rule. Who verifies pays nothing for it, and nobody has to remember to report.
import type { DeliveryReason, DeliveryStatus } from '../device/delivery-record.ts'
import { deliveryOf } from '../device/delivery-record.ts'
import { challengeId, type DeviceItem } from '../device/device.ts'

/** What happened to a device. */
export type Happening =
  | { what: 'device_created' | 'number_changed' | 'device_reset' | 'device_deleted' }
  /** A message is on its way, unless `challenge_not_sent` follows. */
  | { what: 'challenge_begun'; challengeId: string; at: number; resent: boolean }
  | { what: 'challenge_not_sent'; challengeId: string; at: number; test: boolean }
  | {
      what: 'delivery_told'
      challengeId: string
      status: DeliveryStatus
      reason: DeliveryReason | null
    }
  /** `at` is when the challenge was begun. */
  | { what: 'verified'; challengeId: string; at: number }
  | { what: 'failed'; failures: number; lockedUntil: number }

/** What a write meant, in its order; most writes meant one thing, some none. */
export function happeningsOf(
  before: DeviceItem | undefined,
  after: DeviceItem | undefined,
): Happening[] {
  if (before === undefined) return after === undefined ? [] : [{ what: 'device_created' }]
  if (after === undefined) return [{ what: 'device_deleted' }]
  if (before.number !== after.number) return [{ what: 'number_changed' }]
  if (before.attempts.id1 !== after.attempts.id1) return [attemptOf(before, after)]
  if (before.challenge.requestName !== after.challenge.requestName) return [begunOf(before, after)]
  return [...notSent(before, after), ...told(before, after), ...reset(before, after)]
}

function attemptOf(before: DeviceItem, after: DeviceItem): Happening {
  const { failures, lockedUntil } = after
  if (!after.attempts.ok1) return { what: 'failed', failures, lockedUntil }
  return { what: 'verified', challengeId: challengeId(before), at: before.challengedAt }
}

function begunOf(before: DeviceItem, after: DeviceItem): Happening {
  const [digest = ''] = Object.keys(after.pending)
  return {
    what: 'challenge_begun',
    challengeId: challengeId(after),
    at: after.challengedAt,
    resent: before.pending[digest] !== undefined,
  }
}

/** A challenge that is given back takes its cooldown with it; a test number's goes on without one. */
function notSent(before: DeviceItem, after: DeviceItem): Happening[] {
  const isLessUnverified = after.unverified === before.unverified - 1
  const endsToken = Object.keys(after.pending)[0] !== Object.keys(before.pending)[0]
  const isTold = after.challenge.told !== before.challenge.told
  if (!isLessUnverified || !(endsToken || isTold)) return []
  const { challengedAt: at } = before
  const test = after.challenge.test === true
  return [{ what: 'challenge_not_sent', challengeId: challengeId(before), at, test }]
}

function told(before: DeviceItem, after: DeviceItem): Happening[] {
  const delivery = deliveryOf(after.challenge)
  const isNew =
    after.challenge.told !== before.challenge.told && challengeId(after) === challengeId(before)
  if (delivery === null || !isNew) return []
  const { status, reason } = delivery
  return [{ what: 'delivery_told', challengeId: challengeId(after), status, reason }]
}

function reset(before: DeviceItem, after: DeviceItem): Happening[] {
  const isUnlocked = before.failures > 0 && after.failures === 0
  const isCooledDown = before.unverified > 0 && after.unverified === 0
  const isSame = Object.keys(after.pending)[0] === Object.keys(before.pending)[0]
  const wasTold = after.challenge.told !== before.challenge.told
  return (isUnlocked || isCooledDown) && isSame && !wasTold ? [{ what: 'device_reset' }] : []
}
