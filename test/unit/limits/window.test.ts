// Windows and the items that count them: what shares an item, and what has ended in it.
import { describe, expect, it } from 'vitest'
import { allCountersOf, countersOf, countersOfClient } from '../../../lib/limits/subject.ts'
import { groupLimits, hasEnded, type Nested, windowsOf } from '../../../lib/limits/window.ts'
import type { Limit, LimitName } from '../../../lib/settings/limits.ts'
import { noon } from '../../support/device.ts'
import { limitsOn } from '../../support/limits.ts'

type Pair = [most: number, seconds: number]

function limitsOf(limit: LimitName, ...[longest, ...shorter]: Nested<Pair>): Nested<Limit> {
  const limitOf = ([most, seconds]: Pair) => ({ limit, most, seconds })
  return [limitOf(longest), ...shorter.map(limitOf)]
}

const secondsOf = (...seconds: number[]) =>
  groupLimits(seconds.map(one => ({ limit: 'user', most: 5, seconds: one }))).map(group =>
    group.map(one => one.seconds),
  )

describe('the windows of a subject', () => {
  it('are counted in one item, the longest first', () => {
    expect(secondsOf(600, 86_400, 3600)).toEqual([[86_400, 3600, 600]])
  })

  it('have an item of their own where they do not divide the longest', () => {
    expect(secondsOf(1000, 7000, 604_800, 3600)).toEqual([
      [604_800, 3600],
      [7000, 1000],
    ])
  })

  it('are numbered within the longest', () => {
    const windows = windowsOf(limitsOf('user', [40, 86_400], [10, 600]), noon + 600_000)

    expect(windows.map(({ attribute }) => attribute)).toEqual(['sent', '600.73'])
  })

  it('all end with the longest or before it', () => {
    const windows = windowsOf(limitsOf('user', [40, 86_400], [10, 600]), noon)

    expect(windows.map(({ endsAt }) => endsAt)).toEqual([noon + 43_200_000, noon + 600_000])
  })
})

describe('an attribute of a window', () => {
  it.each([
    ['600.70', true],
    ['600.71', false],
    ['600.72', false],
    ['600.73', false],
    ['60.718', true],
    ['60.719', false],
    ['60.718s', true],
    ['60.719s', false],
    ['a-_9.600.70', true],
    ['a-_9.600.71', false],
    ['sent', false],
    ['expiresAt', false],
    ['600.70x', false],
    ['!600.70', false],
    ['.AAAAAAA', false],
  ])('that is %s has ended: %s', (attribute, ended) => {
    expect(hasEnded(attribute, 86_400, noon)).toBe(ended)
  })
})

describe('the counters of a send', () => {
  const key = Buffer.alloc(32, 7)
  const subjects = { number: '+1', user: 'alice', country: 'GB', deployment: '' }
  const send = { requestName: 'one', now: noon, isEstablished: false }

  it('are one for all windows of a person', () => {
    const limits = limitsOf('user', [10, 600], [40, 86_400])

    expect(countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send)).toHaveLength(1)
  })

  it('are one for each window that all share', () => {
    const limits = limitsOf('deployment', [2000, 60], [5000, 86_400])

    expect(
      countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send).map(
        ({ windows }) => windows,
      ),
    ).toMatchObject([[{ most: 1000, seconds: 86_400 }], [{ most: 1000, seconds: 60 }]])
  })

  it('are one for all windows that all share, where the shortest lets few through', () => {
    const limits = limitsOf('deployment', [1000, 60], [5000, 86_400])
    const naming = { indexKey: key, limits: { ...limitsOn(limits), establishedShare: 10 } }

    const [counter, ...more] = countersOf(naming, subjects, send)

    expect(more).toEqual([])
    expect(
      counter!.windows.map(({ most, attribute, isStrangers }) => [most, attribute, isStrangers]),
    ).toEqual([
      [5000, 'sent', undefined],
      [4500, 'strangers', true],
      [1000, '60.720', undefined],
      [900, '60.720s', true],
    ])
    expect(allCountersOf(naming, subjects, noon)).toEqual([counter])
  })

  describe('of an established device', () => {
    const limits = [
      ...limitsOf('number', [5, 600], [20, 86_400]),
      ...limitsOf('user', [10, 600], [40, 86_400]),
    ]
    const established = { ...send, isEstablished: true }
    const of = (own: string, some = limits) =>
      countersOf({ indexKey: key, limits: limitsOn(some) }, { ...subjects, own }, established)

    it('are counted in the item of its user, by itself', () => {
      const [counter, ...more] = of('phone')

      expect(more).toEqual([])
      expect(counter!.windows).toMatchObject([
        { limit: 'user', most: 40, attribute: 'sent' },
        { limit: 'user', most: 10, attribute: '600.72' },
        { limit: 'number', most: 20, attribute: expect.stringMatching(/^[\w-]{4}\.86400\.0$/) },
        { limit: 'number', most: 5, attribute: expect.stringMatching(/^[\w-]{4}\.600\.72$/) },
      ])
    })

    it('are others than those of another device of its user', () => {
      const [one, other] = [of('phone')[0]!, of('tablet')[0]!]

      expect(one.key).toBe(other.key)
      expect(one.windows[2]!.attribute).not.toBe(other.windows[2]!.attribute)
    })

    it.each([
      ['no limit', []],
      ['no window into which they fit', limitsOf('user', [10, 3600])],
    ])('have an item of their own where its user has %s', (_, users) => {
      const some = [...limitsOf('number', [5, 600], [20, 86_400]), ...users]

      const [counter] = of('phone', some)

      expect(counter).toMatchObject({ limit: 'number', windows: [{ most: 20 }, { most: 5 }] })
      expect(counter!.key).not.toBe(of('tablet', some)[0]!.key)
    })

    it('are counted with one window of its user alone', () => {
      const users = limitsOf('user', [10, 86_400], [20, 1000])
      const some = [...limitsOf('number', [5, 600]), ...users]

      const counters = of('phone', some)

      expect(counters.map(({ windows }) => windows.map(({ limit }) => limit))).toEqual([
        ['user', 'number'],
        ['user'],
      ])
    })

    // Another name would make its counts start again at an update.
    it('have the same attribute in every version', () => {
      const [, , own] = of('phone')[0]!.windows

      expect(own!.attribute).toBe('okjF.86400.0')
    })

    it('are not counted with what strangers send to its number', () => {
      const naming = { indexKey: key, limits: limitsOn(limits) }
      const strangers = countersOf(naming, subjects, send)

      expect(strangers.map(({ limit, windows }) => [limit, windows.length])).toEqual([
        ['number', 2],
        ['user', 2],
      ])
    })
  })

  it('are the same for every try of a request', () => {
    const limits = limitsOf('country', [100_000, 86_400])

    expect(countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send)).toEqual(
      countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send),
    )
  })

  it('are by the shortest of three windows in one item or in several', () => {
    const limits = limitsOf('deployment', [1000, 60], [3000, 3600], [5000, 86_400])

    expect(countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send)).toHaveLength(1)
  })

  it('have the shard at the end of their keys', () => {
    const limits = limitsOf('country', [3000, 600])
    const all = allCountersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, noon)

    const keys = all.map(one => one.key.replace(/^country:[\w-]{22}/, 'country'))
    expect(keys).toEqual([0, 1, 2].map(shard => `country:600:${noon + 600_000}:${shard}`))
  })

  it('are in another shard for another request', () => {
    const limits = limitsOn(limitsOf('country', [3000, 600]))
    const keys = Array.from({ length: 50 }, (_, n) =>
      countersOf({ indexKey: key, limits }, subjects, { ...send, requestName: `${n}` }),
    ).map(([counter]) => counter!.key.at(-1))

    expect(new Set(keys)).toEqual(new Set(['0', '1', '2']))
  })

  it('of a person keep nothing of them for owners', () => {
    const limits = { ...limitsOn(limitsOf('user', [10, 600])), establishedShare: 50 }

    const [counter] = countersOf({ indexKey: key, limits }, subjects, send)

    expect(counter!.windows.map(({ attribute }) => attribute)).toEqual(['sent'])
  })

  it('of a client are those that its guesses are counted in', () => {
    const limits = limitsOn(limitsOf('client', [10, 600], [40, 86_400]))

    expect(countersOfClient({ indexKey: key, limits }, '203.0.113.7', noon)).toEqual(
      countersOf({ indexKey: key, limits }, { client: '203.0.113.7' }, send),
    )
  })

  it('are found among all shards', () => {
    const limits = limitsOf('country', [100_000, 86_400])
    const [counter] = countersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, send)

    const all = allCountersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, noon)

    expect(all).toHaveLength(40)
    expect(all).toContainEqual(counter)
  })

  it('of a person are never in shards', () => {
    const limits = limitsOf('user', [100_000, 86_400])

    expect(
      allCountersOf({ indexKey: key, limits: limitsOn(limits) }, subjects, noon),
    ).toMatchObject([{ windows: [{ most: 100_000 }] }])
  })
})
