// When a device may be verified and when it may be challenged: django-otp's ThrottlingMixin and
// CooldownMixin as plain functions of the item, the settings and the time.

import type { CooldownSettings } from '../settings/cooldown.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { DeviceItem } from './device.ts'

/**
 * The shortest lock that is also an event of its own. With a factor of one second, the seventh
 * failure locks that long.
 */
export const longLockMs = 60_000

/** Failures in a row, and the time of the last one (0: never). */
export interface Failures {
  failures: number
  failedAt: number
}

/**
 * Whether the device has failed so often that only an admin can enable it again (NIST
 * SP 800-63B §5.2.2).
 */
export function isDisabled({ failures }: Failures, { maxFailures }: ThrottleSettings): boolean {
  return failures >= maxFailures
}

/**
 * Returns how many wrong guesses the pending token takes still; null where nothing bounds them. One
 * that was made before the setting was has no bound.
 */
export function guessesLeft(
  { failures, guessesEnd, pending }: Pick<DeviceItem, 'failures' | 'guessesEnd' | 'pending'>,
  { tokenGuesses, maxFailures }: ThrottleSettings,
): number | null {
  if (tokenGuesses === null) return null
  if (Object.keys(pending).length === 0) return 0
  if (guessesEnd === undefined) return null
  return Math.max(0, Math.min(guessesEnd, maxFailures) - failures)
}

/** Whether the pending token has taken all the wrong guesses that it may. */
export function isUsedUp(
  {
    failures,
    guessesEnd = Number.POSITIVE_INFINITY,
    pending,
  }: Pick<DeviceItem, 'failures' | 'guessesEnd' | 'pending'>,
  { tokenGuesses }: ThrottleSettings,
): boolean {
  return tokenGuesses !== null && Object.keys(pending).length > 0 && failures >= guessesEnd
}

/**
 * Returns the moment from which an attempt is allowed: factor × 2^(n−1) after the n-th failure.
 * Null when there is no lock.
 */
export function lockEnd(
  { failures, failedAt }: Failures,
  settings: ThrottleSettings,
): number | null {
  if (failures === 0 || settings.factorMs === 0) return null
  const lockMs = settings.factorMs * 2 ** (failures - 1)
  return failedAt + Math.min(lockMs, settings.longestLockMs ?? Number.POSITIVE_INFINITY)
}

/**
 * django-otp's `verify_is_allowed()`. `lockedUntil` is null when allowed, and when
 * only a reset helps.
 */
export function verifyIsAllowed(state: Failures, settings: ThrottleSettings, now: number) {
  const end = lockEnd(state, settings)
  if (isDisabled(state, settings)) {
    return { allowed: false, failureCount: state.failures, lockedUntil: null }
  }
  const locked = now < (end ?? now)
  return { allowed: !locked, failureCount: state.failures, lockedUntil: locked ? end : null }
}

/**
 * Time of the last challenge (0: never), and the number of challenges since the
 * last accepted token.
 */
export interface Challenges {
  challengedAt: number
  unverified: number
}

/**
 * Returns the cooldown after this many challenges without an accepted token. Where it grows, each
 * challenge after the first doubles it.
 */
export function cooldownAfter(unverified: number, settings: CooldownSettings): number {
  const { cooldownMs, longestCooldownMs } = settings
  if (cooldownMs === 0) return 0
  const grownMs = cooldownMs * 2 ** Math.max(unverified - 1, 0)
  return Math.max(cooldownMs, Math.min(grownMs, longestCooldownMs ?? cooldownMs))
}

/**
 * Returns the cooldowns that are shorter than the longest. Each holds for fewer than `below`
 * unverified challenges.
 */
export function shorterCooldowns(settings: CooldownSettings): { below: number; ms: number }[] {
  const longest = cooldownAfter(Number.POSITIVE_INFINITY, settings)
  const steps: { below: number; ms: number }[] = []
  for (let unverified = 1; cooldownAfter(unverified, settings) < longest; unverified++) {
    steps.push({ below: unverified + 1, ms: cooldownAfter(unverified, settings) })
  }
  return steps
}

/** django-otp's `generate_is_allowed()`. `nextChallengeAt` is null when allowed. */
export function generateIsAllowed(
  { challengedAt, unverified }: Challenges,
  settings: CooldownSettings,
  now: number,
) {
  const next = challengedAt + cooldownAfter(unverified, settings)
  return now < next
    ? { allowed: false, nextChallengeAt: next }
    : { allowed: true, nextChallengeAt: null }
}

/**
 * Computes the stored numbers of a throttle for a changed factor. They are BigInts, because a
 * double would not be exact.
 */
export function rescaled({ failures, failedAt }: Failures, factorMs: number) {
  const backoff = BigInt(factorMs) << BigInt(failures)
  return { backoff, lockedUntil: failures === 0 ? 0n : BigInt(failedAt) + backoff / 2n }
}
