// The breaker as admins see it.

import { type BreakerSettings, suspendedKinds } from '../settings/breaker.ts'
import { rfc3339 } from '../time.ts'
import type { SuspensionEntry } from './store.ts'
import { kindOf } from './subject.ts'

/** Shows the rules in force, the suspensions, the longest first, and what admins always allow. */
export function suspensionsView(
  entries: SuspensionEntry[],
  { mode, rules }: BreakerSettings,
  now: number,
) {
  const suspended = entries
    .filter(({ until, allowed }) => until > now && !allowed)
    .toSorted((a, b) => b.until - a.until)
  return {
    mode,
    rules: Object.fromEntries(
      suspendedKinds.map(kind => {
        const rule = rules.find(one => one.kind === kind)
        return [kind, rule ? withoutKind(rule) : null]
      }),
    ),
    suspended: suspended.map(({ entry, until, times, sends, verified }) => ({
      ...named(entry),
      until: rfc3339(until),
      times,
      sends,
      verified,
    })),
    allowed: entries
      .filter(({ allowed }) => allowed)
      .map(({ entry, label = '' }) => ({ [kindOf(entry)]: label })),
  }
}

function withoutKind({ sends, percent, seconds }: BreakerSettings['rules'][number]) {
  return { sends, percent, seconds }
}

function named(entry: string) {
  return { [kindOf(entry)]: entry.slice(entry.indexOf(':') + 1) }
}
