// As in clauses.test.ts, of the clauses of the traffic table: slices, suspensions, figures.
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  disallowClauses,
  liftClauses,
  sliceClauses,
  suspendClauses,
} from '../../../lib/breaker/expressions.ts'
import { sendClasses } from '../../../lib/breaker/judge.ts'
import {
  addToSlice,
  allow,
  disallow,
  liftSuspension,
  readEntries,
  readSlices,
  suspend,
} from '../../../lib/breaker/store.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { figuresClauses } from '../../../lib/figures/expressions.ts'
import { addFigures, readFigures } from '../../../lib/figures/store.ts'
import { decides } from '../../support/clauses.ts'
import { noon, signal } from '../../support/devices.ts'

const plain = connectStore()
const minute = 60_000

describe('a slice', () => {
  const none = () => new Set<string>()
  const ids = (from: number, count: number) =>
    new Set(Array.from({ length: count }, (_, n) => `id${from + n}`.padEnd(10, '-')))

  it.each(sendClasses)('takes 500 %s', sendClass =>
    decides(
      sliceClauses[sendClass],
      async store => {
        const slice = { subject: `prefix:${randomUUID()}`, at: noon }
        for (const from of [0, 500]) {
          const all = { sends: none(), established: none(), verified: none(), unsent: none() }
          await addToSlice(store, slice, { ...all, [sendClass]: ids(from, 500) }, signal)
        }
        const span = { from: noon, before: noon + minute }
        const [kept] = await readSlices(plain, slice.subject, span, signal)
        return kept?.[sendClass].size
      },
      { kept: 500, lost: 1000 },
    ),
  )
})

describe('a suspension', () => {
  const entryOf = async (entry: string) =>
    (await readEntries(plain, [entry], 'retrying', signal)).at(0)
  const made = { until: noon + minute, since: noon, times: 1, sends: 9, verified: 0 }
  const suspension = { next: made, seen: null, expiresAt: noon }
  const next = { ...made, since: noon + 1, times: 2 }

  /** An entry of its own that is suspended. */
  async function suspended(): Promise<string> {
    const entry = `prefix:${randomUUID()}`
    await suspend(plain, entry, suspension, signal)
    return entry
  }

  it('isFirst: is made once by two that judge at once', () =>
    decides(
      suspendClauses.isFirst,
      async store => {
        const entry = await suspended()
        return suspend(store, entry, { ...suspension, next }, signal)
      },
      { kept: false, lost: true },
    ))

  it('isNext: is not made again where an admin has lifted it meanwhile', () =>
    decides(
      suspendClauses.isNext,
      async store => {
        const entry = await suspended()
        await liftSuspension(plain, entry, noon + 1, signal)
        return suspend(store, entry, { ...suspension, next, seen: made }, signal)
      },
      { kept: false, lost: true },
    ))

  it('isSuspended: is not lifted where it has ended, so that what followed counts', () =>
    decides(
      liftClauses.isSuspended,
      async store => {
        const entry = await suspended()
        await liftSuspension(store, entry, noon + 2 * minute, signal)
        return (await entryOf(entry))?.since
      },
      { kept: noon, lost: noon + 2 * minute },
    ))

  it('isAllowed: has no allowance to take back, and stays', () =>
    decides(
      disallowClauses.isAllowed,
      async store => {
        const entry = await suspended()
        await disallow(store, entry, noon + 1, signal)
        return (await entryOf(entry))?.since
      },
      { kept: noon, lost: noon + 1 },
    ))

  it('that is allowed is not made again either', async () => {
    const entry = await suspended()
    await allow(plain, { entry, label: '+1' }, noon, signal)

    const again = await suspend(plain, entry, { ...suspension, next, seen: made }, signal)

    expect(again).toBe(false)
  })
})

describe('an hour of figures', () => {
  let hours = 0

  /** The sends that an hour has counted of Switzerland. */
  async function swissOf(hour: string): Promise<number> {
    const items = await readFigures(plain, [hour], signal)
    return items.reduce((sum, item) => sum + Number(item.sent_CH ?? 0), 0)
  }

  function newHour(): string {
    hours += 1
    return new Date(noon + hours * 60 * minute).toISOString().slice(0, 'yyyy-mm-ddThh'.length)
  }

  const add = (store: Store, hour: string, country: string, own: string | null = null) =>
    addFigures(store, { hour, own }, new Map([[country, { sent: 1 }]]), signal)

  it('isEmpty: names its first country', () =>
    decides(
      figuresClauses.isEmpty,
      async store => {
        const hour = newHour()
        await add(store, hour, 'CH')
        return swissOf(hour)
      },
      { kept: 1, lost: 0 },
    ))

  it('hasRoom: names a country more', () =>
    decides(
      figuresClauses.hasRoom,
      async store => {
        const hour = newHour()
        await add(plain, hour, 'GB')
        await add(store, hour, 'CH')
        return swissOf(hour)
      },
      { kept: 1, lost: 0 },
    ))

  it('isFirst: counts once what is put into an item of its own', () =>
    decides(
      figuresClauses.isFirst,
      async store => {
        const hour = newHour()
        await add(plain, hour, 'CH', 'batch')
        await add(store, hour, 'CH', 'batch')
        return swissOf(hour)
      },
      { kept: 1, lost: 2 },
    ))
})
