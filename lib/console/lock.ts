// Whether a device is locked, by the time that has gone by since the service said so.
import type { Device } from './api.ts'

export type Lock = 'open' | 'locked' | 'disabled'

export function lockOf({ throttle }: Device, now: number): Lock {
  if (throttle.allowed) return 'open'
  if (throttle.lockedUntil === null) return 'disabled'
  return now < Date.parse(throttle.lockedUntil) ? 'locked' : 'open'
}

/** The next moment at which something of the device ends; null when nothing is running. */
export function nextEnd({ throttle, cooldown, pending }: Device, now: number): number | null {
  const ends = [throttle.lockedUntil, cooldown.nextChallengeAt, pending?.validUntil]
    .map(end => Date.parse(end ?? ''))
    .filter(end => end > now)
  return ends.length > 0 ? Math.min(...ends) : null
}
