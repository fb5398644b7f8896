// An event as the API shows it.
import { rfc3339, rfc3339OrNull } from '../time.ts'
import type { TimelineRow } from './row.ts'

/** Shows a row. What an event of its type has not is absent. */
export function timelineView(row: TimelineRow) {
  const { subject: _, entry, expiresAt: __, at, actor, lockedUntil, ...shown } = row
  return {
    id: Buffer.from(entry).toString('base64url'),
    at: rfc3339(at),
    ...shown,
    actor: actor || null,
    ...(shown.failureCount !== undefined && { lockedUntil: rfc3339OrNull(lockedUntil ?? null) }),
  }
}
