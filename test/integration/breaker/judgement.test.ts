// From what was sent to a suspension, its admins and the gate, at the traffic table: without handlers, and each test
// with a prefix and a day of its own, because the judge remembers whom it judged in half a minute.
import { randomInt } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countConversion } from '../../../lib/breaker/conversion.ts'
import { findSuspension } from '../../../lib/breaker/gate.ts'
import * as traffic from '../../../lib/breaker/store.ts'
import * as suspensions from '../../../lib/breaker/store.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { logger } from '../../../lib/log.ts'
import type { BreakerSettings } from '../../../lib/settings/breaker.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import type { DeviceChange } from '../../../lib/stream/records.ts'
import { signal, tokenKey } from '../../support/devices.ts'

const store = connectStore()
const minute = 60_000
const none = () => new Set<string>()
let noon = Date.UTC(2026, 0, 1, 12)
let ten = 100
let number: string
let prefix: string
let lines: string[]

beforeEach(() => {
  noon += 86_400_000
  // Ten prefixes for each test, so that a shorter one is its own, too.
  ten += 1
  number = `+4420${ten}01234`
  prefix = `prefix:${number.slice(0, -4)}`
  lines = []
  vi.spyOn(process.stdout, 'write').mockImplementation(line => lines.push(String(line)) > 0)
})

afterEach(() => {
  vi.restoreAllMocks()
})

const rule = { kind: 'prefix', sends: 10, percent: 20, seconds: 3600 } as const
const breaker = (given: Partial<BreakerSettings> = {}): BreakerSettings => ({
  mode: 'on',
  rules: [rule],
  firstMs: 15 * minute,
  longestMs: 1440 * minute,
  alwaysAllow: [],
  ...given,
})

/** A store that keeps what is asked of it, and changes it before. */
function watchedStore(before: (name: string, input: Record<string, unknown>) => unknown = () => 0) {
  const watched = connectStore()
  const asked: string[] = []
  for (const client of [watched.retrying, watched.once]) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async args => {
          asked.push(commandName)
          await before(commandName, args.input as Record<string, unknown>)
          return next(args)
        },
      { step: 'initialize', priority: 'high' },
    )
  }
  return { watched, asked }
}

function change(events: DeviceEvent[], country = 'GB'): DeviceChange {
  const device = { number, country } as DeviceChange['device']
  return { sequenceNumber: '1', at: noon, device, events }
}

const id = (n: number) => `id${n}`.padEnd(10, '-')
const begun = (n: number, at = noon): DeviceEvent => ({
  type: 'challenge_started',
  challengeId: `${id(n)}more`,
  at,
  resent: false,
})
const sends = (count: number) => Array.from({ length: count }, (_, n) => begun(n))
const verified = (n: number): DeviceEvent => ({ type: 'verified', challengeId: id(n), at: noon })
const unsent = (n: number): DeviceEvent => ({
  type: 'challenge_not_sent',
  challengeId: id(n),
  at: noon,
  test: false,
})

function judge(
  events: DeviceEvent[],
  { now = noon + 3 * minute, by = breaker(), through = store, country = 'GB' } = {},
) {
  const court = { store: through, breaker: by, validityMs: 5 * minute, now, signal }
  return countConversion([change(events, country)], court)
}

async function entryOf(entry = prefix) {
  const [found] = await traffic.readEntries(store, [entry], 'once', signal)
  return found
}

const slicesOf = (subject: string, through = store) =>
  traffic.readSlices(through, subject, { from: noon, before: noon + 10 * minute }, signal)

const counted = () => lines.map(line => JSON.parse(line)).filter(line => '_aws' in line)

describe('a batch', () => {
  it('is put into the slices of its prefix by the beginning of each id', async () => {
    const delivered = { type: 'delivery_updated', challengeId: id(5), status: 'sent', reason: null }
    const failed = { type: 'failed', failures: 1, lockedUntil: 0 }
    const others = [delivered, failed, { type: 'device_created' }] as DeviceEvent[]

    await judge([begun(1), begun(2, noon + 29_999), begun(3, noon + 30_000), ...others])
    await judge([verified(1), unsent(2)])

    expect(await slicesOf(prefix)).toEqual([
      {
        at: noon,
        sends: new Set([id(1), id(2)]),
        verified: new Set([id(1)]),
        unsent: new Set([id(2)]),
      },
      { at: noon + 30_000, sends: new Set([id(3)]), verified: none(), unsent: none() },
    ])
  })

  it('is counted by the kinds that have a rule, and a number of no country by its prefix', async () => {
    const country = `X${randomInt(100_000)}`
    const rules = [{ ...rule, kind: 'country' as const }]

    await judge([begun(1)], { country, by: breaker({ rules }) })
    await judge([begun(2)], { country: '', by: breaker({ rules: [...rules, rule] }) })

    expect((await slicesOf(`country:${country}`)).map(({ sends }) => sends)).toEqual([
      new Set([id(1)]),
    ])
    expect((await slicesOf(prefix)).map(({ sends }) => sends)).toEqual([new Set([id(2)])])
  })

  it('asks and counts nothing where the breaker is off', async () => {
    const { watched, asked } = watchedStore()

    await judge(sends(10), { by: breaker({ mode: 'off' }), through: watched })

    expect(asked).toEqual([])
  })

  it('of verifications alone judges nobody', async () => {
    const { watched, asked } = watchedStore()

    await judge([verified(1)], { through: watched })

    expect(asked).toEqual(['UpdateItemCommand'])
  })

  it('judges nobody twice in half a minute', async () => {
    const { watched, asked } = watchedStore()
    const askedFor = async (now: number) => {
      asked.length = 0
      await judge([begun(1)], { now, through: watched })
      return asked.filter(name => name !== 'UpdateItemCommand')
    }

    const first = await askedFor(noon + 3 * minute)
    const second = await askedFor(noon + 3 * minute + 29_999)
    const third = await askedFor(noon + 3 * minute + 30_000)

    const looks = ['BatchGetItemCommand', 'QueryCommand']
    expect([first, second, third]).toEqual([looks, [], looks])
  })
})

describe('a judgement', () => {
  it.each(['on', 'record'] as const)('suspends, tells it and says why: %s', async mode => {
    const warn = vi.spyOn(logger, 'warn')

    await judge([...sends(10), verified(1)], { by: breaker({ mode }) })

    const until = noon + 18 * minute
    const shown = { sends: 10, verified: 1, times: 1 }
    expect(await entryOf()).toEqual({
      subject: 'suspensions',
      entry: prefix,
      until,
      since: until,
      expiresAt: Math.ceil((until + 1440 * minute) / 1000),
      ...shown,
    })
    expect(warn.mock.calls).toEqual([
      ['suspended', { subject: prefix, ...shown, until: new Date(until).toISOString(), mode }],
    ])
    expect(counted()).toMatchObject([{ operation: 'breaker', suspended: 1 }])
  })

  it.each([
    ['too little was sent', sends(9)],
    ['enough was verified', [...sends(10), verified(1), verified(2)]],
    ['it was not sent after all', [...sends(10), unsent(1)]],
  ])('suspends nobody where %s', async (_, events) => {
    await judge(events)

    expect(await entryOf()).toBeUndefined()
  })

  it('goes by the rule of its kind', async () => {
    const country = `Y${randomInt(100_000)}`
    const rules = [rule, { ...rule, kind: 'country' as const, sends: 5 }]

    await judge(sends(9), { country, by: breaker({ rules }) })

    expect(await entryOf(`country:${country}`)).toMatchObject({ times: 1, sends: 9 })
    expect(await entryOf()).toBeUndefined()
  })

  it('passes over who is suspended, until that is over', async () => {
    await judge(sends(10))
    const first = await entryOf()
    const end = first?.until ?? 0
    const { watched, asked } = watchedStore()

    await judge(sends(10), { now: end - 1, through: watched })
    const before = await entryOf()
    expect(asked).not.toContain('QueryCommand')
    const later = Array.from({ length: 3 }, (_, n) => begun(100 + n, end + minute))
    await judge(later, { now: end + 3 * minute })

    expect(before).toEqual(first)
    expect(await entryOf()).toMatchObject({ times: 2, sends: 3, until: end + 63 * minute })
  })

  it.each([
    ['before', 1, 0],
    ['at', 0, 1],
  ])(
    'looks %s the very end of a suspension, left %i ms, so often: %i',
    async (_, leftMs, looks) => {
      const { watched, asked } = watchedStore()
      const next = { ...suspension(noon + 3 * minute + leftMs), since: noon - minute }
      await traffic.suspend(store, prefix, { next, seen: null, expiresAt: 7 }, signal)

      await judge([begun(1)], { through: watched })

      expect(asked.filter(name => name === 'QueryCommand')).toHaveLength(looks)
    },
  )

  it('looks at each by its own entry', async () => {
    const country = `W${randomInt(100_000)}`
    const rules = [rule, { ...rule, kind: 'country' as const }]
    await suspend(`country:${country}`, noon + 60 * minute)

    await judge(sends(10), { country, by: breaker({ rules }) })

    expect(await entryOf()).toMatchObject({ times: 1, sends: 10 })
  })

  it('passes over who is allowed', async () => {
    await suspensions.allow(store, { entry: prefix, label: 'x' }, noon - 60 * minute, signal)
    const { watched, asked } = watchedStore()

    await judge(sends(10), { through: watched })

    expect(asked).not.toContain('QueryCommand')
    expect(await entryOf()).toMatchObject({ allowed: true, until: 0, times: 0 })
  })

  it('says nothing where somebody was quicker', async () => {
    const warn = vi.spyOn(logger, 'warn')
    const { watched } = watchedStore(async name => {
      if (name !== 'QueryCommand') return
      await suspensions.allow(store, { entry: prefix, label: 'x' }, noon, signal)
    })

    await judge(sends(10), { through: watched })

    expect(warn).not.toHaveBeenCalled()
    expect(await entryOf()).toMatchObject({ allowed: true, until: 0 })
  })
})

const suspension = (until: number) => ({ until, since: until, times: 1, sends: 9, verified: 0 })
const suspend = (entry: string, until: number) =>
  traffic.suspend(store, entry, { next: suspension(until), seen: null, expiresAt: 7 }, signal)

describe('the gate', () => {
  const find = (given: { by?: BreakerSettings; country?: string; through?: Store } = {}) => {
    const { by = breaker(), country = '', through = store } = given
    return findSuspension(
      through,
      { number, country },
      { breaker: by, tokenKey, now: noon },
      signal,
    )
  }

  it('is open to who is not suspended, or no longer', async () => {
    expect(await find()).toBeNull()
    await suspend(prefix, noon)
    expect(await find()).toBeNull()
    expect(lines).toEqual([])
  })

  it('is shut for as long as the longer of two suspensions', async () => {
    const country = `Z${randomInt(100_000)}`
    await suspend(prefix, noon + 1)
    expect(await find({ country })).toEqual({ suspended: 'prefix', until: noon + 1 })
    await suspend(`country:${country}`, noon + 2)
    expect(await find({ country })).toEqual({ suspended: 'country', until: noon + 2 })
    expect(counted()).toMatchObject([
      { operation: 'breaker', refused_prefix: 1 },
      { operation: 'breaker', refused_country: 1 },
    ])
  })

  it('only says so where the breaker records', async () => {
    await suspend(prefix, noon + 1)

    expect(await find({ by: breaker({ mode: 'record' }) })).toBeNull()
    expect(counted()).toMatchObject([{ operation: 'breaker', refused_prefix: 1 }])
  })

  it('is open to a number that is suspended and has an allowance by a shorter prefix', async () => {
    const shorter = prefix.slice(0, -1)
    await suspend(prefix, noon + 1)
    await suspensions.allow(store, { entry: shorter, label: 'x' }, noon, signal)

    expect(await find()).toBeNull()
  })

  it.each([
    ['the breaker is off', () => breaker({ mode: 'off' })],
    ['the setting allows the number', () => breaker({ alwaysAllow: [number] })],
  ])('asks nothing where %s', async (_, by) => {
    const { watched, asked } = watchedStore()

    expect(await find({ by: by(), through: watched })).toBeNull()
    expect(asked).toEqual([])
  })

  it('is open to a request that has ended', async () => {
    await suspend(prefix, noon + 1)
    const asked = { breaker: breaker(), tokenKey, now: noon }

    const found = await findSuspension(store, { number, country: '' }, asked, AbortSignal.abort())

    expect(found).toBeNull()
  })

  it('is open where the suspensions cannot be read, and says so', async () => {
    await suspend(prefix, noon + 1)
    const warn = vi.spyOn(logger, 'warn')
    const { watched } = watchedStore(() => {
      throw new TypeError('foreign')
    })

    expect(await find({ through: watched })).toBeNull()

    const error = expect.objectContaining({ name: 'Problem', code: 'unavailable' })
    expect(warn.mock.calls).toEqual([['suspensions are not known', { error }]])
    expect(counted()).toMatchObject([{ operation: 'breaker', unknown: 1 }])
  })
})

/** Pages of one item; what each was asked with. */
function oneByOne() {
  const pages: Record<string, unknown>[] = []
  const store = watchedStore((name, input) => {
    if (name !== 'QueryCommand') return
    input.Limit = 1
    pages.push(input)
  })
  return { ...store, pages }
}

describe('a slice that is full', () => {
  const ids = (from: number, count: number) =>
    new Set(Array.from({ length: count }, (_, n) => id(from + n)))
  const slice = () => ({ subject: prefix, at: noon })

  it('takes what became of the sends that it has, and nothing else', async () => {
    await traffic.addToSlice(
      store,
      slice(),
      { sends: ids(0, 500), verified: none(), unsent: none() },
      signal,
    )
    const late = {
      sends: ids(1000, 9),
      verified: new Set([id(1), id(1001)]),
      unsent: new Set([id(2), id(1002)]),
    }

    await traffic.addToSlice(store, slice(), late, signal)

    const [kept] = await slicesOf(prefix)
    expect(kept).toEqual({
      at: noon,
      sends: ids(0, 500),
      verified: new Set([id(1)]),
      unsent: new Set([id(2)]),
    })
  })

  it('is not written to where it has none of them', async () => {
    await traffic.addToSlice(
      store,
      slice(),
      { sends: ids(0, 500), verified: none(), unsent: none() },
      signal,
    )
    const { watched, asked } = watchedStore()

    const late = { sends: ids(1000, 9), verified: new Set([id(1001)]), unsent: new Set([id(1002)]) }
    await traffic.addToSlice(watched, slice(), late, signal)

    expect(asked).toEqual(['UpdateItemCommand'])
  })
})

describe('slices', () => {
  it('are read on, page by page, from the first to before the end', async () => {
    for (const at of [noon - 30_000, noon, noon + 30_000, noon + 10 * minute]) {
      const ids = { sends: new Set([id(at)]), verified: none(), unsent: none() }
      await traffic.addToSlice(store, { subject: prefix, at }, ids, signal)
    }
    const { watched, asked } = oneByOne()

    const slices = await slicesOf(prefix, watched)

    expect(slices.map(({ at }) => at)).toEqual([noon, noon + 30_000])
    expect(asked.length).toBeGreaterThan(1)
  })

  it('of no time are not asked for', async () => {
    const { watched, asked } = watchedStore()

    const empty = await traffic.readSlices(watched, prefix, { from: noon, before: noon }, signal)

    expect([empty, asked]).toEqual([[], []])
  })

  it('go two days after they began', async () => {
    const { watched } = watchedStore((_, input) => inputs.push(input))
    const inputs: Record<string, unknown>[] = []
    const ids = { sends: new Set(['a']), verified: none(), unsent: none() }

    await traffic.addToSlice(watched, { subject: prefix, at: noon }, ids, signal)

    expect(inputs[0]).toMatchObject({
      Key: { entry: { S: new Date(noon).toISOString().slice(0, 19) } },
      ExpressionAttributeValues: { ':expiresAt': { N: String(noon / 1000 + 172_800) } },
    })
  })
})

describe('the entries', () => {
  it('of more names than one request takes are all found', async () => {
    const names = Array.from({ length: 51 }, (_, n) => `${prefix}${n}`)
    await suspend(names[0]!, noon + 1)
    await suspend(names[50]!, noon + 2)
    const { watched, asked } = watchedStore()

    const entries = await traffic.readEntries(watched, names, 'retrying', signal)

    expect(entries.map(({ until }) => until)).toEqual([noon + 1, noon + 2])
    expect(asked).toEqual(['BatchGetItemCommand', 'BatchGetItemCommand'])
  })

  it.each([
    [
      'some were left out',
      { UnprocessedKeys: { left: { Keys: [] } }, Responses: { [store.trafficTable]: [] } },
    ],
    ['the answer has none', { Responses: {} }],
    ['the answer is empty', {}],
  ])('are not known where %s', async (_, answer) => {
    const poor = connectStore()
    vi.spyOn(poor.once, 'send').mockImplementation((async () => answer) as never)

    await expect(traffic.readEntries(poor, [prefix], 'once', signal)).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('are listed page by page', async () => {
    await suspend(prefix, noon + 1)
    await suspend(`${prefix}9`, noon + 2)
    const { watched, pages } = oneByOne()

    const listed = await suspensions.listEntries(watched, signal)

    const ours = listed.filter(({ entry }) => entry.startsWith(prefix))
    expect(ours.map(({ until }) => until)).toEqual([noon + 1, noon + 2])
    expect(new Set(pages.map(({ ConsistentRead }) => ConsistentRead))).toEqual(new Set([true]))
  })
})

describe('a suspension', () => {
  it('is written once for what was seen', async () => {
    expect(await suspend(prefix, noon + 1)).toBe(true)
    expect(await suspend(prefix, noon + 2)).toBe(false)
    const next = { next: suspension(noon + 3), seen: suspension(noon + 1), expiresAt: 7 }
    expect(await traffic.suspend(store, prefix, next, signal)).toBe(true)
    expect(await entryOf()).toMatchObject({ until: noon + 3 })
  })

  it('that is lifted is over, and its last word is now', async () => {
    await suspend(prefix, noon + minute)

    await suspensions.liftSuspension(store, prefix, noon, signal)

    expect(await entryOf()).toMatchObject({ until: 0, since: noon, times: 0 })
  })

  it('by an allowance that is taken back stays known for two days', async () => {
    await suspensions.allow(store, { entry: prefix, label: 'x' }, noon, signal)
    const allowed = await entryOf()

    await suspensions.disallow(store, prefix, noon + 1, signal)

    expect(allowed).toMatchObject({ allowed: true, label: 'x', since: noon })
    expect(await entryOf()).toMatchObject({ since: noon + 1, expiresAt: noon / 1000 + 172_801 })
    expect(await entryOf()).not.toHaveProperty('allowed')
  })

  it.each<[string, (aborted: AbortSignal) => Promise<unknown>]>([
    ['lifted', aborted => suspensions.liftSuspension(store, prefix, noon, aborted)],
    ['allowed', aborted => suspensions.allow(store, { entry: prefix, label: 'x' }, noon, aborted)],
    ['taken back', aborted => suspensions.disallow(store, prefix, noon, aborted)],
    ['listed', aborted => suspensions.listEntries(store, aborted)],
    ['read', aborted => traffic.readEntries(store, [prefix], 'once', aborted)],
    [
      'counted',
      aborted =>
        traffic.addToSlice(
          store,
          { subject: prefix, at: noon },
          { sends: new Set(['a']), verified: none(), unsent: none() },
          aborted,
        ),
    ],
    [
      'summed up',
      aborted => traffic.readSlices(store, prefix, { from: noon, before: noon + minute }, aborted),
    ],
    [
      'written',
      aborted =>
        traffic.suspend(
          store,
          prefix,
          { next: suspension(noon), seen: null, expiresAt: 7 },
          aborted,
        ),
    ],
  ])('is not %s by a request that has ended', async (_, way) => {
    await expect(way(AbortSignal.abort())).rejects.toThrow()
  })
})
