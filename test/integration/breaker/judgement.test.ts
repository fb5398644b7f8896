// From what was sent to a suspension, its admins and the gate, at the traffic table: without
// handlers, and each test with a prefix and a day of its own, because the judge remembers what it
// judged in the last half a minute.
import { randomInt } from 'node:crypto'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countConversion } from '../../../lib/breaker/conversion.ts'
import { findSuspension } from '../../../lib/breaker/gate.ts'
import * as traffic from '../../../lib/breaker/store.ts'
import * as suspensions from '../../../lib/breaker/store.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { logger } from '../../../lib/log.ts'
import type { BreakerSettings } from '../../../lib/settings/breaker.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import type { TrafficChange } from '../../../lib/stream/traffic-change.ts'
import { noon as firstNoon, indexKey, signal } from '../../support/devices.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const minute = 60_000
const none = () => new Set<string>()
let noon = firstNoon
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

function change(events: DeviceEvent[], country: string, established: boolean): TrafficChange {
  const device = { number, country } as TrafficChange['device']
  const of = { sequenceNumber: '1', at: noon, isDeleted: false }
  return { ...of, device, before: device, events, established }
}

const id = (n: number) => `id${n}`.padEnd(10, '-')
const started = (n: number, at = noon): DeviceEvent => ({
  type: 'challenge_started',
  challengeId: `${id(n)}more`,
  at,
  resent: false,
})
const sends = (count: number) => Array.from({ length: count }, (_, n) => started(n))
const verified = (n: number): DeviceEvent => ({ type: 'verified', challengeId: id(n), at: noon })
const unsent = (n: number): DeviceEvent => ({
  type: 'challenge_not_sent',
  challengeId: id(n),
  at: noon,
  test: false,
})

function judge(
  events: DeviceEvent[],
  {
    now = noon + 3 * minute,
    by = breaker(),
    through = store,
    country = 'GB',
    established = false,
  } = {},
) {
  const context = { store: through, breaker: by, validityMs: 5 * minute, now, signal }
  return countConversion([change(events, country, established)], context)
}

async function entryOf(entry = prefix) {
  const [found] = await traffic.readEntries(store, [entry], 'once', signal)
  return found
}

const slicesOf = (subject: string, through = store) =>
  traffic.readSlices(through, subject, { from: noon, before: noon + 10 * minute }, signal)

const counted = () => lines.map(line => JSON.parse(line)).filter(line => '_aws' in line)

describe('a batch', () => {
  it('is put into the slices of its prefix by the start of each id', async () => {
    const delivered = { type: 'delivery_updated', challengeId: id(5), status: 'sent', reason: null }
    const failed = { type: 'failed', failures: 1, lockedUntil: 0 }
    const others = [delivered, failed, { type: 'device_created' }] as DeviceEvent[]

    await judge([started(1), started(2, noon + 29_999), started(3, noon + 30_000), ...others])
    await judge([verified(1), unsent(2)])

    expect(await slicesOf(prefix)).toEqual([
      {
        at: noon,
        sends: new Set([id(1), id(2)]),
        established: none(),
        verified: new Set([id(1)]),
        unsent: new Set([id(2)]),
      },
      {
        at: noon + 30_000,
        sends: new Set([id(3)]),
        established: none(),
        verified: none(),
        unsent: none(),
      },
    ])
  })

  const countryRule = { ...rule, kind: 'country' as const }

  it('is counted by the kinds that have a rule', async () => {
    const country = `X${randomInt(100_000)}`

    await judge([started(1)], { country, by: breaker({ rules: [countryRule] }) })

    expect((await slicesOf(`country:${country}`)).map(({ sends }) => sends)).toEqual([
      new Set([id(1)]),
    ])
    expect(await slicesOf(prefix)).toEqual([])
  })

  it('of a number of no country is counted by its prefix', async () => {
    await judge([started(2)], { country: '', by: breaker({ rules: [countryRule, rule] }) })

    expect((await slicesOf(prefix)).map(({ sends }) => sends)).toEqual([new Set([id(2)])])
  })

  it('is put in by the class of its devices', async () => {
    const country = `X${randomInt(100_000)}`
    const owners = { country, established: true, by: breaker({ rules: [countryRule, rule] }) }
    await judge([started(1)], { ...owners, established: false })
    await judge([started(2)], owners)
    await judge([verified(1), unsent(2)], owners)

    expect(await slicesOf(`country:${country}`)).toEqual([
      {
        at: noon,
        sends: new Set([id(1)]),
        established: new Set([id(2)]),
        verified: new Set([id(1)]),
        unsent: new Set([id(2)]),
      },
    ])
    expect(await slicesOf(prefix)).toMatchObject([{ established: none(), verified: none() }])
  })

  it('makes no request where the breaker is off', async () => {
    const { watched, commands } = watchedStore()

    await judge(sends(10), { by: breaker({ mode: 'off' }), through: watched })

    expect(commands).toEqual([])
  })

  it('of verifications alone is not judged', async () => {
    const { watched, commands } = watchedStore()

    await judge([verified(1)], { through: watched })

    expect(commands).toEqual(['UpdateItemCommand'])
  })

  it('is not judged twice in half a minute', async () => {
    const { watched, commands } = watchedStore()
    const readsAt = async (now: number) => {
      commands.length = 0
      await judge([started(1)], { now, through: watched })
      return commands.filter(name => name !== 'UpdateItemCommand')
    }

    const first = await readsAt(noon + 3 * minute)
    const second = await readsAt(noon + 3 * minute + 29_999)
    const third = await readsAt(noon + 3 * minute + 30_000)

    const reads = ['BatchGetItemCommand', 'QueryCommand']
    expect([first, second, third]).toEqual([reads, [], reads])
  })
})

describe('a batch that cannot be counted whole', () => {
  const countryRule = { ...rule, kind: 'country' as const }
  const both = breaker({ rules: [countryRule, rule] })
  /** A store that takes no write to slices whose subject begins so, and reads none. */
  const refusing = (start: string, alsoReads = false) =>
    watchedStore((name, input) => {
      const { Key, ExpressionAttributeValues } = input as Record<string, Record<string, unknown>>
      const subject = JSON.stringify([Key, ExpressionAttributeValues])
      const isRead = name === 'QueryCommand'
      if (isRead === alsoReads && subject.includes(`"${start}`)) throw new Error('No answer.')
    }).watched

  it('says that it was not, and others are', async () => {
    const country = `S${randomInt(100_000)}`
    const others = [judge([started(1)]), judge([], { by: breaker({ mode: 'off' }) })]

    const through = refusing('country:')
    const isCounted = await judge([started(2)], { country, by: both, through })

    expect([isCounted, ...(await Promise.all(others))]).toEqual([false, true, true])
    expect((await slicesOf(prefix)).map(({ sends }) => sends)).toEqual([new Set([id(1), id(2)])])
    await judge([])
  })

  it('says so where only the judgement failed', async () => {
    expect(await judge([started(1)], { through: refusing('prefix:', true) })).toBe(false)
    expect(await slicesOf(prefix)).toHaveLength(1)
  })

  it('logs of how many how many failed', async () => {
    const error = vi.spyOn(logger, 'error')
    const country = `T${randomInt(100_000)}`

    await judge([started(1)], { country, by: both, through: refusing('country:') })

    expect(error.mock.calls).toEqual([
      [
        'conversion not counted',
        { failed: 1, of: 2, error: expect.objectContaining({ code: 'unavailable' }) },
      ],
    ])
    await judge([])
  })

  it('is counted with the next one, up to a hundred slices', async () => {
    const numbers = Array.from({ length: 102 }, (_, n) => `+3361${1_000_000 + ten * 1000 + n}9999`)
    const changes = numbers.map(of => {
      const { device, ...rest } = change([started(1)], '', false)
      return { ...rest, device: { ...device, number: of } }
    })
    const through = refusing('prefix:')
    const context = { breaker: breaker(), validityMs: 5 * minute, now: noon, signal }
    await countConversion(changes, { ...context, store: through })
    const { watched, commands } = watchedStore()
    const writes = () => commands.filter(name => name === 'UpdateItemCommand').length

    const isCounted = await countConversion([], { ...context, store: watched })
    const first = writes()
    await countConversion([], { ...context, store: watched })

    expect([isCounted, first, writes()]).toEqual([true, 100, 100])
  })
})

describe('a judgement', () => {
  const modes = ['on', 'record'] as const
  const numbers = { sends: 10, verified: 1, times: 1 }
  const events = () => [...sends(10), verified(1)]

  it.each(modes)('writes a suspension with its numbers: %s', async mode => {
    await judge(events(), { by: breaker({ mode }) })

    const until = noon + 18 * minute
    expect(await entryOf()).toEqual({
      subject: 'suspensions',
      entry: prefix,
      until,
      since: until,
      expiresAt: Math.ceil((until + 1440 * minute) / 1000),
      ...numbers,
    })
  })

  it.each(modes)('logs a suspension with its numbers: %s', async mode => {
    const warn = vi.spyOn(logger, 'warn')

    await judge(events(), { by: breaker({ mode }) })

    const until = new Date(noon + 18 * minute).toISOString()
    expect(warn.mock.calls).toEqual([['suspended', { subject: prefix, ...numbers, until, mode }]])
  })

  it.each(modes)('counts a suspension as a metric: %s', async mode => {
    await judge(events(), { by: breaker({ mode }) })

    expect(counted()).toMatchObject([{ operation: 'breaker', suspended: 1 }])
  })

  it.each([
    ['too little was sent', sends(9)],
    ['enough was verified', [...sends(10), verified(1), verified(2)]],
    ['it was not sent after all', [...sends(10), unsent(1)]],
  ])('suspends nothing where %s', async (_, events) => {
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

  it('passes over a prefix that is suspended', async () => {
    await judge(sends(10))
    const first = await entryOf()
    const { watched, commands } = watchedStore()

    await judge(sends(10), { now: first!.until - 1, through: watched })

    expect(commands).not.toContain('QueryCommand')
    expect(await entryOf()).toEqual(first)
  })

  it('suspends a prefix again after its suspension', async () => {
    await judge(sends(10))
    const end = (await entryOf())!.until

    const later = Array.from({ length: 3 }, (_, n) => started(100 + n, end + minute))
    await judge(later, { now: end + 3 * minute })

    expect(await entryOf()).toMatchObject({ times: 2, sends: 3, until: end + 63 * minute })
  })

  it.each([
    ['a millisecond before', 0, 1],
    ['at', 1, 0],
  ])('%s the end of a suspension reads slices so often: %i', async (_, reads, leftMs) => {
    const { watched, commands } = watchedStore()
    const next = { ...suspension(noon + 3 * minute + leftMs), since: noon - minute }
    await traffic.suspend(store, prefix, { next, seen: null, expiresAt: 7 }, signal)

    await judge([started(1)], { through: watched })

    expect(commands.filter(name => name === 'QueryCommand')).toHaveLength(reads)
  })

  it('goes by the subject’s own entry', async () => {
    const country = `W${randomInt(100_000)}`
    const rules = [rule, { ...rule, kind: 'country' as const }]
    await suspend(`country:${country}`, noon + 60 * minute)

    await judge(sends(10), { country, by: breaker({ rules }) })

    expect(await entryOf()).toMatchObject({ times: 1, sends: 10 })
  })

  it('passes over a prefix that is allowed', async () => {
    await suspensions.allow(store, { entry: prefix, label: 'x' }, noon - 60 * minute, signal)
    const { watched, commands } = watchedStore()

    await judge(sends(10), { through: watched })

    expect(commands).not.toContain('QueryCommand')
    expect(await entryOf()).toMatchObject({ allowed: true, until: 0, times: 0 })
  })

  it('logs nothing where an allowance came first', async () => {
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

describe('established devices', () => {
  const byCountry = { by: breaker({ rules: [{ ...rule, kind: 'country' }] }), country: '' }
  const ofOwners = { ...byCountry, established: true }
  const subject = () => `country:${byCountry.country}`
  const reported = { operation: 'breaker', established_unverified: 1 }

  beforeEach(() => {
    byCountry.country = ofOwners.country = `Y${ten}`
  })

  it.each([
    [50, 4],
    [51, 5],
  ])('are reported where of %i messages %i are verified', async (count, right) => {
    await judge(
      [...sends(count), ...Array.from({ length: right }, (_, n) => verified(n))],
      ofOwners,
    )

    expect(counted()).toMatchObject([reported])
  })

  it.each([
    [49, 0],
    [50, 5],
  ])('are not reported where of %i messages %i are verified', async (count, right) => {
    await judge(
      [...sends(count), ...Array.from({ length: right }, (_, n) => verified(n))],
      ofOwners,
    )

    expect(counted()).toEqual([])
  })

  it('are logged with the subject and the numbers', async () => {
    const warn = vi.spyOn(logger, 'warn')

    await judge([...sends(50), verified(1)], ofOwners)

    const numbers = { subject: subject(), sends: 50, verified: 1 }
    expect(warn.mock.calls).toEqual([['established devices do not verify', numbers]])
  })

  it('are not counted by prefix', async () => {
    await judge(sends(50), { established: true })

    expect([await slicesOf(prefix), counted()]).toEqual([[], []])
  })

  it('suspend nothing', async () => {
    await judge(sends(50), ofOwners)

    expect(await entryOf(subject())).toBeUndefined()
  })

  it('are no part of what suspends', async () => {
    await judge(sends(9), byCountry)
    await judge([started(100)], { ...ofOwners, now: noon + 4 * minute })

    expect(await entryOf(subject())).toBeUndefined()
  })

  it('that verify keep no country open', async () => {
    const right = Array.from({ length: 50 }, (_, n) => verified(100 + n))
    await judge([...Array.from({ length: 50 }, (_, n) => started(100 + n)), ...right], ofOwners)

    await judge(sends(10), { ...byCountry, now: noon + 4 * minute })

    expect(await entryOf(subject())).toMatchObject({ sends: 10, verified: 0 })
  })

  it('are reported in a country that is suspended, too', async () => {
    await suspend(subject(), noon + 60 * minute)

    await judge(sends(50), ofOwners)

    expect(counted()).toMatchObject([reported])
  })

  it('are reported by what is old enough to have been verified', async () => {
    await judge(sends(50), { ...ofOwners, now: noon + 59_999 })

    expect(counted()).toEqual([])
  })

  it('are judged beside the others, and not twice in half a minute', async () => {
    const { watched, commands } = watchedStore()
    const readsOf = async (established: boolean) => {
      commands.length = 0
      await judge([started(1)], { ...byCountry, through: watched, established })
      return commands.filter(name => name !== 'UpdateItemCommand')
    }

    const [others, owners, again] = [await readsOf(false), await readsOf(true), await readsOf(true)]

    expect([others, owners, again]).toEqual([
      ['BatchGetItemCommand', 'QueryCommand'],
      ['QueryCommand'],
      [],
    ])
  })
})

describe('the gate', () => {
  interface Asked {
    by?: BreakerSettings
    country?: string
    through?: Store
    isEstablished?: boolean
  }
  const find = (given: Asked = {}) => {
    const { by = breaker(), country = '', through = store, isEstablished = false } = given
    return findSuspension(
      through,
      { number, country },
      { breaker: by, indexKey, isEstablished, now: noon },
      signal,
    )
  }

  it('is open to a prefix that was never suspended', async () => {
    expect(await find()).toBeNull()
    expect(lines).toEqual([])
  })

  it('is open to a prefix whose suspension is over', async () => {
    await suspend(prefix, noon)

    expect(await find()).toBeNull()
    expect(lines).toEqual([])
  })

  it('is shut for the longer of two suspensions', async () => {
    const country = `Z${randomInt(100_000)}`
    await suspend(prefix, noon + 1)
    expect(await find({ country })).toEqual({ suspended: 'prefix', until: noon + 1 })
    await suspend(`country:${country}`, noon + 2)
    expect(await find({ country })).toEqual({ suspended: 'country', until: noon + 2 })
  })

  it('is shut for the one of two suspensions that is not over', async () => {
    const country = `U${randomInt(100_000)}`
    await suspend(prefix, noon + 1)
    await suspend(`country:${country}`, noon)

    expect(await find({ country })).toEqual({ suspended: 'prefix', until: noon + 1 })
  })

  it('reads what is allowed, and no entry twice, where something is suspended', async () => {
    const { watched, inputs } = watchedStore()
    const readWith = async (until: number) => {
      inputs.length = 0
      await traffic.suspend(
        store,
        prefix,
        { next: suspension(until), seen: (await entryOf()) ?? null, expiresAt: 7 },
        signal,
      )
      await find({ through: watched })
      return inputs.map(input => JSON.stringify(input).split(`"${prefix}"`).length - 1)
    }

    expect(await readWith(noon)).toEqual([1])
    expect(await readWith(noon + 1)).toEqual([1, 0])
  })

  it('counts its refusals by prefix and country', async () => {
    const country = `V${randomInt(100_000)}`
    await suspend(prefix, noon + 1)
    await find({ country })
    await suspend(`country:${country}`, noon + 2)
    await find({ country })

    expect(counted()).toMatchObject([
      { operation: 'breaker', refused_prefix: 1 },
      { operation: 'breaker', refused_country: 1 },
    ])
  })

  it('only counts what it would refuse where the breaker records', async () => {
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
  ])('makes no request where %s', async (_, by) => {
    const { watched, commands } = watchedStore()

    expect(await find({ by: by(), through: watched })).toBeNull()
    expect(commands).toEqual([])
  })

  it('is open to an established device, without a request', async () => {
    await suspend(prefix, noon + 1)
    const { watched, commands } = watchedStore()

    expect(await find({ through: watched, isEstablished: true })).toBeNull()
    expect(commands).toEqual([])
  })

  it('is open to a request that has ended', async () => {
    await suspend(prefix, noon + 1)
    const by = { breaker: breaker(), indexKey, isEstablished: false, now: noon }

    const found = await findSuspension(store, { number, country: '' }, by, AbortSignal.abort())

    expect(found).toBeNull()
  })

  /** A store of which nothing can be read. */
  const unreadable = () =>
    watchedStore(() => {
      throw new TypeError('foreign')
    }).watched

  it('is open where the suspensions cannot be read', async () => {
    await suspend(prefix, noon + 1)

    expect(await find({ through: unreadable() })).toBeNull()
  })

  it('logs that the suspensions cannot be read', async () => {
    const warn = vi.spyOn(logger, 'warn')

    await find({ through: unreadable() })

    const error = expect.objectContaining({ name: 'Problem', code: 'unavailable' })
    expect(warn.mock.calls).toEqual([['suspensions are not known', { error }]])
  })

  it('counts that the suspensions cannot be read', async () => {
    await find({ through: unreadable() })

    expect(counted()).toMatchObject([{ operation: 'breaker', unknown: 1 }])
  })
})

/** A store with pages of one item, and the inputs of the pages. */
function oneByOne() {
  const pages: Record<string, unknown>[] = []
  const store = watchedStore((name, input) => {
    if (name !== 'QueryCommand') return
    input.Limit = 1
    pages.push(input)
  })
  return { ...store, pages }
}

/** So many ids, from the one of that number on. */
const ids = (from: number, count: number) =>
  new Set(Array.from({ length: count }, (_, n) => id(from + n)))

/** What is put into a slice; nothing of the kinds that are not given. */
const idsOf = (given: object) => ({
  ...{ sends: none(), established: none(), verified: none(), unsent: none() },
  ...given,
})

describe('a slice that is full', () => {
  const slice = () => ({ subject: prefix, at: noon })

  it('takes the results of its own sends alone', async () => {
    await traffic.addToSlice(
      store,
      slice(),
      { sends: ids(0, 500), established: none(), verified: none(), unsent: none() },
      signal,
    )
    const late = {
      sends: ids(1000, 9),
      established: none(),
      verified: new Set([id(1), id(1001)]),
      unsent: new Set([id(2), id(1002)]),
    }

    await traffic.addToSlice(store, slice(), late, signal)

    const [kept] = await slicesOf(prefix)
    expect(kept).toEqual({
      at: noon,
      sends: ids(0, 500),
      established: none(),
      verified: new Set([id(1)]),
      unsent: new Set([id(2)]),
    })
  })

  it.each([
    ['sends', 'established'],
    ['established', 'sends'],
  ] as const)('of %s takes what is of the other class', async (full, other) => {
    await traffic.addToSlice(store, slice(), idsOf({ [full]: ids(0, 500) }), signal)
    const late = idsOf({
      ...{ [full]: ids(1000, 9), [other]: ids(2000, 2) },
      ...{ verified: new Set([id(1000), id(2001)]), unsent: new Set([id(3), id(1001)]) },
    })

    await traffic.addToSlice(store, slice(), late, signal)

    expect(await slicesOf(prefix)).toEqual([
      {
        ...{ at: noon, [full]: ids(0, 500), [other]: ids(2000, 2) },
        ...{ verified: new Set([id(2001)]), unsent: new Set([id(3)]) },
      },
    ])
  })

  it('is not written to by the results of other sends', async () => {
    await traffic.addToSlice(
      store,
      slice(),
      { sends: ids(0, 500), established: none(), verified: none(), unsent: none() },
      signal,
    )
    const { watched, commands } = watchedStore()

    const late = {
      sends: ids(1000, 9),
      established: none(),
      verified: new Set([id(1001)]),
      unsent: new Set([id(1002)]),
    }
    await traffic.addToSlice(watched, slice(), late, signal)

    expect(commands).toEqual(['UpdateItemCommand'])
  })

  it('that has refused is read before it is asked again', async () => {
    await traffic.addToSlice(store, slice(), idsOf({ sends: ids(0, 500) }), signal)
    await traffic.addToSlice(store, slice(), idsOf({ sends: ids(1000, 9) }), signal)
    const { watched, commands } = watchedStore()

    await traffic.addToSlice(watched, slice(), idsOf({ sends: ids(2000, 9) }), signal)
    const late = { sends: ids(3000, 9), verified: new Set([id(1), id(3001)]) }
    await traffic.addToSlice(watched, slice(), idsOf(late), signal)

    expect(commands).toEqual(['QueryCommand', 'QueryCommand', 'UpdateItemCommand'])
    const [kept] = await slicesOf(prefix)
    expect([kept?.sends, kept?.verified]).toEqual([ids(0, 500), new Set([id(1)])])
  })
})

describe('the slices that have refused', () => {
  const whole = ids(0, 500)
  const send = (to: Store, n: number, sends: Set<string>) =>
    traffic.addToSlice(to, { subject: `${prefix}${n}`, at: noon }, idsOf({ sends }), signal)

  /** Where every write to a slice is refused by one that is full. */
  function fullStore() {
    const full = watchedStore()
    full.watched.retrying.middlewareStack.add(
      () => async () => {
        const refused = { message: '', $metadata: {}, Item: marshall({ sends: whole }) }
        throw new ConditionalCheckFailedException(refused)
      },
      { step: 'build', priority: 'high' },
    )
    return full.watched
  }

  it('are each remembered', async () => {
    for (const n of [1, 2]) {
      await send(store, n, whole)
      await send(store, n, new Set([id(1000)]))
    }
    const { watched, inputs, commands } = watchedStore()

    for (const n of [1, 2]) await send(watched, n, new Set([id(2000)]))

    expect(commands).toEqual(['QueryCommand', 'QueryCommand'])
    expect(inputs.map(({ ConsistentRead }) => ConsistentRead)).toEqual([true, true])
  })

  it('are forgotten after a thousand', async () => {
    const full = fullStore()
    const asksFirst = async (n: number) => {
      const { watched, commands } = watchedStore()
      await send(watched, n, new Set([id(1)]))
      return commands[0]
    }
    for (let n = 0; n < 1000; n++) await send(full, n, new Set([id(1)]))
    const before = await asksFirst(999)
    for (let n = 1000; n < 2000; n++) await send(full, n, new Set([id(1)]))

    expect([before, await asksFirst(999), await asksFirst(1999)]).toEqual([
      'QueryCommand',
      'UpdateItemCommand',
      'QueryCommand',
    ])
  })
})

describe('slices', () => {
  it('are read page by page from the first to before the end', async () => {
    for (const at of [noon - 30_000, noon, noon + 30_000, noon + 10 * minute]) {
      const ids = {
        sends: new Set([id(at)]),
        established: none(),
        verified: none(),
        unsent: none(),
      }
      await traffic.addToSlice(store, { subject: prefix, at }, ids, signal)
    }
    const { watched, commands } = oneByOne()

    const slices = await slicesOf(prefix, watched)

    expect(slices.map(({ at }) => at)).toEqual([noon, noon + 30_000])
    expect(commands.length).toBeGreaterThan(1)
  })

  it('of no time are not read', async () => {
    const { watched, commands } = watchedStore()

    const empty = await traffic.readSlices(watched, prefix, { from: noon, before: noon }, signal)

    expect([empty, commands]).toEqual([[], []])
  })

  it('expire two days after their start', async () => {
    const { watched, inputs } = watchedStore()
    const ids = { sends: new Set(['a']), established: none(), verified: none(), unsent: none() }

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
    const { watched, commands } = watchedStore()

    const entries = await traffic.readEntries(watched, names, 'retrying', signal)

    expect(entries.map(({ until }) => until)).toEqual([noon + 1, noon + 2])
    expect(commands).toEqual(['BatchGetItemCommand', 'BatchGetItemCommand'])
  })

  it.each([
    [
      'some were left out',
      { UnprocessedKeys: { left: { Keys: [] } }, Responses: { [store.trafficTable]: [] } },
    ],
    ['the answer has none', { Responses: {} }],
    ['the answer is empty', {}],
  ])('are unavailable where %s', async (_, answer) => {
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

  it('that is lifted is over, and judged from now on', async () => {
    await suspend(prefix, noon + minute)

    await suspensions.liftSuspension(store, prefix, noon, signal)

    expect(await entryOf()).toMatchObject({ until: 0, since: noon, times: 0 })
  })

  it('whose allowance is withdrawn stays known for two days', async () => {
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
    ['disallowed', aborted => suspensions.disallow(store, prefix, noon, aborted)],
    ['listed', aborted => suspensions.listEntries(store, aborted)],
    ['read', aborted => traffic.readEntries(store, [prefix], 'once', aborted)],
    [
      'counted',
      aborted =>
        traffic.addToSlice(
          store,
          { subject: prefix, at: noon },
          { sends: new Set(['a']), established: none(), verified: none(), unsent: none() },
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
  ])('is not %s by a request that has ended', async (_, act) => {
    await expect(act(AbortSignal.abort())).rejects.toThrow()
  })
})
