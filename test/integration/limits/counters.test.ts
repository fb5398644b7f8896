// The limits table on a real engine: the result of a charge, and what is known when its answer is
// lost.
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, describe, expect, it } from 'vitest'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { markOf } from '../../../lib/limits/mark.ts'
import {
  chargeLimits,
  emptyLimits,
  nothingCharged,
  readLimits,
  refundLimits,
  tidyLimits,
} from '../../../lib/limits/store.ts'
import { type Counter, countersOf } from '../../../lib/limits/subject.ts'
import type { Window } from '../../../lib/limits/window.ts'
import { noon, signal } from '../../support/devices.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { limitsOn } from '../../support/limits.ts'

const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB!
const proxy = await startFaultProxy(endpoint)
const refusing = http.createServer((_, response) => {
  const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException'
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ __type: type }))
})
await new Promise<void>(resolve => refusing.listen(0, '127.0.0.1', resolve))
const { port } = refusing.address() as AddressInfo

const refuse = (requestName: string) => ({ requestName, whenFull: 'refuse' as const })
const count = (requestName: string) => ({ requestName, whenFull: 'count' as const })

const store = await storeAt(endpoint)
const faulty = await storeAt(proxy.url)
const itemless = await storeAt(`http://127.0.0.1:${port}`)

afterAll(() => {
  proxy.close()
  refusing.closeAllConnections()
  refusing.close()
})

/** The SDK reads its endpoint with a client's first request, and a store has two clients. */
async function storeAt(url: string): Promise<Store> {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = url
  const store = connectStore()
  const unused = { ...counterOf(1), key: 'warm-up' }
  await emptyLimits(store, [unused], signal).catch(() => undefined)
  await chargeLimits(store, [unused], refuse('warm-up'), signal)
  process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint
  return store
}

const aborted = AbortSignal.abort()
function counterOf(most: number): Counter {
  const key = `user:${randomUUID()}`
  const window: Window = {
    ...{ limit: 'user', most, seconds: 600, endsAt: 1_767_269_400_000, attribute: 'sent' },
  }
  return { limit: 'user', key, windows: [window], now: noon }
}
const sentOf = async (counter: Counter) => (await readLimits(store, [counter], signal))[0]?.sent

describe('a count', () => {
  it('is answered where it was made', async () => {
    const counter = counterOf(1)

    const charged = await chargeLimits(store, [counter], refuse('first'), signal)

    expect(charged).toMatchObject({ charges: [{ state: 'counted' }], full: [] })
    expect(await sentOf(counter)).toBe(1)
  })

  it('is not made of a limit that is full', async () => {
    const counter = counterOf(1)
    await chargeLimits(store, [counter], refuse('first'), signal)

    const charged = await chargeLimits(store, [counter], refuse('second'), signal)

    expect(charged).toMatchObject({ charges: [{ state: 'refused' }], full: counter.windows })
    expect(await sentOf(counter)).toBe(1)
  })

  it('is made beyond a full limit that only records', async () => {
    const counter = counterOf(1)
    await chargeLimits(store, [counter], refuse('first'), signal)

    const beyond = { requestName: 'second', whenFull: 'count' as const }
    const charged = await chargeLimits(store, [counter], beyond, signal)

    expect(charged).toMatchObject({ charges: [{ state: 'counted' }], full: counter.windows })
    expect(await sentOf(counter)).toBe(2)
  })

  it.each(['latest', 'one before'])(
    'of a request that was counted is known again: the %s',
    async which => {
      const counter = counterOf(2)
      await chargeLimits(store, [counter], refuse('own'), signal)
      if (which !== 'latest') await chargeLimits(store, [counter], refuse('other'), signal)

      const charged = await chargeLimits(store, [counter], refuse('own'), signal)

      expect(charged).toMatchObject({ charges: [{ state: 'repeated' }], full: [] })
      expect(await sentOf(counter)).toBe(which === 'latest' ? 1 : 2)
    },
  )

  it('is made once when the answer is empty', async () => {
    const counter = counterOf(2)
    proxy.faults.push('empty answer')

    const charged = await chargeLimits(faulty, [counter], refuse('first'), signal)

    expect(charged).toMatchObject({ charges: [{ state: 'repeated' }], full: [] })
    expect(await sentOf(counter)).toBe(1)
  })

  it.each([
    ['user', 3],
    ['deployment', 2],
  ] as const)('of a %s is unknown after %d tries without an answer', async (limit, tries) => {
    const counter = { ...counterOf(2), limit }
    const from = proxy.requests.length
    proxy.faults.push(...Array.from({ length: tries }, () => 'lose answer' as const))

    const charged = await chargeLimits(faulty, [counter], refuse('first'), signal)

    expect(charged).toMatchObject({ charges: [{ state: 'unknown' }], full: [] })
    expect(proxy.requests.length - from).toBe(tries)
  })

  it.each(['user', 'deployment'] as const)(
    'of a %s is tried once when it is throttled',
    async limit => {
      const counter = { ...counterOf(2), limit }
      const from = proxy.requests.length
      proxy.faults.push('throttle')

      const charged = await chargeLimits(faulty, [counter], refuse('first'), signal)
      await refundLimits(faulty, charged, signal)

      expect(charged).toMatchObject({ charges: [{ state: 'throttled' }], full: [] })
      expect(proxy.requests.length - from).toBe(1)
    },
  )

  it('that is refused without its item is of a limit that is full', async () => {
    const counter = counterOf(2)

    const charged = await chargeLimits(itemless, [counter], refuse('first'), signal)

    expect(charged).toMatchObject({ charges: [{ state: 'refused' }], full: counter.windows })
  })
})

describe('the number of a counter', () => {
  it('is never an old one', async () => {
    const from = proxy.requests.length

    await readLimits(faulty, [counterOf(2)], signal)

    expect(proxy.requests.slice(from)).toMatchObject([{ input: { ConsistentRead: true } }])
  })
})

describe('a request that has ended', () => {
  it('may not have been counted', async () => {
    const counter = counterOf(2)

    const charged = await chargeLimits(store, [counter], refuse('first'), aborted)

    expect(charged).toMatchObject({ charges: [{ state: 'unknown' }], full: [] })
    expect(await sentOf(counter)).toBe(0)
  })

  it('refunds nothing', async () => {
    const counter = counterOf(2)
    const charged = await chargeLimits(store, [counter], refuse('first'), signal)

    await refundLimits(store, charged, aborted)

    expect(await sentOf(counter)).toBe(1)
  })

  it('reads nothing', async () => {
    await expect(readLimits(store, [counterOf(2)], aborted)).rejects.toThrow()
  })

  it('empties nothing', async () => {
    const counter = counterOf(2)
    await chargeLimits(store, [counter], refuse('first'), signal)

    await expect(emptyLimits(store, [counter], aborted)).rejects.toThrow()

    expect(await sentOf(counter)).toBe(1)
  })
})

/** A charge of which it is not known whether it was counted. */
async function unknownCharge(counter: Counter, requestName: string) {
  return chargeLimits(store, [counter], refuse(requestName), aborted)
}

describe('what may not have been counted', () => {
  it.each([5, 500])('is refunded once where it was, of at most %d', async most => {
    const counter = counterOf(most)
    for (const request of ['first', 'second', 'third']) {
      await chargeLimits(store, [counter], refuse(request), signal)
    }
    const unknown = await unknownCharge(counter, 'second')

    await refundLimits(store, unknown, signal)
    await refundLimits(store, unknown, signal)

    expect(await sentOf(counter)).toBe(2)
  })

  it.each([5, 500])('is not refunded where it was not, of at most %d', async most => {
    const counter = counterOf(most)
    await chargeLimits(store, [counter], refuse('first'), signal)

    await refundLimits(store, await unknownCharge(counter, 'another'), signal)

    expect(await sentOf(counter)).toBe(1)
  })

  it('is not counted by a try that comes after the refund', async () => {
    const counter = counterOf(5)
    await refundLimits(store, await unknownCharge(counter, 'late'), signal)

    const late = await chargeLimits(store, [counter], refuse('late'), signal)

    expect(late.charges).toMatchObject([{ state: 'refused' }])
    expect(await sentOf(counter)).toBe(0)
  })
})

/** A request that has that place in the register of a counter. */
function requestOf(counter: Counter, attribute: string): string {
  const names = Array.from({ length: 1000 }, (_, n) => `request ${n}`)
  const isThere = (requestName: string) =>
    markOf(counter, { requestName }, 'register').attribute === attribute
  return names.find(isThere)!
}

describe('what was counted', () => {
  it.each([5, 500])('is refunded once, of at most %d', async most => {
    const counter = counterOf(most)
    await chargeLimits(store, [counter], refuse('other'), signal)
    const charged = await chargeLimits(store, [counter], refuse('own'), signal)

    await refundLimits(store, charged, signal)
    await refundLimits(store, charged, signal)

    expect(await sentOf(counter)).toBe(1)
  })

  it.each([5, 500])('is refunded in each of its windows, of at most %d', async most => {
    const { windows, ...counter } = counterOf(most)
    const day = { ...windows[0], seconds: 86_400, attribute: 'sent_day' }
    const both = { ...counter, windows: [windows[0], day] } satisfies Counter
    await chargeLimits(store, [both], refuse('other'), signal)
    const charged = await chargeLimits(store, [both], refuse('own'), signal)

    await refundLimits(store, charged, signal)

    const counts = await readLimits(store, [both], signal)
    expect(counts.map(({ sent }) => sent)).toEqual([1, 1])
  })

  it.each([5, 500])('is refunded where the first try is lost, of at most %d', async most => {
    const counter = counterOf(most)
    const charged = await chargeLimits(faulty, [counter], refuse('own'), signal)
    proxy.faults.push('lose request')

    await refundLimits(faulty, charged, signal)

    expect(await sentOf(counter)).toBe(0)
  })

  it.each([5, 500])('is refunded by one write, of at most %d', async most => {
    const counter = counterOf(most)
    const charged = await chargeLimits(faulty, [counter], refuse('own'), signal)
    const before = proxy.operations.length

    await refundLimits(faulty, charged, signal)

    expect(proxy.operations.slice(before)).toEqual(['UpdateItem'])
  })

  it.each([
    ['is known to be is refunded', 'known', 1],
    ['is not known to be is not refunded', 'unknown', 2],
  ])('and %s where another request has its place in a register', async (_, state, left) => {
    const counter = counterOf(500)
    const known = await chargeLimits(store, [counter], refuse('own'), signal)
    const charged = state === 'known' ? known : await unknownCharge(counter, 'own')
    const { attribute } = known.charges[0]!.mark
    await chargeLimits(store, [counter], refuse(requestOf(counter, attribute)), signal)

    await refundLimits(store, charged, signal)

    expect(await sentOf(counter)).toBe(left)
  })

  it('by a try whose answer was lost, and throttled since, is refunded', async () => {
    const counter = counterOf(5)
    proxy.faults.push('lose answer', 'throttle')

    const charged = await chargeLimits(faulty, [counter], refuse('own'), signal)
    await refundLimits(store, charged, signal)

    expect([charged.charges[0]?.state, await sentOf(counter)]).toEqual(['unknown', 0])
  })

  it.each([5, 500])('is refunded once when the answer is lost, of at most %d', async most => {
    const counter = counterOf(most)
    await chargeLimits(store, [counter], refuse('other'), signal)
    const charged = await chargeLimits(faulty, [counter], refuse('own'), signal)
    proxy.faults.push('lose answer', 'lose answer')

    await refundLimits(faulty, charged, signal)

    expect(await sentOf(counter)).toBe(1)
  })
})

describe('the state of a charge', () => {
  it.each<[string, Fault[], number, string]>([
    ['answered at once', [], 5, 'counted'],
    ['applied by a second try', ['lose request'], 5, 'repeated'],
    ['found by a second try', ['lose answer'], 5, 'repeated'],
    ['refused at once', [], 0, 'refused'],
    ['refused by a second try', ['lose request'], 0, 'unknown'],
    ['throttled at once', ['throttle'], 5, 'throttled'],
    ['throttled by a second try', ['lose request', 'throttle'], 5, 'unknown'],
    ['never answered', ['lose request', 'lose request', 'lose request'], 5, 'unknown'],
  ])('that was %s', async (_, faults, most, state) => {
    const counter = counterOf(most)
    if (most === 0) await chargeLimits(store, [{ ...counter }], count('other'), signal)
    proxy.faults.push(...faults)

    const { charges } = await chargeLimits(faulty, [counter], refuse('own'), signal)

    proxy.faults.length = 0
    expect(charges[0]?.state).toBe(state)
  })
})

describe('an item of several windows', () => {
  const limits = limitsOn([
    { limit: 'user', most: 40, seconds: 3600 },
    { limit: 'user', most: 2, seconds: 60 },
  ])
  const hour = noon - (noon % 3_600_000)

  /** The counter of a user in a minute of the hour. */
  function counterAt(user: string, minute: number): Counter {
    const send = { requestName: 'r', now: hour + minute * 60_000, isEstablished: false }
    return countersOf({ indexKey: Buffer.alloc(32), limits }, { user }, send)[0]!
  }

  async function attributesOf({ key }: Counter): Promise<string[]> {
    const query = { TableName: store.limitsTable, Key: { limitKey: key } }
    const { Item = {} } = await store.retrying.send(new GetCommand(query))
    const kept = ['limitKey', 'expiresAt']
    return Object.keys(Item)
      .filter(name => !kept.includes(name))
      .toSorted()
  }

  it('is full by the windows that are', async () => {
    const counter = counterAt(randomUUID(), 0)
    for (const request of ['a', 'b']) await chargeLimits(store, [counter], refuse(request), signal)

    const { full } = await chargeLimits(store, [counter], refuse('c'), signal)

    expect(full.map(({ seconds }) => seconds)).toEqual([60])
  })

  it('keeps nothing of a request that was counted and refunded', async () => {
    const counter = counterAt(randomUUID(), 0)
    const charged = await chargeLimits(store, [counter], refuse('a'), signal)

    await refundLimits(store, charged, signal)

    expect(await attributesOf(counter)).toEqual(['60.0', 'sent'])
  })

  it.each([
    [13, 12, 12],
    [14, 13, 0],
  ])(
    'in minute %i has %i windows that ended, and after it was tidied %i',
    async (last, ended, left) => {
      const user = randomUUID()
      for (let minute = 0; minute < last; minute++) {
        await chargeLimits(store, [counterAt(user, minute)], refuse(`${minute}`), signal)
      }
      const counter = counterAt(user, last)
      const charged = await chargeLimits(store, [counter], refuse('last'), signal)

      await tidyLimits(store, charged, signal)

      const windows = (await attributesOf(counter)).filter(name => name.startsWith('60.'))
      expect(charged.charges[0]?.ended).toHaveLength(ended)
      // The window before the current one is no older than a clock may be wrong.
      expect(windows).toHaveLength(left + 2)
    },
  )

  it('is tidied of a hundred windows at a time', async () => {
    const counter = counterAt(randomUUID(), 50)
    const names = Array.from({ length: 150 }, (_, second) => `1.${second}`)
    const Item = { limitKey: counter.key, ...Object.fromEntries(names.map(name => [name, 1])) }
    await store.once.send(new PutCommand({ TableName: store.limitsTable, Item }))

    const charged = await chargeLimits(store, [counter], refuse('a'), signal)

    expect(charged.charges[0]?.ended).toHaveLength(100)
  })

  it('is tidied by one try, and stays as it was where that is lost', async () => {
    const user = randomUUID()
    for (let minute = 0; minute < 14; minute++) {
      await chargeLimits(store, [counterAt(user, minute)], refuse(`${minute}`), signal)
    }
    const counter = counterAt(user, 14)
    const charged = await chargeLimits(store, [counter], refuse('last'), signal)
    const windows = await attributesOf(counter)
    const before = proxy.operations.length
    proxy.faults.push('lose request')

    await tidyLimits(faulty, charged, signal)

    expect(proxy.operations.slice(before)).toEqual(['UpdateItem'])
    expect(await attributesOf(counter)).toEqual(windows)
  })

  it('forgets a refund that no try can follow with the next one', async () => {
    const user = randomUUID()
    const early = counterAt(user, 0)
    await refundLimits(store, await unknownCharge(early, 'lost'), signal)
    const before = await attributesOf(early)
    const counter = counterAt(user, 2)
    const charged = await chargeLimits(store, [counter], refuse('now'), signal)

    await refundLimits(store, charged, signal)

    expect(before.filter(name => name.startsWith('.'))).toHaveLength(1)
    expect(await attributesOf(counter)).toEqual(['60.2', 'sent'])
  })
})

it('what is not to be counted is nothing', () => {
  expect(nothingCharged).toEqual({ charges: [], full: [] })
})
