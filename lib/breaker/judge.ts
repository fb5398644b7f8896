// When tokens that nobody verifies are pumping: a pure rule over what was sent and verified in slices of time.
import type { BreakerRule, BreakerSettings } from '../settings/breaker.ts'

/** Sends are put together by the half minute in which their challenge was begun. */
export const sliceMs = 30_000

/** Most of those who verify have done so within a minute, and a rule asks for a few of them only. */
const longestWaitMs = 60_000

/** Whoever was suspended lately is judged by a quarter of the sends, and suspended for four times as long. */
const severity = 4

/** What was sent in a slice, by the ids of the challenges. Sets, so that a record that comes twice counts once. */
export interface Slice {
  /** When it began, milliseconds since the epoch. */
  at: number
  sends: ReadonlySet<string>
  verified: ReadonlySet<string>
  /** Begun, and not sent after all. */
  unsent: ReadonlySet<string>
}

/** A suspension as it is kept; moments are milliseconds since the epoch. */
export interface Suspension {
  /** Over from then on; 0 when an admin lifted it. */
  until: number
  /** What was sent before is not judged again. */
  since: number
  /** How often in a row. */
  times: number
  /** What it was judged by. */
  sends: number
  verified: number
}

/** The slice of a moment. */
export function sliceOf(moment: number): number {
  return moment - (moment % sliceMs)
}

/** The slices that are old enough to be judged, and still in the window: from the first, before the end. */
export function judgedSpan(
  { seconds }: Pick<BreakerRule, 'seconds'>,
  { since, validityMs, now }: { since: number; validityMs: number; now: number },
): { from: number; before: number } {
  const wait = Math.min(validityMs, longestWaitMs)
  return {
    from: Math.max(sliceOf(now - seconds * 1000), Math.ceil(since / sliceMs) * sliceMs),
    before: sliceOf(now - wait),
  }
}

/** What was sent and verified in all slices. */
export function totalOf(slices: Slice[]): { sends: number; verified: number } {
  let sends = 0
  let verified = 0
  for (const slice of slices) {
    for (const id of slice.sends) {
      if (slice.unsent.has(id)) continue
      sends += 1
      if (slice.verified.has(id)) verified += 1
    }
  }
  return { sends, verified }
}

/** Whether so little verified of so much is pumping. */
export function isPumping(
  { sends, verified }: { sends: number; verified: number },
  rule: BreakerRule,
  wasSuspended: boolean,
): boolean {
  const enough = wasSuspended ? Math.ceil(rule.sends / severity) : rule.sends
  return sends >= enough && verified * 100 < sends * rule.percent
}

/** Whether the last suspension is less long ago than the longest lasts, and was not lifted. */
export function wasSuspendedLately(
  last: Suspension | null,
  { longestMs }: Pick<BreakerSettings, 'longestMs'>,
  now: number,
): last is Suspension {
  return last !== null && last.times > 0 && now - last.until < longestMs
}

/** The suspension that follows. */
export function nextSuspension(
  last: Suspension | null,
  total: { sends: number; verified: number },
  { firstMs, longestMs }: Pick<BreakerSettings, 'firstMs' | 'longestMs'>,
  now: number,
): Suspension {
  const times = wasSuspendedLately(last, { longestMs }, now) ? last.times + 1 : 1
  const until = now + Math.min(firstMs * severity ** (times - 1), longestMs)
  return { until, since: until, times, ...total }
}
