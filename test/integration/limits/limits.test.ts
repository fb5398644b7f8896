// Limits on sends, through the real handlers on a real engine: what each refuses, what a refusal leaves as it
// was, and what is counted.
import { randomInt } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { getDevice } from '../../../lib/device/store.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf, signal } from '../../support/devices.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const direct = connectStore()
await getDevice(direct, { userId: 'warm', deviceId: 'up' }, signal)
const twilio = await startTwilio(() => answers.shift())
const dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
const [challengeFunction, createFunction, verifyFunction, updateFunction, deleteFunction] =
  await Promise.all([
    import('../../../functions/challenge.ts'),
    import('../../../functions/create-device.ts'),
    import('../../../functions/verify.ts'),
    import('../../../functions/update-device.ts'),
    import('../../../functions/delete-device.ts'),
  ])

const noon = Date.UTC(2026, 0, 1, 12)
const settings = { ...process.env }

/** A number that nobody else in this file has, or a counter would be full already. */
const someNumber = () => `+4420718${randomInt(10_000, 100_000)}`

beforeEach(() => {
  answers = []
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
})

afterEach(() => {
  vi.useRealTimers()
  dynamodb.faults.length = 0
  process.env = { ...settings }
})

afterAll(() => dynamodb.close())

const register = (number = someNumber(), userId?: string) =>
  registerDevice(createFunction.handler, number, userId)

function challenge(device: DeviceKey, body: object = {}, headers = {}) {
  return invoke(challengeFunction.handler, { ...device, body, headers })
}

const verify = (device: DeviceKey, token: string) =>
  invoke(verifyFunction.handler, { ...device, body: { token } })

const lastToken = () => twilio.messages.at(-1)!.body

/** What the work asks of the engine and of Twilio. */
async function counted(work: () => Promise<unknown>) {
  const before = [dynamodb.operations.length, twilio.requests.length] as const
  await work()
  return {
    dynamodb: dynamodb.operations.length - before[0],
    twilio: twilio.requests.length - before[1],
  }
}

/** By the limit's name, two sends that it counts together, of two devices. */
const together: Record<string, () => Promise<[DeviceKey, DeviceKey, object]>> = {
  number: async () => {
    const number = someNumber()
    return [await register(number), await register(number), {}]
  },
  user: async () => {
    const first = await register()
    return [first, await register(someNumber(), first.userId), {}]
  },
  client: async () => [
    await register(),
    await register(),
    { clientIp: `203.0.113.${randomInt(256)}` },
  ],
  country: async () => [await register(), await register(), {}],
  deployment: async () => [await register(), await register(), {}],
}

describe('the limit of a', () => {
  it.each(Object.keys(together))(
    '%s refuses what is one too many, and names itself',
    async limit => {
      // A window of its own for each of these tests, whose counters have nothing else to tell them apart.
      const seconds = limit === 'country' ? 901 : 902
      process.env[`OTP_TWILIO_LIMIT_${limit.toUpperCase()}`] = `1/${seconds}`
      const [first, second, body] = await together[limit]!()
      const left = seconds - ((noon / 1000) % seconds)

      const sent = await challenge(first, body)
      const before = twilio.requests.length
      const refused = await challenge(second, body)

      expect(sent.status).toBe(200)
      expect([refused.status, refused.body.code, refused.body.limit]).toEqual([
        429,
        'limit_reached',
        limit,
      ])
      expect(refused.headers['retry-after']).toBe(String(left))
      expect(twilio.requests.length - before).toBe(0)
      vi.setSystemTime(noon + left * 1000)
      expect((await challenge(second, body)).status).toBe(200)
    },
  )

  it.each(Object.keys(together))('%s is none when it is off', async limit => {
    process.env[`OTP_TWILIO_LIMIT_${limit.toUpperCase()}`] = 'off'
    const [first, second, body] = await together[limit]!()

    const sent = [await challenge(first, body), await challenge(second, body)]

    expect(sent.map(({ status }) => status)).toEqual([200, 200])
  })

  it('client counts only what has a clientIp, an IPv6 by its /64', async () => {
    process.env.OTP_TWILIO_LIMIT_CLIENT = '1/600'
    const device = await register()
    const network = `2001:db8:${randomInt(65_536).toString(16)}:1`

    const statuses = []
    for (const body of [
      { clientIp: `${network}::1` },
      {},
      {},
      { clientIp: `${network}:0:0:0:ffff` },
      { clientIp: `${network.slice(0, -1)}2::1` },
    ]) {
      statuses.push((await challenge(device, body)).status)
    }

    expect(statuses).toEqual([200, 200, 200, 429, 200])
  })
})

describe('a refused challenge', () => {
  it('leaves the device as it was, where no token lived', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    process.env.OTP_TWILIO_COOLDOWN_MAX = '3600'
    const number = someNumber()
    const device = await register(number)
    await challenge(await register(number))
    const before = await itemOf(direct, device)

    const { status } = await challenge(device, {}, { 'idempotency-key': 'k' })

    const { challenge: last, replaced, ...after } = await itemOf(direct, device)
    expect(status).toBe(429)
    expect(after).toEqual(without(before, 'challenge', 'replaced'))
    expect(last).toEqual({ ...before.challenge, requestName: expect.any(String), id: '' })
    expect(replaced).toBe(before.challenge.requestName)
  })

  it('leaves the outcome that a retry of the one before is told', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    const headers = { 'idempotency-key': 'k' }
    await challenge(device, {}, headers)
    await verify(device, lastToken())
    const refused = await challenge(device)

    const cost = await counted(async () => {
      expect((await challenge(device, {}, headers)).status).toBe(200)
    })

    expect(refused.status).toBe(429)
    expect(cost).toEqual({ dynamodb: 1, twilio: 0 })
  })

  it('leaves the token that lives, which verifies', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    await challenge(device)
    const token = lastToken()
    const before = await itemOf(direct, device)

    const { body } = await challenge(device)

    expect(body.code).toBe('limit_reached')
    expect(await itemOf(direct, device)).toEqual(before)
    expect((await verify(device, token)).status).toBe(200)
  })

  it.each(['no token', 'a token'])('charges no other limit, with %s alive', async state => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const number = someNumber()
    const device = await register(number)
    if (state === 'a token') await challenge(device)
    else await challenge(await register(number))
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    await challenge(await register(number))

    for (const _ of [1, 2, 3]) expect((await challenge(device)).body.limit).toBe('number')

    process.env.OTP_TWILIO_LIMIT_NUMBER = 'off'
    expect((await challenge(device)).status).toBe(200)
  })

  it('with an Idempotency-Key may be tried again with it, once there is room', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const number = someNumber()
    const device = await register(number)
    await challenge(await register(number))
    const headers = { 'idempotency-key': 'k' }
    await challenge(device, {}, headers)

    vi.setSystemTime(noon + 600_000)

    expect((await challenge(device, {}, headers)).status).toBe(200)
  })
})

describe('a send is counted', () => {
  it('not again for a retry with its Idempotency-Key', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '2/600'
    const device = await register()
    const headers = { 'idempotency-key': 'k' }
    for (const _ of [1, 2, 3]) await challenge(device, {}, headers)

    expect((await challenge(device)).status).toBe(200)
    expect((await challenge(device)).status).toBe(429)
  })

  it('not when Twilio surely did not send it', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    answers = [{ status: 400, body: { code: 21606 } }]

    const [failed, sent] = [await challenge(device), await challenge(device)]

    expect([failed.status, sent.status]).toEqual([502, 200])
  })

  it('when it may have been sent', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    answers = [{ status: 500, body: {} }]

    const [unknown, refused] = [await challenge(device), await challenge(device)]

    expect([unknown.status, refused.status]).toEqual([504, 429])
  })

  it('not for a device in its cooldown', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '2/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const number = someNumber()
    const device = await register(number)
    await challenge(device)

    for (const _ of [1, 2]) expect((await challenge(device)).body.code).toBe('cooldown')

    expect((await challenge(await register(number))).status).toBe(200)
  })

  it('once, when an answer of the engine is lost', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '2/600'
    const device = await register()

    const lostHere: Fault[][] = [
      ['pass', 'lose answer'],
      ['pass', 'pass', 'lose answer'],
    ]
    for (const faults of lostHere) {
      dynamodb.faults.push(...faults)
      expect((await challenge(device)).status).toBe(200)
    }

    expect((await challenge(device)).status).toBe(429)
  })

  it('together, however many come at once', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '3/600'
    const number = someNumber()
    const devices = await Promise.all(Array.from({ length: 12 }, () => register(number)))
    const before = twilio.requests.length

    const sent = await Promise.all(devices.map(device => challenge(device)))

    expect(sent.filter(({ status }) => status === 200)).toHaveLength(
      twilio.requests.length - before,
    )
    expect(twilio.requests.length - before).toBe(3)
  })
})

describe('limits out of reach', () => {
  const lost: Fault[] = ['lose request', 'lose request', 'lose request']

  it('send nothing, and give the challenge back', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    dynamodb.faults.push('pass', ...lost)

    const cost = await counted(async () => {
      const { status, body } = await challenge(device)
      expect([status, body.code]).toEqual([503, 'unavailable'])
    })

    expect(cost.twilio).toBe(0)
    expect((await itemOf(direct, device)).pending).toEqual({})
    expect((await challenge(device)).status).toBe(200)
  })

  it.each([
    ['lose answer', 'was'],
    ['lose request', 'was not'],
  ])('are charged nothing, when by a %s it is not known whether a send %s counted', async fault => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const device = await register()
    await challenge(device)
    await verify(device, lastToken())
    dynamodb.faults.push('pass', ...Array<Fault>(3).fill(fault as Fault))

    const statuses = []
    for (const _ of [1, 2, 3]) statuses.push((await challenge(device)).status)

    expect(statuses).toEqual([503, 200, 429])
  })

  it('send nothing, and leave the token that lives', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600'
    const device = await register()
    await challenge(device)
    const token = lastToken()
    dynamodb.faults.push('pass', ...lost)

    const { status } = await challenge(device)

    expect(status).toBe(503)
    expect((await verify(device, token)).status).toBe(200)
  })
})

describe('OTP_TWILIO_LIMITS', () => {
  it('record sends all the same, and counts', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMITS = 'record'
    const device = await register()

    const sent = [await challenge(device), await challenge(device)]

    process.env.OTP_TWILIO_LIMITS = 'on'
    const refused = await challenge(device)
    expect([...sent, refused].map(({ status }) => status)).toEqual([200, 200, 429])
  })

  it('record sends all the same when the limits are out of reach', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMITS = 'record'
    const device = await register()
    dynamodb.faults.push('pass', 'lose request', 'lose request', 'lose request')

    expect((await challenge(device)).status).toBe(200)
  })

  it('off counts nothing', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMITS = 'off'
    const device = await register()

    const cost = await counted(() => challenge(device))

    expect(cost).toEqual({ dynamodb: 1, twilio: 1 })
  })
})

describe('of two limits that are full', () => {
  it('the one that holds longer is told', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMIT_USER = '1/86400'
    const device = await register()
    await challenge(device)

    const { body, headers } = await challenge(device)

    expect([body.limit, headers['retry-after']]).toEqual(['user', '43200'])
  })
})

describe('a limit that is reached', () => {
  it.each(['on', 'record'])(
    'is logged and measured by its name, with nobody in it: %s',
    async mode => {
      process.env.OTP_TWILIO_LIMIT_USER = '1/600'
      process.env.OTP_TWILIO_LIMITS = mode
      const number = someNumber()
      const device = await register(number)
      await challenge(device)
      const written: string[] = []
      const keep = (chunk: unknown) => {
        written.push(String(chunk))
        return true
      }
      const catching = [
        ...[process.stdout, process.stderr].map(stream =>
          vi.spyOn(stream, 'write').mockImplementation(keep),
        ),
        ...(['log', 'warn', 'info'] as const).map(method =>
          vi.spyOn(console, method).mockImplementation(keep),
        ),
      ]

      await challenge(device)

      for (const spy of catching) spy.mockRestore()
      const told = written.filter(line => line.includes('limit'))
      const line = { message: 'limit reached', limit: 'user', most: 1, seconds: 600, mode }
      expect(told.map(text => JSON.parse(text))).toContainEqual(expect.objectContaining(line))
      expect(told.map(text => JSON.parse(text))).toContainEqual(
        expect.objectContaining({ operation: 'limit', user: 1 }),
      )
      for (const secret of [number.slice(1), device.userId]) {
        expect(written.join('\n')).not.toContain(secret)
      }
    },
  )
})

describe('a device that is deleted while the limits are asked', () => {
  it('is gone, and charged nothing', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const device = await register()
    await challenge(device)
    dynamodb.faults.push('pass', 'pass', 'hold request')
    const challenging = challenge(device)
    await vi.waitUntil(() => dynamodb.faults.length === 0)

    await invoke(deleteFunction.handler, { ...device, method: 'DELETE' })

    expect((await challenging).status).toBe(404)
    const other = await register(someNumber(), device.userId)
    expect([(await challenge(other)).status, (await challenge(other)).status]).toEqual([200, 429])
  })
})

describe('a number that changes while the limits are asked', () => {
  it('gets nothing that was counted for another', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const device = await register()
    await challenge(device)
    const before = twilio.requests.length
    dynamodb.faults.push('pass', 'pass', 'hold request')
    const challenging = challenge(device)
    await vi.waitUntil(() => dynamodb.faults.length === 0)

    await invoke(updateFunction.handler, { ...device, body: { number: someNumber() } })
    const { status } = await challenging

    expect([status, twilio.requests.length - before]).toEqual([503, 0])
    expect([(await challenge(device)).status, (await challenge(device)).status]).toEqual([200, 429])
  })

  it('gets nothing by a try that comes late, either', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const device = await register()
    await challenge(device)
    const before = twilio.requests.length
    dynamodb.faults.push('hold request', 'pass', 'pass', 'hold request')
    const challenging = challenge(device)
    await vi.waitUntil(() => dynamodb.faults.length === 0, 5000)

    await invoke(updateFunction.handler, { ...device, body: { number: someNumber() } })
    await dynamodb.release()
    const { status } = await challenging

    expect([status, twilio.requests.length - before]).toEqual([503, 0])
    expect((await itemOf(direct, device)).pending).toEqual({})
    expect([(await challenge(device)).status, (await challenge(device)).status]).toEqual([200, 429])
  })
})

function without(item: object, ...names: string[]): object {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)))
}
