// What limits and breaker let through together, in every mode of both, where no handler hides which
// commands the tables got and what is counted.
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { suspensionsSubject } from '../../../lib/breaker/expressions.ts'
import { type AdmissionContext, admitChallenge } from '../../../lib/challenge/admission.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { logger } from '../../../lib/log.ts'
import { unavailable } from '../../../lib/problem.ts'
import {
  indexKey,
  itemOf,
  noon,
  putDevice,
  settingsOf,
  signal,
  tokenKey,
} from '../../support/devices.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const settings = settingsOf({ COOLDOWN: 30 })
const entry = { nil: 0, yes: true, backoff: 0, validUntil: noon + 300_000, counter: 7 } as const
const resend = { requestName: 'r1', keyName: null, now: noon }
const challenge = { ...resend, digest: 'new', entry }
const nothing = { charges: [], full: [] }

/** The parts of a device whose token lives. */
const alive: Partial<DeviceItem> = {
  pending: { old: entry },
  challengedAt: noon - 60_000,
  unverified: 1,
  challenge: { keyName: '', requestName: 'r0', validUntil: entry.validUntil },
}

type Mode = 'on' | 'record' | 'off'
type Limits = Omit<AdmissionContext, 'store' | 'key' | 'settings' | 'signal'>

/** One send to a user, and what else is given. */
function limitsOf(limits: Mode, breaker: Mode, given: Partial<Limits> = {}): Limits {
  return {
    limits: {
      establishedShare: 0,
      mode: limits,
      limits: limits === 'off' ? [] : [{ limit: 'user', most: 1, seconds: 600 }],
    },
    breaker: { mode: breaker, rules: [], firstMs: 900_000, longestMs: 86_400_000, alwaysAllow: [] },
    tokenKey,
    indexKey,
    clientIp: null,
    testNumbers: [],
    ...given,
  }
}

/** A device with a prefix of its own. */
let prefix = 1000
function put(given: Partial<DeviceItem> = {}): Promise<DeviceItem> {
  prefix += 1
  return putDevice(store, { number: `+4420${prefix}1234`, ...given })
}

async function suspend({ number }: DeviceItem): Promise<void> {
  const Item = {
    subject: suspensionsSubject,
    entry: `prefix:${number.slice(0, -4)}`,
    until: noon + 5,
  }
  await store.retrying.send(new PutCommand({ TableName: store.trafficTable, Item }))
}

interface Asked {
  key: DeviceItem
  limits: Limits
  what?: typeof challenge | typeof resend
  through?: Store
}

const admit = ({ key, limits, what = challenge, through = store }: Asked) =>
  admitChallenge({ ...limits, store: through, key, settings, signal }, what)

/** A store that does something before it writes to the table of limits. */
function storeBeforeLimits(before: () => unknown): Store {
  const { watched } = watchedStore((_, { TableName }) =>
    TableName === store.limitsTable ? before() : undefined,
  )
  return watched
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a suspended prefix', () => {
  const refused = { outcome: 'suspended', suspended: 'prefix', until: noon + 5 }

  it.each<Mode>(['off', 'record', 'on'])('refuses where limits are %s', async mode => {
    const device = await put()
    await suspend(device)

    expect(await admit({ key: device, limits: limitsOf(mode, 'on') })).toEqual(refused)
  })

  it.each<Mode>(['off', 'record', 'on'])('starts nothing where limits are %s', async mode => {
    const device = await put()
    await suspend(device)

    await admit({ key: device, limits: limitsOf(mode, 'on') })

    const { challengedAt, pending } = await itemOf(store, device)
    expect({ challengedAt, pending }).toEqual({ challengedAt: 0, pending: {} })
  })

  it.each<Mode>(['off', 'record', 'on'])('charges nothing where limits are %s', async mode => {
    const device = await put()
    await suspend(device)

    await admit({ key: device, limits: limitsOf(mode, 'on') })

    const later = await admit({
      key: await put({ userId: device.userId }),
      limits: limitsOf('on', 'off'),
    })
    expect(later.outcome).toBe('started')
  })

  it('is told where a limit is full as well, and so is that', async () => {
    const device = await put()
    const limits = limitsOf('on', 'on')
    await admit({ key: await put({ userId: device.userId }), limits })
    await suspend(device)
    const warn = vi.spyOn(logger, 'warn')

    const answer = await admit({ key: device, limits, what: { ...challenge, requestName: 'r2' } })

    expect(answer).toEqual(refused)
    expect(warn.mock.calls).toMatchObject([['limit reached', { limit: 'user', most: 1 }]])
  })

  it('refuses a resend', async () => {
    const device = await put(alive)
    await suspend(device)

    const answer = await admit({ key: device, limits: limitsOf('off', 'on'), what: resend })

    expect(answer).toEqual(refused)
    expect(await itemOf(store, device)).toEqual(device)
  })

  it.each<Mode>(['record', 'off'])('refuses nothing where the breaker is %s', async mode => {
    const device = await put()
    await suspend(device)

    expect((await admit({ key: device, limits: limitsOf('on', mode) })).outcome).toBe('started')
  })
})

const notRecorded = ['limits are not recorded']

/** What is logged as a warning where the limits are out of reach. */
async function warningsOutOfReach(mode: Mode): Promise<unknown[][]> {
  const warn = vi.spyOn(logger, 'warn')
  const through = storeBeforeLimits(() => {
    throw unavailable(new Error('Out of reach.'))
  })
  await admit({ key: await put(), limits: limitsOf(mode, 'off'), through }).catch(() => {})
  return warn.mock.calls
}

describe('limits that refuse', () => {
  it('log nothing when they are out of reach', async () => {
    expect(await warningsOutOfReach('on')).toEqual([])
  })
})

describe('limits that only record', () => {
  it.each<Mode>(['off', 'on'])('count beyond their size with the breaker %s', async mode => {
    const device = await put()
    const other = await put({ userId: device.userId })
    await admit({ key: device, limits: limitsOf('record', mode) })

    const answer = await admit({
      key: other,
      limits: limitsOf('record', mode),
      what: { ...challenge, requestName: 'r2' },
    })

    expect(answer).toMatchObject({
      outcome: 'started',
      charged: { charges: [{ state: 'counted' }], full: [{ limit: 'user', most: 1 }] },
    })
  })

  it('are logged as not recorded when they are out of reach', async () => {
    expect(await warningsOutOfReach('record')).toEqual([notRecorded])
  })

  it('log nothing when they are in reach', async () => {
    const warn = vi.spyOn(logger, 'warn')

    await admit({ key: await put(), limits: limitsOf('record', 'on') })

    expect(warn).not.toHaveBeenCalled()
  })

  it('count what all share also where a person’s is full, and are asked in one write first', async () => {
    const device = await put()
    const limits = limitsOf('record', 'on')
    limits.limits.limits.push({ limit: 'deployment', most: 1_000_000, seconds: 600 })
    const first = await admit({ key: device, limits })
    const { watched, commands } = watchedStore()

    const second = await admit({
      key: await put({ userId: device.userId }),
      limits,
      what: { ...challenge, requestName: 'r2' },
      through: watched,
    })

    const counted = [first, second].map(
      answer => 'charged' in answer && answer.charged.charges.map(({ counter }) => counter.limit),
    )
    expect(counted).toEqual([
      ['user', 'deployment'],
      ['user', 'deployment'],
    ])
    expect(commands[0]).toBe('UpdateItemCommand')
  })
})

describe('where nothing is limited', () => {
  it('a challenge is started without a charge', async () => {
    const answer = await admit({ key: await put(), limits: limitsOf('off', 'off') })

    expect(answer).toMatchObject({ outcome: 'started', charged: nothing })
  })

  it('a challenge is one write even while a token lives', async () => {
    const { watched, commands } = watchedStore()

    await admit({ key: await put(alive), limits: limitsOf('off', 'off'), through: watched })

    expect(commands).toEqual(['UpdateItemCommand'])
  })

  it('a device in its cooldown is refused by that', async () => {
    const device = await put({ ...alive, challengedAt: noon })

    const answer = await admit({ key: device, limits: limitsOf('off', 'off') })

    expect(answer).toEqual({ outcome: 'cooldown', nextChallengeAt: noon + 30_000 })
  })
})

describe('a limit that is full', () => {
  // Nothing has to be refunded then.
  it('is not counted beyond', async () => {
    const device = await put(alive)
    await admit({ key: await put({ userId: device.userId }), limits: limitsOf('on', 'off') })
    const { watched, commands } = watchedStore()

    const answer = await admit({
      key: device,
      limits: limitsOf('on', 'off'),
      what: { ...challenge, requestName: 'r2' },
      through: watched,
    })

    expect(answer).toMatchObject({ outcome: 'limited', limit: 'user' })
    expect(commands).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
  })
})

describe('a test number', () => {
  it.each<Mode>(['on', 'record', 'off'])('is charged nothing where limits are %s', async mode => {
    const device = await put()

    const answer = await admit({
      key: device,
      limits: limitsOf(mode, 'on', {
        testNumbers: [{ number: device.number, userIds: [device.userId] }],
      }),
    })

    expect(answer).toMatchObject({ outcome: 'started', charged: nothing })
  })
})

describe('a resend under limits', () => {
  it('is checked before anything is written', async () => {
    const { watched, commands } = watchedStore()

    const device = await put(alive)
    await admit({ key: device, limits: limitsOf('on', 'off'), what: resend, through: watched })

    expect(commands).toEqual(['GetItemCommand', 'UpdateItemCommand', 'UpdateItemCommand'])
  })

  it.each([
    ['in a cooldown', { ...alive, challengedAt: noon }, 'cooldown'],
    ['whose token is gone', { ...alive, pending: {} }, 'nothing_to_resend'],
  ])('to a device %s charges nothing', async (_, was, outcome) => {
    const { watched, commands } = watchedStore()

    const device = await put(was)
    const answer = await admit({
      key: device,
      limits: limitsOf('on', 'off'),
      what: resend,
      through: watched,
    })

    expect([answer.outcome, commands]).toEqual([outcome, ['GetItemCommand']])
  })
})

describe('a number that changes while the limits are asked', () => {
  const attempts = [
    ['a challenge', challenge],
    ['a resend', resend],
  ] as const
  /** A device whose number changes when its limits are about to be counted. */
  async function admitChanging(what: typeof challenge | typeof resend) {
    const device = await put(alive)
    const { number } = await put()
    const through = storeBeforeLimits(() => putDevice(store, { ...device, number }))
    const admitting = admit({ key: device, limits: limitsOf('on', 'off'), what, through })
    return { changed: { ...device, number }, answer: await admitting.catch(error => error) }
  }

  it.each(attempts)(
    'gets nothing by %s in spite of a token of its own by then',
    async (_, what) => {
      const { changed, answer } = await admitChanging(what)

      expect(answer).toMatchObject({ code: 'unavailable' })
      expect(await itemOf(store, changed)).toEqual(changed)
    },
  )

  it.each(attempts)('is charged nothing for %s', async (_, what) => {
    const { changed } = await admitChanging(what)

    const later = await admit({
      key: await put({ userId: changed.userId }),
      limits: limitsOf('on', 'off'),
    })
    expect(later.outcome).toBe('started')
  })
})
