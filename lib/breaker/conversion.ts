// From the stream to a suspension. The challenges and verifications of a batch are put into the
// slices of their prefixes and countries, and the subjects that were sent to are judged. A batch
// may be read twice, and two batches at once.

import type { Store } from '../dynamodb/client.ts'
import { countOutcome, logger } from '../log.ts'
import type { BreakerRule, BreakerSettings, SuspendedKind } from '../settings/breaker.ts'
import type { DeviceChange } from '../stream/records.ts'
import type { SliceIds } from './expressions.ts'
import {
  isPumping,
  judgedSpan,
  nextSuspension,
  sliceOf,
  totalOf,
  wasSuspendedLately,
} from './judge.ts'
import { addToSlice, readEntries, readSlices, type SuspensionEntry, suspend } from './store.ts'
import { suspensionSubjects } from './subject.ts'

/** What judging needs. */
interface BreakerContext {
  store: Store
  breaker: BreakerSettings
  validityMs: number
  now: number
  signal: AbortSignal
}

interface CountedSlice {
  subject: string
  kind: SuspendedKind
  at: number
  ids: SliceIds
}

/** Enough characters to distinguish the challenges of half a minute. */
const idLength = 10

/**
 * Counts a batch, and suspends the subjects that it shows to be pumped. Throws `unavailable`, so
 * that Lambda retries the batch.
 */
export async function countConversion(
  changes: DeviceChange[],
  context: BreakerContext,
): Promise<void> {
  const { store, breaker, signal } = context
  if (breaker.mode === 'off') return
  const kinds = breaker.rules.map(({ kind }) => kind)
  const slices = slicesOf(changes).filter(({ kind }) => kinds.includes(kind))
  await Promise.all(slices.map(slice => addToSlice(store, slice, slice.ids, signal)))
  const sentTo = slices.filter(({ ids }) => ids.sends.size > 0).map(({ subject }) => subject)
  await judge(notJudged(sentTo, context.now), context)
}

// Only whole slices are judged, so a second look within the same half minute would see nothing new.
let judgedIn = 0
const judged = new Set<string>()

function notJudged(subjects: string[], now: number): string[] {
  if (sliceOf(now) !== judgedIn) judged.clear()
  judgedIn = sliceOf(now)
  return [...new Set(subjects)].filter(subject => !judged.has(subject))
}

/** Sorts the challenges of a batch into their slices. */
function slicesOf(changes: DeviceChange[]): CountedSlice[] {
  const slices = new Map<string, CountedSlice>()
  for (const { device, events } of changes) {
    const subjects = Object.entries(suspensionSubjects(device)) as [SuspendedKind, string][]
    for (const event of events) {
      const set = setOf[event.type]
      if (set === undefined || !('at' in event)) continue
      for (const [kind, subject] of subjects) {
        const at = sliceOf(event.at)
        const name = `${subject} ${at}`
        const slice = slices.get(name) ?? { subject, kind, at, ids: noIds() }
        slice.ids[set].add(event.challengeId.slice(0, idLength))
        slices.set(name, slice)
      }
    }
  }
  return [...slices.values()]
}

const setOf: Record<string, keyof SliceIds> = {
  challenge_started: 'sends',
  verified: 'verified',
  challenge_not_sent: 'unsent',
}

const noIds = (): SliceIds => ({ sends: new Set(), verified: new Set(), unsent: new Set() })

async function judge(subjects: string[], context: BreakerContext): Promise<void> {
  const { store, breaker, now, signal } = context
  const entries = await readEntries(store, subjects, 'retrying', signal)
  const seenOf = (subject: string) => entries.find(({ entry }) => entry === subject) ?? null
  await Promise.all(
    subjects.flatMap(subject => {
      const seen = seenOf(subject)
      if (seen?.allowed || (seen !== null && seen.until > now)) return []
      const rules = breaker.rules.filter(({ kind }) => subject.startsWith(`${kind}:`))
      return rules.map(rule => judgeOne({ subject, seen, rule }, context))
    }),
  )
  for (const subject of subjects) judged.add(subject)
}

async function judgeOne(
  { subject, seen, rule }: { subject: string; seen: SuspensionEntry | null; rule: BreakerRule },
  { store, breaker, validityMs, now, signal }: BreakerContext,
): Promise<void> {
  const span = judgedSpan(rule, { since: seen?.since ?? 0, validityMs, now })
  const total = totalOf(await readSlices(store, subject, span, signal))
  if (!isPumping(total, rule, wasSuspendedLately(seen, breaker, now))) return
  const next = nextSuspension(seen, total, breaker, now)
  // The entry is kept for as long as the next suspension would count as one in a row.
  const expiresAt = Math.ceil((next.until + breaker.longestMs) / 1000)
  if (!(await suspend(store, subject, { next, seen, expiresAt }, signal))) return
  const { sends, verified, times } = next
  const until = new Date(next.until).toISOString()
  logger.warn('suspended', { subject, sends, verified, times, until, mode: breaker.mode })
  countOutcome('breaker', 'suspended')
}
