// The breaker on conversion, from the challenges and verifications of the real handlers over the
// stream of the devices table to the suspension that the next challenge meets.
import { randomInt } from 'node:crypto'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Suspension } from '../../../lib/breaker/judge.ts'
import type { SuspensionEntry } from '../../../lib/breaker/store.ts'
import { noon } from '../../support/device.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

const engine = await startStreamedEngine()
const twilio = await startTwilio()
let readFault: Fault | undefined
const dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!, {
  plan: operation => (operation === 'BatchGetItem' ? readFault : undefined),
})
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
const [create, challengeDevice, verifyDevice, conversion, list, lift, allow, disallow] =
  await Promise.all([
    import('../../../functions/create-device.ts'),
    import('../../../functions/challenge.ts'),
    import('../../../functions/verify.ts'),
    import('../../../functions/traffic.ts'),
    import('../../../functions/get-suspensions.ts'),
    import('../../../functions/delete-suspensions.ts'),
    import('../../../functions/put-always-allow.ts'),
    import('../../../functions/delete-always-allow.ts'),
  ])
const traffic = await import('../../../lib/breaker/store.ts')
const { connectStore } = await import('../../../lib/dynamodb/client.ts')
const store = connectStore()
const settings = { ...process.env }

const minute = 60_000
let now = noon
let hundred = 100
let prefix = ''

beforeEach(() => {
  engine.take()
  // A day and a prefix of its own for each test.
  now += 86_400_000
  hundred += 1
  prefix = `+44207${hundred}`
  vi.useFakeTimers({ toFake: ['Date'], now })
  process.env.OTP_TWILIO_BREAKER_PREFIX = '5/30/3600'
  process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
})

afterEach(() => {
  vi.useRealTimers()
  dynamodb.faults.length = 0
  readFault = undefined
  setEnvironment(settings)
})

afterAll(async () => {
  await dynamodb.close()
  await engine.close()
})

function pass(ms: number): void {
  now += ms
  vi.setSystemTime(now)
}

const numberOf = (of: string) => `${of}${randomInt(1000, 10_000)}`

const register = (number = numberOf(prefix)) => registerDevice(create.handler, number)

async function challenge(number?: string, body: object = {}) {
  return invoke(challengeDevice.handler, { ...(await register(number)), body })
}

/**
 * As many sends to the prefix, the first of which are verified; each of those by a device of its
 * own, because it is established from then on.
 */
async function send(count: number, verified = 0, to = prefix): Promise<void> {
  const silent = await register(numberOf(to))
  for (let n = 0; n < count; n++) {
    const device = n < verified ? await register(numberOf(to)) : silent
    await invoke(challengeDevice.handler, device)
    const token = twilio.messages.at(-1)!.body
    if (n < verified) await invoke(verifyDevice.handler, { ...device, body: { token } })
  }
}

const stream = (records: DynamoDBRecord[]) => conversion.handler({ Records: records })

/**
 * Hands the stream over, and lets another challenge wake the judgement once the others are old
 * enough.
 */
async function judge(waitMs = 3 * minute): Promise<void> {
  await stream(engine.take())
  pass(waitMs)
  await send(1)
  await stream(engine.take())
}

const { signal } = new AbortController()

async function entryOf(named: string): Promise<SuspensionEntry | undefined> {
  const [entry] = await traffic.readEntries(store, [`prefix:${named}`], 'once', signal)
  return entry
}

const suspend = (next: Suspension, seen: Suspension | null) =>
  traffic.suspend(store, `prefix:${prefix}`, { next, seen, expiresAt: 1 }, signal)

async function sliceCount(): Promise<number> {
  const span = { from: now - 3_600_000, before: now + 3_600_000 }
  return (await traffic.readSlices(store, `prefix:${prefix}`, span, signal)).length
}

const suspended = expect.objectContaining({
  status: 429,
  body: expect.objectContaining({ code: 'suspended', suspended: 'prefix' }),
})

describe('a prefix', () => {
  it('is suspended once enough was sent to it and too little was verified', async () => {
    await send(5, 1)
    await judge()

    const { status, headers, body } = await challenge()

    expect({ status, body }).toEqual({
      status: 429,
      body: expect.objectContaining({
        code: 'suspended',
        suspended: 'prefix',
        detail:
          'Sending to this number’s prefix is suspended; nothing was sent; wait for Retry-After.',
      }),
    })
    expect(Number(headers['retry-after'])).toBe(900)
  })

  it.each([
    ['too little was sent', 4, 0],
    ['enough was verified', 5, 2],
  ])('is not suspended when %s', async (_, sent, verified) => {
    await send(sent, verified)
    await judge()

    expect((await challenge()).status).toBe(200)
  })

  it('is judged by what is old enough to have been verified', async () => {
    await send(5)
    await judge(minute / 2)

    expect((await challenge()).status).toBe(200)
  })

  it('is judged by the sends of the window', async () => {
    await send(5)
    await stream(engine.take())
    pass(61 * minute)
    await judge()

    expect((await challenge()).status).toBe(200)
  })

  it('that is suspended leaves other prefixes of its country open', async () => {
    await send(5)
    await judge()

    expect((await challenge('+442079991234')).status).toBe(200)
  })

  it('is suspended no longer than a quarter of an hour by the same sends', async () => {
    await send(5)
    await judge()
    pass(16 * minute)
    await judge()

    expect((await challenge()).status).toBe(200)
  })

  it('is suspended for longer each time in a row', async () => {
    const waits: number[] = []
    for (let times = 0; times < 3; times++) {
      await send(5)
      await judge()
      const { headers } = await challenge()
      waits.push(Number(headers['retry-after']))
      pass(waits.at(-1)! * 1000 + minute)
      await stream(engine.take())
    }

    expect(waits).toEqual([900, 3600, 14_400])
  })

  it('is judged by a quarter of the sends after a suspension', async () => {
    await send(5)
    await judge()
    pass(16 * minute)
    await send(2)
    await judge()

    expect(await challenge()).toEqual(suspended)
  })

  it('is not suspended by what was not sent after all', async () => {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = '1/86400'
    await send(6)
    await judge()
    delete process.env.OTP_TWILIO_LIMIT_DEPLOYMENT

    expect((await challenge()).status).toBe(200)
  })

  it('counts a resend as the message that it is', async () => {
    const device = await register()
    await invoke(challengeDevice.handler, device)
    for (let n = 0; n < 4; n++) {
      await invoke(challengeDevice.handler, { ...device, body: { resend: true } })
    }
    await judge()

    expect(await challenge()).toEqual(suspended)
  })

  it('that is suspended is sent nothing', async () => {
    await send(5)
    await judge()
    const before = twilio.messages.length

    await challenge()

    expect(twilio.messages).toHaveLength(before)
  })

  it('that is suspended leaves a refused device as it was', async () => {
    await send(5)
    await judge()
    const device = await register()

    await invoke(challengeDevice.handler, device)

    expect(await invoke(challengeDevice.handler, device)).toEqual(suspended)
  })

  it('that is suspended leaves a live token good', async () => {
    await send(5)
    await stream(engine.take())
    pass(3 * minute)
    const device = await register()
    await invoke(challengeDevice.handler, device)
    const token = twilio.messages.at(-1)!.body
    await stream(engine.take())

    expect(await invoke(challengeDevice.handler, device)).toEqual(suspended)
    const { status } = await invoke(verifyDevice.handler, { ...device, body: { token } })
    expect(status).toBe(200)
  })

  it('that is suspended fills no limit', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '1/86400'
    for (let user = 0; user < 5; user++) await send(1)
    await judge()
    const device = await register()

    await invoke(challengeDevice.handler, device)
    pass(16 * minute)

    expect((await invoke(challengeDevice.handler, device)).status).toBe(200)
  })
})

describe('a country', () => {
  beforeEach(() => {
    delete process.env.OTP_TWILIO_BREAKER_PREFIX
    process.env.OTP_TWILIO_BREAKER_COUNTRY = '5/30/3600'
  })

  it('is suspended whatever the prefixes are', async () => {
    for (let n = 0; n < 5; n++) await send(1, 0, `+49301${randomInt(100, 1000)}`)
    await stream(engine.take())
    pass(3 * minute)
    await challenge(numberOf('+4930199'))
    await stream(engine.take())

    const { status, body } = await challenge(numberOf('+4930188'))

    expect([status, body.suspended]).toEqual([429, 'country'])
    expect((await challenge('+442079991234')).status).toBe(200)
  })
})

describe('a batch', () => {
  it('counts once however often it comes', async () => {
    await send(4)
    const records = engine.take()
    for (let n = 0; n < 5; n++) await stream(records)
    pass(3 * minute)
    await stream(records.slice(-3))

    expect((await challenge()).status).toBe(200)
  })

  it('is judged once in half a minute', async () => {
    await send(1)
    await stream(engine.take())
    await send(1)
    const before = dynamodb.operations.length
    await stream(engine.take())
    expect(dynamodb.operations.slice(before)).not.toContain('BatchGetItem')

    pass(minute / 2)
    await send(1)
    await stream(engine.take())

    expect(dynamodb.operations.slice(before)).toContain('BatchGetItem')
  })

  it('counts the same in parts and out of order', async () => {
    await send(5, 1)
    const records = engine.take()
    await stream(records.slice(8))
    await stream(records)
    await stream(records.slice(0, 8))
    await judge()

    expect(await challenge()).toEqual(suspended)
  })

  it.each<Fault>(['lose answer', 'lose request', 'hang', 'truncate answer'])(
    'whose every write meets %s is counted with the next one',
    async fault => {
      await send(5)
      dynamodb.faults.push(...Array<Fault>(60).fill(fault))
      await stream(engine.take())
      dynamodb.faults.length = 0
      await judge()

      expect(await challenge()).toEqual(suspended)
    },
  )

  it('without sends and verifications counts nothing', async () => {
    await register()
    const records = engine.take()
    const before = dynamodb.operations.length
    await stream(records)

    expect(dynamodb.operations.length).toBe(before)
  })
})

describe('the breaker without its data', () => {
  it.each<Fault>(['hang', 'lose answer', 'truncate answer'])(
    'lets a challenge go on when its read meets %s',
    async fault => {
      await send(5)
      await judge()
      expect(await challenge()).toEqual(suspended)
      const device = await register()
      readFault = fault

      expect((await invoke(challengeDevice.handler, device)).status).toBe(200)
    },
  )
})

describe('OTP_TWILIO_BREAKER', () => {
  it('with record suspends nothing', async () => {
    process.env.OTP_TWILIO_BREAKER = 'record'
    await send(5)
    await judge()

    expect((await challenge()).status).toBe(200)
  })

  it('with record lists what it would suspend', async () => {
    process.env.OTP_TWILIO_BREAKER = 'record'
    await send(5)
    await judge()

    const { body } = await invoke(list.handler, { method: 'GET' })

    expect(body.mode).toBe('record')
    expect(body.suspended).toContainEqual(expect.objectContaining({ prefix }))
  })

  it('with off neither reads nor counts', async () => {
    process.env.OTP_TWILIO_BREAKER = 'off'
    const device = await register()
    const before = dynamodb.operations.length
    await invoke(challengeDevice.handler, device)
    await stream(engine.take())

    // The device's write, and the one of the figures.
    expect(dynamodb.operations.slice(before)).toEqual(['UpdateItem', 'UpdateItem'])
    expect(await sliceCount()).toBe(0)
  })
})

describe('OTP_TWILIO_ALWAYS_ALLOW', () => {
  it.each([
    ['a number', (number: string) => number],
    ['a prefix of any length', (number: string) => `${number.slice(0, 6)}*`],
    ['a country', () => 'GB'],
  ])('lets %s through', async (_, listed) => {
    await send(5)
    await judge()
    const number = numberOf(prefix)
    process.env.OTP_TWILIO_ALWAYS_ALLOW = `+15555550100, ${listed(number)}`

    expect((await challenge(number)).status).toBe(200)
  })
})

describe('an admin', () => {
  const shown = async () => (await invoke(list.handler, { method: 'GET' })).body

  it('sees the mode and the rules', async () => {
    const { mode, rules } = await shown()

    expect({ mode, rules }).toEqual({
      mode: 'on',
      rules: { prefix: { sends: 5, percent: 30, seconds: 3600 }, country: null },
    })
  })

  it('sees each suspension with its end and its numbers', async () => {
    await send(5, 1)
    await judge()

    expect((await shown()).suspended).toContainEqual({
      prefix,
      until: new Date(now + 15 * minute).toISOString(),
      times: 1,
      sends: 5,
      verified: 1,
    })
  })

  it('lifts a suspension together with the sends before it', async () => {
    await send(5)
    await judge()
    const { status } = await invoke(lift.handler, { method: 'DELETE', query: { prefix } })
    await judge()

    expect(status).toBe(204)
    expect((await challenge()).status).toBe(200)
    expect((await shown()).suspended).not.toContainEqual(expect.objectContaining({ prefix }))
  })

  const allowable: [string, (number: string) => Record<string, string>][] = [
    ['a number', number => ({ number })],
    ['a prefix', () => ({ prefix })],
    ['a shorter prefix', () => ({ prefix: prefix.slice(0, 5) })],
    ['a country', () => ({ country: 'GB' })],
  ]

  it.each(allowable)('allows %s always', async (_, query) => {
    await send(5)
    await judge()
    const number = numberOf(prefix)

    await invoke(allow.handler, { method: 'PUT', query: query(number) })

    expect((await challenge(number)).status).toBe(200)
    await invoke(disallow.handler, { method: 'DELETE', query: query(number) })
  })

  it.each(allowable)('withdraws the allowance of %s', async (_, query) => {
    const named = query(numberOf(prefix))
    await invoke(allow.handler, { method: 'PUT', query: named })

    await invoke(disallow.handler, { method: 'DELETE', query: named })

    expect((await shown()).allowed).toEqual([])
  })

  it('sees what is always allowed with numbers masked', async () => {
    const number = '+442071838750'
    await invoke(allow.handler, { method: 'PUT', query: { number } })
    await invoke(allow.handler, { method: 'PUT', query: { country: 'CH' } })

    expect((await shown()).allowed).toEqual(
      expect.arrayContaining([{ number: '+44••••••••50' }, { country: 'CH' }]),
    )
    await invoke(disallow.handler, { method: 'DELETE', query: { number } })
    await invoke(disallow.handler, { method: 'DELETE', query: { country: 'CH' } })
  })

  const shownOf = async (number: string) =>
    (await invoke(list.handler, { method: 'GET', query: { number } })).body

  it('sees what holds a number, and nothing that holds others alone', async () => {
    await send(5, 1)
    await judge()
    const held = await shownOf(numberOf(prefix))
    const other = await shownOf(numberOf('+1212555'))

    expect(held.suspended).toEqual([expect.objectContaining({ prefix, sends: 5 })])
    expect([other.suspended, other.allowed]).toEqual([[], []])
  })

  it.each(allowable)('sees that nothing holds a number once %s is allowed', async (_, query) => {
    await send(5)
    await judge()
    const number = numberOf(prefix)
    await invoke(allow.handler, { method: 'PUT', query: query(number) })

    const { suspended: held, allowed } = await shownOf(number)

    expect([held, allowed]).toEqual([[], [expect.any(Object)]])
    await invoke(disallow.handler, { method: 'DELETE', query: query(number) })
  })

  it.each([
    ['a number', (number: string) => number],
    ['a prefix', (number: string) => `${number.slice(0, 6)}*`],
    ['a country', () => 'GB'],
  ])('sees that nothing holds a number where the setting has %s', async (_, listed) => {
    await send(5)
    await judge()
    const number = numberOf(prefix)
    process.env.OTP_TWILIO_ALWAYS_ALLOW = listed(number)

    expect((await shownOf(number)).suspended).toEqual([])
  })

  it('gets no answer for a number that is none', async () => {
    expect(await shownOf('12')).toMatchObject({ code: 'invalid_number' })
  })

  it('withdraws an allowance together with the sends under it', async () => {
    await invoke(allow.handler, { method: 'PUT', query: { prefix } })
    await send(5)
    await judge()
    await invoke(disallow.handler, { method: 'DELETE', query: { prefix } })
    await judge()

    expect((await challenge()).status).toBe(200)
  })

  it('who lifts a suspension that is not there writes nothing', async () => {
    await invoke(lift.handler, { method: 'DELETE', query: { prefix } })

    expect(await entryOf(prefix)).toBeUndefined()
  })

  it('who withdraws an allowance that is not there writes nothing', async () => {
    await invoke(disallow.handler, { method: 'DELETE', query: { prefix } })

    expect(await entryOf(prefix)).toBeUndefined()
  })

  it('who allows while a batch is judged comes before the judgement', async () => {
    await invoke(allow.handler, { method: 'PUT', query: { prefix } })
    const { since } = (await entryOf(prefix))!
    const seen = { until: 0, since, times: 0, sends: 0, verified: 0 }

    expect(await suspend({ ...seen, until: now + minute }, seen)).toBe(false)
    expect(await suspend({ ...seen, until: now + minute }, null)).toBe(false)
    expect((await challenge()).status).toBe(200)
    await invoke(disallow.handler, { method: 'DELETE', query: { prefix } })
  })

  it('who lifts while a batch is judged comes before the judgement', async () => {
    await send(5)
    await judge()
    await invoke(lift.handler, { method: 'DELETE', query: { prefix } })
    const seen = { until: now - 1, since: now - 1, times: 1, sends: 0, verified: 0 }

    expect(await suspend({ ...seen, until: now + minute }, seen)).toBe(false)
    expect((await challenge()).status).toBe(200)
  })

  const notOne: [string, Record<string, string>][] = [
    ['nothing', {}],
    ['two', { prefix: '+44', country: 'GB' }],
  ]

  it.each(notOne)('must name one to allow, and not %s', async (_, query) => {
    const { status, body } = await invoke(allow.handler, { method: 'PUT', query })

    expect([status, body.code]).toEqual([400, 'invalid_query'])
  })

  it.each(notOne)('must name one to lift, and not %s', async (_, query) => {
    const { status, body } = await invoke(lift.handler, { method: 'DELETE', query })

    expect([status, body.code]).toEqual([400, 'invalid_query'])
  })
})

describe('a slice', () => {
  /** What a slice keeps of 600 sends, 100 more, and verifications of both. */
  async function keptOfMany() {
    const { addToSlice, readSlices } = traffic
    const slice = { subject: `prefix:${prefix}`, at: now - (now % 30_000) }
    const none = new Set<string>()
    await addToSlice(
      store,
      slice,
      { sends: ids(0, 600), established: none, verified: none, unsent: none },
      signal,
    )
    await addToSlice(
      store,
      slice,
      {
        sends: ids(1000, 100),
        established: none,
        verified: new Set([...ids(0, 5), ...ids(1000, 50)]),
        unsent: none,
      },
      signal,
    )
    const span = { from: slice.at, before: slice.at + 30_000 }
    return (await readSlices(store, slice.subject, span, signal))[0]
  }
  const ids = (from: number, count: number) =>
    new Set(Array.from({ length: count }, (_, n) => `id${String(from + n).padStart(8, '0')}`))

  it('takes a sample of very many sends', async () => {
    expect((await keptOfMany())?.sends.size).toBe(600)
  })

  it('takes the verifications of its sample alone', async () => {
    expect((await keptOfMany())?.verified).toEqual(ids(0, 5))
  })
})

it('a judgement that is far too old to matter is no reason for a long suspension', async () => {
  await send(5)
  await judge()
  await store.retrying.send(
    new UpdateCommand({
      TableName: store.trafficTable,
      Key: { subject: 'suspensions', entry: `prefix:${prefix}` },
      UpdateExpression: 'SET #until = :long, since = :long',
      ExpressionAttributeNames: { '#until': 'until' },
      ExpressionAttributeValues: { ':long': now - 2 * 86_400_000 },
    }),
  )
  pass(61 * minute)
  await send(5)
  await judge()

  const { headers } = await challenge()

  expect(Number(headers['retry-after'])).toBe(900)
})
