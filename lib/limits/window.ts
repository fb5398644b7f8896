// Windows: fixed, and at multiples of their length since the epoch. So a length that divides
// another has each of its windows within one of the other, and both can be counted in one item.
import type { Limit } from '../settings/limits.ts'

/** A limit in its current window. */
export interface Window extends Limit {
  /** End of the window, milliseconds since the epoch. */
  endsAt: number
  /** The attribute of the item that counts it. A window that begins anew has another. */
  attribute: string
  /** Of a shared limit, what devices that are not established may take of it. */
  isStrangers?: true
}

/** At least one: the longest, and those that lie within it. */
export type Nested<T> = [longest: T, ...shorter: T[]]

/** Returns the end of the window that a moment is in. */
export function windowEnd(seconds: number, now: number): number {
  return now - (now % (seconds * 1000)) + seconds * 1000
}

/** How long an item outlives its window, seconds, so that admins can still read it. */
const keptSeconds = 3600

/** Returns when an item may be deleted, seconds since the epoch. */
export function expiryOf({ windows: [longest] }: { windows: Nested<Window> }): number {
  return Math.ceil(longest.endsAt / 1000) + keptSeconds
}

/**
 * Groups limits by the items that count them. A shorter one that does not divide a longer one has
 * an item of its own.
 */
export function groupLimits(limits: Limit[]): Nested<Limit>[] {
  const groups: Nested<Limit>[] = []
  for (const limit of limits.toSorted((a, b) => b.seconds - a.seconds)) {
    const group = groups.find(([longest]) => longest.seconds % limit.seconds === 0)
    if (group) group.push(limit)
    else groups.push([limit])
  }
  return groups
}

/**
 * Returns the windows of a group at a moment. A shorter one is numbered within the longest. Those
 * of another limit than the longest's are told apart by `guest`, four letters.
 */
export function windowsOf(
  [longest, ...shorter]: Nested<Limit>,
  now: number,
  guest = '',
): Nested<Window> {
  const windowOf = (limit: Limit, attribute: string) => ({
    ...limit,
    endsAt: windowEnd(limit.seconds, now),
    attribute,
  })
  const attributeOf = ({ limit, seconds }: Limit) => {
    const own = `${seconds}.${numberOf(seconds, longest.seconds, now)}`
    return limit === longest.limit ? own : `${guest}.${own}`
  }
  return [windowOf(longest, 'sent'), ...shorter.map(limit => windowOf(limit, attributeOf(limit)))]
}

function numberOf(seconds: number, longestSeconds: number, now: number): number {
  return Math.floor((now % (longestSeconds * 1000)) / (seconds * 1000))
}

/**
 * Whether an attribute counted a window that has ended, by any clock: the window before the current
 * one may still be current for another.
 */
export function hasEnded(attribute: string, longestSeconds: number, now: number): boolean {
  const [, seconds, number] = /^(?:[\w-]{4}\.)?(\d+)\.(\d+)s?$/.exec(attribute) ?? []
  return Number(number) < numberOf(Number(seconds), longestSeconds, now) - 1
}

/**
 * Returns the window of a shared limit that only devices that are not established are counted in:
 * it has what the limit does not keep for the others.
 */
export function strangersWindow(window: Window, establishedShare: number): Window {
  const most = Math.ceil((window.most * (100 - establishedShare)) / 100)
  const attribute = window.attribute === 'sent' ? 'strangers' : `${window.attribute}s`
  return { ...window, most, attribute, isStrangers: true }
}
