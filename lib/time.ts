// Moments as the API shows them.
const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Formats a moment as RFC 3339 in UTC. A lock of more than seven thousand years ends with the year
 * 9999, the last one of the format.
 */
export function rfc3339(at: number): string {
  return new Date(Math.min(at, endOfTime)).toISOString()
}

/** Formats a moment as RFC 3339, or null. */
export function rfc3339OrNull(at: number | null): string | null {
  return at === null ? null : rfc3339(at)
}
