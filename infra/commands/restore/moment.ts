// The moment that a restore goes back to: DynamoDB knows moments to the second.

/** What point-in-time recovery of a table covers, milliseconds since the epoch. */
export interface Recovery {
  earliest: number
  latest: number
}

const form = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i

/** Reads an RFC 3339 time in the past. Throws one sentence. */
export function readMoment(given: string | undefined, now: number): number {
  if (given === undefined) throw new Error('Say --at <time>, such as --at 2026-11-27T10:00:00Z.')
  const [, date = ''] = form.exec(given) ?? []
  const at = Date.parse(given)
  // A parser takes the 30th of February for the 2nd of March.
  const isDate =
    Number.isFinite(Date.parse(date)) && wholeSeconds(Date.parse(date)).startsWith(date)
  if (!isDate || !Number.isFinite(at)) {
    throw new Error(
      `"${given}" is not a time such as 2026-11-27T10:00:00Z or 2026-11-27T11:00:00+01:00.`,
    )
  }
  if (at >= now) throw new Error(`${given} is not in the past.`)
  return at - (at % 1000)
}

/** Throws one sentence where a table cannot be restored to that moment. */
export function assertCovered(at: number, recovery: Recovery | null, place: string): void {
  if (recovery === null) {
    throw new Error(`${place} cannot be restored: its point-in-time recovery is off.`)
  }
  const earliest = recovery.earliest - (recovery.earliest % 1000)
  if (at >= earliest && at <= recovery.latest) return
  const [from, to] = [wholeSeconds(earliest), wholeSeconds(recovery.latest)]
  throw new Error(
    `${place} can be restored as it was from ${from} to ${to}, not ${wholeSeconds(at)}.`,
  )
}

/** A moment in RFC 3339, to the second. */
export function wholeSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '')
}

/** DynamoDB's limit on the name of a table. */
const nameCharacters = 255

/** Names the table as it was: by the table, and by the moment in place of an earlier one. */
export function restoredName(table: string, at: number): string {
  const time = `-${wholeSeconds(at).replaceAll(/[-:]/g, '')}`
  const base = table.replace(/-\d{8}T\d{6}Z$/, '')
  return `${base.slice(0, nameCharacters - time.length)}${time}`
}
