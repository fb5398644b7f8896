// The hours in which figures are counted, in UTC, such as 2026-11-23T14.

const hourMs = 3_600_000

/** Returns the hour of a moment. */
export function hourOf(at: number): string {
  return new Date(at).toISOString().slice(0, 13)
}

/** Returns the last `count` hours, oldest first. The last one is still running. */
export function lastHours(count: number, now: number): string[] {
  return Array.from({ length: count }, (_, n) => hourOf(now - (count - 1 - n) * hourMs))
}
