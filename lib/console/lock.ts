// Whether a device is locked now, by the time that has passed since the service answered.
import type { Device } from './api.ts'

/** Whether tokens are compared. `disabled` lasts until a reset. */
export type Lock = 'open' | 'locked' | 'disabled'

/** Returns the lock of a device at a moment. */
export function lockOf({ throttle }: Device, now: number): Lock {
  if (throttle.allowed) return 'open'
  if (throttle.lockedUntil === null) return 'disabled'
  return now < Date.parse(throttle.lockedUntil) ? 'locked' : 'open'
}

/**
 * Returns the next moment at which a lock, cooldown or token of the device ends;
 * null when none runs.
 */
export function nextEnd({ throttle, cooldown, pending }: Device, now: number): number | null {
  const ends = [throttle.lockedUntil, cooldown.nextChallengeAt, pending?.validUntil]
    .map(end => Date.parse(end ?? ''))
    .filter(end => end > now)
  return ends.length > 0 ? Math.min(...ends) : null
}
