// What is remembered of full counters: of shared ones alone, for five seconds, by window.
import { describe, expect, it } from 'vitest'
import { forgetFull, rememberedFull, rememberFull } from '../../../lib/limits/full.ts'
import { type Counter, countersOf } from '../../../lib/limits/subject.ts'
import type { LimitName } from '../../../lib/settings/limits.ts'
import { noon } from '../../support/device.ts'
import { limitsOn } from '../../support/limits.ts'

let subjects = 0

/** A counter of two windows; of a subject of its own where none is named. */
function counterOf(limit: LimitName, most = 4, subject = `subject ${subjects++}`): Counter {
  const limits = limitsOn([
    { limit, most, seconds: 60 },
    { limit, most: most * 2, seconds: 3600 },
  ])
  const [counter] = countersOf(
    { indexKey: Buffer.alloc(32), limits },
    { [limit]: subject },
    { requestName: 'r', now: noon, isEstablished: false },
  )
  return counter!
}

const attributes = (counters: Counter[]) =>
  rememberedFull(counters).map(({ attribute }) => attribute)

describe('a full counter', () => {
  it.each<[LimitName, boolean]>([
    ['country', true],
    ['deployment', true],
    ['user', false],
    ['number', false],
    ['number_all', false],
    ['client', false],
  ])('of a %s is remembered: %s', (limit, expected) => {
    const counter = counterOf(limit)
    rememberFull(counter, counter.windows)

    expect(rememberedFull([counter])).toEqual(expected ? counter.windows : [])
  })

  it('is remembered by the windows that are full', () => {
    const counter = counterOf('country')
    const [longest] = counter.windows

    rememberFull(counter, [longest!])

    expect(attributes([counter])).toEqual([longest!.attribute])
  })

  it('is remembered for five seconds', () => {
    const counter = counterOf('country')
    rememberFull(counter, counter.windows)
    const later = (ms: number) => attributes([{ ...counter, now: noon + ms }]).length

    expect([later(4_999), later(5_000)]).toEqual([counter.windows.length, 0])
  })

  it('that another limit counts by is another', () => {
    const counter = counterOf('country', 4, 'GB')
    rememberFull(counter, counter.windows)

    expect(attributes([counterOf('country', 3, 'GB')])).toEqual([])
  })

  it('is forgotten once it is emptied, and no other', () => {
    const emptied = counterOf('country')
    rememberFull(emptied, emptied.windows)
    const other = counterOf('country')
    rememberFull(other, other.windows)

    forgetFull([emptied])

    expect([attributes([emptied]), attributes([other]).length]).toEqual([[], 2])
  })

  it('is remembered beside others', () => {
    const counters = [counterOf('country'), counterOf('country')]
    for (const counter of counters) rememberFull(counter, counter.windows)

    expect(counters.map(counter => attributes([counter]).length)).toEqual([2, 2])
  })

  it('is forgotten with all others after ten thousand', () => {
    const first = counterOf('country')
    rememberFull(first, first.windows)
    for (let n = 0; n < 10_000; n++) rememberFull({ ...first, key: `key ${n}` }, first.windows)

    expect(attributes([first])).toEqual([])
    expect(attributes([{ ...first, key: 'key 9999' }])).toHaveLength(2)
  })
})
