// What a device's item shows of an attempt that DynamoDB refused, or whose answer was lost. The
// order of the checks is that of the answers, and a promise (docs/api.md): the attempt itself was
// applied, disabled, used up, no token, another challenge's, factor changed, locked, expired. What
// depends on the guess comes last: before, no refusal tells a right guess from a wrong one.

import { type DeviceItem, isOfChallenge, lastUsedAt } from '../device/device.ts'
import { isDisabled, isUsedUp, lockEnd } from '../device/throttle.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'

/** One guess at a device's token. */
export interface Attempt {
  /** The guess's digest: the name of the pending entry that it would match. */
  guess: string
  /** The attempt's own name, the same for every retry of it. */
  attempt: string
  /** The id of the challenge that it is for; null, the default, is whichever lives. */
  challengeId?: string | null
  now: number
}

/** The result of an attempt. */
export type VerificationResult =
  | { outcome: 'accepted' | 'rejected' | 'locked' | 'disabled'; device: DeviceItem }
  | { outcome: 'not_found' | 'used_up' | 'no_token' | 'replaced' }

/**
 * How long after its use a right token is accepted again from a retry, milliseconds. A captured
 * request must not stay a key.
 */
const replayMs = 60_000

/**
 * Returns the result of this attempt when it was already applied; null when the
 * item does not know it.
 */
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

/**
 * Explains why the attempt was refused: its result, or what has to be written
 * before it is made again.
 */
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
  if (isUsedUp(item, settings)) return { outcome: 'used_up' }
  const isBounded = settings.tokenGuesses !== null
  if (isBounded && Object.keys(item.pending).length === 0) return { outcome: 'no_token' }
  const { challengeId = null } = attempt
  if (challengeId !== null && !isOfChallenge(item, challengeId)) return { outcome: 'replaced' }
  if (item.factorMs !== settings.factorMs) return { outcome: 'factor_changed', device: item }
  if (attempt.now < (lockEnd(item, settings) ?? 0)) return { outcome: 'locked', device: item }
  const entry = item.pending[attempt.guess]
  if (entry !== undefined && entry.validUntil <= attempt.now) return { outcome: 'expired' }
  if (entry !== undefined && entry.backoff !== settings.factorMs) {
    return { outcome: 'factor_changed', device: item }
  }
  return { outcome: 'unclear' }
}
