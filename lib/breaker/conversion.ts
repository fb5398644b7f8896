// From the stream to a suspension. The challenges and verifications of a batch are put into the
// slices of their prefixes and countries, and the subjects that were sent to are judged: what was
// sent to established devices apart, by country alone, and at a higher bar, which suspends nothing.
// A batch may be read twice, and two batches at once.

import type { Store } from '../dynamodb/client.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import type { BreakerRule, BreakerSettings, SuspendedKind } from '../settings/breaker.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import type { SliceIds } from './expressions.ts'
import {
  isPumping,
  judgedSpan,
  nextSuspension,
  reportRule,
  type SendClass,
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
 * Counts a batch, and suspends the subjects that it shows to be pumped. Never throws: one slice
 * that cannot be written keeps no other from being counted and judged. Returns whether all were.
 */
export async function countConversion(
  changes: TrafficChange[],
  context: BreakerContext,
): Promise<boolean> {
  const { breaker } = context
  if (breaker.mode === 'off') return true
  const kinds = breaker.rules.map(({ kind }) => kind)
  const slices = [...unwritten, ...slicesOf(changes).filter(({ kind }) => kinds.includes(kind))]
  const isCounted = await allDone(slices.map(slice => write(slice, context)))
  const sentTo = (sendClass: SendClass) =>
    slices.filter(({ ids }) => ids[sendClass].size > 0).map(({ subject }) => subject)
  const toJudge = (sendClass: SendClass) => notJudged(sentTo(sendClass), sendClass, context.now)
  const isJudged = await allDone([
    judge(toJudge('sends'), context),
    judgeEstablished(toJudge('established'), context),
  ])
  return isCounted && isJudged
}

/**
 * What a throttled table did not take, for the next batch. It is in the bucket, too, but a breaker
 * cannot wait for a replay; ids are kept in sets, so twice is once.
 */
const unwritten = new Set<CountedSlice>()

const mostUnwritten = 100

async function write(slice: CountedSlice, { store, signal }: BreakerContext): Promise<void> {
  if (unwritten.size < mostUnwritten) unwritten.add(slice)
  await addToSlice(store, slice, slice.ids, signal)
  unwritten.delete(slice)
}

async function allDone(work: Promise<unknown>[]): Promise<boolean> {
  const failed = (await Promise.allSettled(work)).filter(({ status }) => status === 'rejected')
  const [first] = failed as PromiseRejectedResult[]
  if (first === undefined) return true
  logger.error('conversion not counted', {
    ...{ failed: failed.length, of: work.length },
    error: describeError(first.reason),
  })
  return false
}

// Only whole slices are judged, so a second look within the same half minute would see nothing new.
let judgedIn = 0
const judged: Record<SendClass, Set<string>> = { sends: new Set(), established: new Set() }

function notJudged(subjects: string[], sendClass: SendClass, now: number): string[] {
  if (sliceOf(now) !== judgedIn) for (const subjects of Object.values(judged)) subjects.clear()
  judgedIn = sliceOf(now)
  return [...new Set(subjects)].filter(subject => !judged[sendClass].has(subject))
}

/** Sorts the challenges of a batch into their slices. */
function slicesOf(changes: TrafficChange[]): CountedSlice[] {
  const slices = new Map<string, CountedSlice>()
  for (const { device, established, events } of changes) {
    const subjects = Object.entries(suspensionSubjects(device)) as [SuspendedKind, string][]
    for (const event of events) {
      if (!('at' in event)) continue
      const named = setOf[event.type]
      const set = named === 'sends' && established ? 'established' : named
      for (const [kind, subject] of established ? subjects.filter(isOfOwners) : subjects) {
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

/**
 * Established devices are only ever reported. Their country's slices do for that; those of so many
 * prefixes would be the larger part of what the breaker costs.
 */
function isOfOwners([kind]: [SuspendedKind, string]): boolean {
  return kind === 'country'
}

const setOf: Record<Extract<DeviceEvent, { at: number }>['type'], keyof SliceIds> = {
  challenge_started: 'sends',
  verified: 'verified',
  challenge_not_sent: 'unsent',
}

const noIds = (): SliceIds => ({
  sends: new Set(),
  established: new Set(),
  verified: new Set(),
  unsent: new Set(),
})

async function judge(subjects: string[], context: BreakerContext): Promise<void> {
  const { store, breaker, now, signal } = context
  const entries = await readEntries(store, subjects, 'retrying', signal)
  const seenOf = (subject: string) => entries.find(({ entry }) => entry === subject) ?? null
  await Promise.all(
    subjects.flatMap(subject => {
      const seen = seenOf(subject)
      if (seen?.allowed || (seen !== null && seen.until > now)) return []
      return rulesOf(subject, breaker).map(rule => judgeOne({ subject, seen, rule }, context))
    }),
  )
  for (const subject of subjects) judged.sends.add(subject)
}

function rulesOf(subject: string, { rules }: BreakerSettings): BreakerRule[] {
  return rules.filter(({ kind }) => subject.startsWith(`${kind}:`))
}

/** Reports what established devices do not verify. Nothing suspends them, so no entry is read. */
async function judgeEstablished(
  subjects: string[],
  { store, breaker, validityMs, now, signal }: BreakerContext,
): Promise<void> {
  const report = async (subject: string, rule: BreakerRule) => {
    const span = judgedSpan(rule, { since: 0, validityMs, now })
    const total = totalOf(await readSlices(store, subject, span, signal), 'established')
    if (!isPumping(total, reportRule(rule), false)) return
    logger.warn('established devices do not verify', { subject, ...total })
    countOutcome('breaker', 'established_unverified')
  }
  await Promise.all(
    subjects.flatMap(subject => rulesOf(subject, breaker).map(rule => report(subject, rule))),
  )
  for (const subject of subjects) judged.established.add(subject)
}

async function judgeOne(
  { subject, seen, rule }: { subject: string; seen: SuspensionEntry | null; rule: BreakerRule },
  { store, breaker, validityMs, now, signal }: BreakerContext,
): Promise<void> {
  const span = judgedSpan(rule, { since: seen?.since ?? 0, validityMs, now })
  const total = totalOf(await readSlices(store, subject, span, signal), 'sends')
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
