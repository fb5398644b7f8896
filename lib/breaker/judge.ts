// When unverified tokens are a sign of pumping: a pure rule over sends and verifications
// in slices of time.
import type { BreakerRule, BreakerSettings } from '../settings/breaker.ts'

/** Sends are grouped by the half minute in which their challenge started. */
export const sliceMs = 30_000

/** Most users who verify do so within a minute, and a rule asks only for a few of them. */
const longestWaitMs = 60_000

/**
 * A subject that was suspended recently is judged on a quarter of the sends, and suspended
 * four times as long.
 */
const severity = 4

/**
 * Established devices are reported at five times the sends and half the percentage, and never
 * suspended. One of them gets five messages before it is no longer established, so five times the
 * sends are as many phones as the rule asks for; and the half, because a person is woken. It is a
 * carrier that does not deliver, or a pump that has verified many numbers first. To refuse would
 * shut out the owners with both.
 */
const ownersBar = { sends: 5, percent: 1 / 2 }

/** The sends of a slice, by class. */
export const sendClasses = ['sends', 'established'] as const

/** A class of sends: of anybody, or of established devices. */
export type SendClass = (typeof sendClasses)[number]

/**
 * The challenges of a slice, by id. They are sets, so that a record that is read twice counts once.
 */
export interface Slice {
  /** Start of the slice, milliseconds since the epoch. */
  at: number
  /** Of devices that are not established. */
  sends: ReadonlySet<string>
  /** Of established devices. */
  established: ReadonlySet<string>
  verified: ReadonlySet<string>
  /** Started, but not sent. */
  unsent: ReadonlySet<string>
}

/** A suspension as it is stored; moments are milliseconds since the epoch. */
export interface Suspension {
  /** End of the suspension; 0 when an admin lifted it. */
  until: number
  /** Sends before this moment are not judged again. */
  since: number
  /** How many suspensions in a row, this one included. */
  times: number
  /** The totals that it was judged by. */
  sends: number
  verified: number
}

/** Returns the start of the slice that a moment is in. */
export function sliceOf(moment: number): number {
  return moment - (moment % sliceMs)
}

/**
 * Returns the slices that are old enough to be judged and still in the window: `from` is
 * included, `before` is not.
 */
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

/** Sums what was sent to a class, and verified of that, in all slices. */
export function totalOf(
  slices: Slice[],
  sendClass: SendClass,
): { sends: number; verified: number } {
  let sends = 0
  let verified = 0
  for (const slice of slices) {
    for (const id of slice[sendClass]) {
      if (slice.unsent.has(id)) continue
      sends += 1
      if (slice.verified.has(id)) verified += 1
    }
  }
  return { sends, verified }
}

/** Whether the share of verified sends is low enough to be pumping. */
export function isPumping(
  { sends, verified }: { sends: number; verified: number },
  rule: BreakerRule,
  wasSuspended: boolean,
): boolean {
  const enough = wasSuspended ? Math.ceil(rule.sends / severity) : rule.sends
  return sends >= enough && verified * 100 < sends * rule.percent
}

/** Returns the rule at which established devices are reported. */
export function reportRule(rule: BreakerRule): BreakerRule {
  return {
    ...rule,
    sends: rule.sends * ownersBar.sends,
    percent: rule.percent * ownersBar.percent,
  }
}

/** Whether the last suspension ended less than `longestMs` ago and was not lifted. */
export function wasSuspendedLately(
  last: Suspension | null,
  { longestMs }: Pick<BreakerSettings, 'longestMs'>,
  now: number,
): last is Suspension {
  return last !== null && last.times > 0 && now - last.until < longestMs
}

/** Returns the suspension that follows the last one. */
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
