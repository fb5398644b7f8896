// How an item remembers a request: by which attribute, with which values, and for how long.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { drawOf, isForgettable, markOf } from '../../../lib/limits/mark.ts'
import type { Nested, Window } from '../../../lib/limits/window.ts'
import { noon } from '../../support/device.ts'

const sha256 = createHash('sha256').update('one').digest()
const name = sha256.subarray(8, 14).toString('base64url')

function counterOf(most: number, now = noon): { windows: Nested<Window>; now: number } {
  const limit = { limit: 'user', most, seconds: 600 } as const
  return { windows: [{ ...limit, endsAt: now, attribute: 'sent' }], now }
}
const one = { requestName: 'one' }

describe('the mark of a request', () => {
  it.each([1, 40])('is a name of its own in an item of at most %i', most => {
    const { attribute, ...mark } = markOf(counterOf(most), one, 'names')

    expect(mark).toEqual({ keeps: 'names', counted: 1, refunded: 0 })
    expect(attribute).toMatch(/^\.[\w-]{7}$/)
    expect(attribute.slice(3)).toBe(name.slice(0, 5))
  })

  it.each([
    [41, 'names'],
    [40, 'register'],
  ] as const)(
    'has a place in the register of an item of at most %i that keeps %s',
    (most, keeps) => {
      expect(markOf(counterOf(most), one, keeps)).toEqual({
        keeps: 'register',
        attribute: `r${sha256.readUInt32BE(4) % 32}`,
        counted: name,
        refunded: `-${name}`,
      })
    },
  )

  it('is the same whenever a client tries again', () => {
    const request = { ...one, retries: 'clients' } as const
    const marks = [noon, noon + 3_600_000].map(now => markOf(counterOf(5, now), request, 'names'))

    expect(marks.map(({ attribute }) => attribute)).toEqual(Array(2).fill(`.${name.slice(0, 7)}`))
  })

  it('has its age in its name, in steps of ten seconds', () => {
    const start = noon - (noon % 10_000)
    const ages = [0, 9_999, 10_000, 4_096 * 10_000].map(ms =>
      markOf(counterOf(5, start + ms), one, 'names').attribute.slice(1, 3),
    )

    expect([ages[1] === ages[0], ages[2] === ages[0], ages[3] === ages[0]]).toEqual([
      true,
      false,
      true,
    ])
  })

  it('has another age in each of eleven hours', () => {
    const ages = Array.from({ length: 4_096 }, (_, n) =>
      markOf(counterOf(5, noon + n * 10_000), one, 'names').attribute.slice(1, 3),
    )

    expect(new Set(ages).size).toBe(4_096)
  })
})

describe('a mark', () => {
  const start = noon - (noon % 10_000)
  const madeAt = (now: number) => markOf(counterOf(5, now), one, 'names').attribute

  it.each([0, 10_000, 4_095 * 10_000, 4_000 * 10_000])(
    'that was refunded is kept for seventy seconds, made %i ms after the start',
    ms => {
      const made = start + ms
      const attribute = madeAt(made)
      const isGone = (later: number) => isForgettable(attribute, 0, made + later)

      expect([isGone(0), isGone(69_999), isGone(70_000), isGone(3_600_000)]).toEqual([
        false,
        false,
        true,
        true,
      ])
    },
  )

  it.each([
    ['that is counted', madeAt(start), 1],
    ['of a register', 'r7', 0],
    ['of a window', 'sent', 0],
    ['that is longer', `${madeAt(start)}x`, 0],
    ['with something before it', `x${madeAt(start)}`, 0],
  ])('%s is not forgotten', (_, attribute, value) => {
    expect(isForgettable(attribute, value, start + 3_600_000)).toBe(false)
  })
})

describe('the draw of a request', () => {
  it('is its digest as a number from 0 to 1', () => {
    expect(drawOf('one')).toBe(sha256.readUInt32BE(0) / 2 ** 32)
  })
})
