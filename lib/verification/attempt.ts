// What a device's item says of an attempt that DynamoDB refused, or whose answer was lost. The order of the
// questions is the order of the answers' weight.

import { type DeviceItem, lastUsedAt } from '../device/device.ts'
import { isDisabled, lockEnd } from '../device/throttle.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'

/** One guess at a device's token. */
export interface Attempt {
  /** The guess's digest: the name of the pending entry that it would match. */
  guess: string
  /** The attempt's own name, the same for every retry of it. */
  attempt: string
  now: number
}

/** How an attempt ended. */
export type VerificationResult =
  | { outcome: 'accepted' | 'rejected' | 'locked' | 'disabled'; device: DeviceItem }
  | { outcome: 'not_found' }

/** A captured request with its idempotency key stays good for this long after the use, no longer. */
const replayMs = 60_000

/** Whether this very attempt was applied already, and how it ended then; null when the item does not know it. */
export function appliedResult(
  item: DeviceItem,
  { attempt, now }: Attempt,
): VerificationResult | null {
  const { attempts } = item
  const slots = [
    { id: attempts.id1, ok: attempts.ok1 },
    { id: attempts.id2, ok: attempts.ok2 },
    { id: attempts.id3, ok: attempts.ok3 },
    { id: attempts.id4, ok: attempts.ok4 },
  ]
  const slot = slots.find(({ id }) => id === attempt)
  if (slot === undefined) return null
  const isLastUse = slot === slots.find(({ ok }) => ok)
  const accepted = isLastUse && now - lastUsedAt(item) <= replayMs
  return { outcome: accepted ? 'accepted' : 'rejected', device: item }
}

/** Why the attempt was refused: a verdict, or what has to be written before it can be made again. */
export function explainRefusal(
  item: DeviceItem | undefined,
  attempt: Attempt,
  settings: ThrottleSettings,
):
  | VerificationResult
  | { outcome: 'factor_changed'; device: DeviceItem }
  | { outcome: 'expired' | 'unclear' } {
  if (item === undefined) return { outcome: 'not_found' }
  const settled = appliedResult(item, attempt)
  if (settled !== null) return settled
  if (isDisabled(item, settings)) return { outcome: 'disabled', device: item }
  if (item.factorMs !== settings.factorMs) return { outcome: 'factor_changed', device: item }
  if (attempt.now < (lockEnd(item, settings) ?? 0)) return { outcome: 'locked', device: item }
  const entry = item.pending[attempt.guess]
  if (entry !== undefined && entry.validUntil <= attempt.now) return { outcome: 'expired' }
  if (entry !== undefined && entry.backoff !== settings.factorMs) {
    return { outcome: 'factor_changed', device: item }
  }
  return { outcome: 'unclear' }
}
