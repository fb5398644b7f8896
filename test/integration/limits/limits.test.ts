// Limits on sends, through the real handlers on a real engine: what each refuses, what a refusal
// leaves as it was, and what is counted.
import { randomInt } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { noon, someNumber } from '../../support/device.ts'
import { itemOf } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const { direct, proxy: dynamodb } = await startFaultyStore()
const [challengeFunction, createFunction, verifyFunction, updateFunction, deleteFunction] =
  await Promise.all([
    import('../../../functions/challenge.ts'),
    import('../../../functions/create-device.ts'),
    import('../../../functions/verify.ts'),
    import('../../../functions/update-device.ts'),
    import('../../../functions/delete-device.ts'),
  ])

freezeAtNoon()
beforeEach(() => {
  answers = []
  dynamodb.faults.length = 0
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

/** How many requests the work makes to the engine and to Twilio. */
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
  /** Fills a limit of one send, in windows of so many seconds, and sends once more. */
  async function sendTwice(limit: string, seconds: number) {
    process.env[`OTP_TWILIO_LIMIT_${limit.toUpperCase()}`] = `1/${seconds}`
    const [first, second, body] = await together[limit]!()
    const sent = await challenge(first, body)
    const before = twilio.requests.length
    const refused = await challenge(second, body)
    const left = seconds - ((noon / 1000) % seconds)
    return { sent, refused, left, messages: twilio.requests.length - before, second, body }
  }

  // Country and deployment count all tests of this file: their windows differ from test to test.
  it.each(Object.keys(together))('%s refuses what is one too many by its name', async limit => {
    const seconds = limit === 'country' ? 901 : 902

    const { sent, refused, left, messages } = await sendTwice(limit, seconds)

    expect(sent.status).toBe(200)
    expect([refused.status, refused.body.code, refused.body.limit]).toEqual([
      429,
      'limit_reached',
      limit,
    ])
    expect(refused.headers['retry-after']).toBe(String(left))
    expect(messages).toBe(0)
  })

  it.each(Object.keys(together))('%s has room again in its next window', async limit => {
    const seconds = limit === 'country' ? 903 : 904

    const { refused, left, second, body } = await sendTwice(limit, seconds)

    expect(refused.status).toBe(429)
    vi.setSystemTime(noon + left * 1000)
    expect((await challenge(second, body)).status).toBe(200)
  })

  it.each(Object.keys(together))('%s is none when it is off', async limit => {
    process.env[`OTP_TWILIO_LIMIT_${limit.toUpperCase()}`] = 'off'
    const [first, second, body] = await together[limit]!()

    const sent = [await challenge(first, body), await challenge(second, body)]

    expect(sent.map(({ status }) => status)).toEqual([200, 200])
  })

  async function statusesOf(bodies: object[]): Promise<number[]> {
    process.env.OTP_TWILIO_LIMIT_CLIENT = '1/600'
    const device = await register()
    const statuses = []
    for (const body of bodies) statuses.push((await challenge(device, body)).status)
    return statuses
  }

  it('client counts only sends with a clientIp', async () => {
    const clientIp = `2001:db8:${randomInt(65_536).toString(16)}:1::1`

    expect(await statusesOf([{ clientIp }, {}, {}, { clientIp }])).toEqual([200, 200, 200, 429])
  })

  it('client counts an IPv6 address by its /64', async () => {
    const network = `2001:db8:${randomInt(65_536).toString(16)}:1`

    const statuses = await statusesOf([
      { clientIp: `${network}::1` },
      { clientIp: `${network}:0:0:0:ffff` },
      { clientIp: `${network.slice(0, -1)}2::1` },
    ])

    expect(statuses).toEqual([200, 429, 200])
  })
})

describe('a refused challenge', () => {
  it('leaves the device as it was where no token lived', async () => {
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
    // Whoever wrote before has not written this.
    expect(after).toEqual(without(before, 'actor', 'challenge', 'replaced'))
    expect(last).toEqual({ ...before.challenge, requestName: expect.any(String), id: '' })
    expect(replaced).toBe(before.challenge.requestName)
  })

  it('leaves the outcome for retries of the challenge before', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '1/600'
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

  it('leaves a live token', async () => {
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

  it.each(['no token', 'a token'])('charges no other limit with %s alive', async state => {
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

  it('with an Idempotency-Key may be tried again once there is room', async () => {
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

  it('once when an answer of the engine is lost', async () => {
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

  it('even if many come at once', async () => {
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

  it('send nothing', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600'
    const device = await register()
    dynamodb.faults.push('pass', ...lost)

    const cost = await counted(async () => {
      const { status, body } = await challenge(device)
      expect([status, body.code]).toEqual([503, 'unavailable'])
    })

    expect(cost.twilio).toBe(0)
  })

  it('refund the challenge', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    dynamodb.faults.push('pass', ...lost)

    await challenge(device)

    expect((await itemOf(direct, device)).pending).toEqual({})
    expect((await challenge(device)).status).toBe(200)
  })

  it.each([
    ['lose answer', 'was'],
    ['lose request', 'was not'],
  ])('are charged nothing when a %s hides that a send %s counted', async fault => {
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    const device = await register()
    await challenge(device)
    await verify(device, lastToken())
    dynamodb.faults.push('pass', ...Array<Fault>(3).fill(fault as Fault))

    const statuses = []
    for (const _ of [1, 2, 3]) statuses.push((await challenge(device)).status)

    expect(statuses).toEqual([503, 200, 429])
  })

  it('leave a live token', async () => {
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
  it('record sends beyond a full limit', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMITS = 'record'
    const device = await register()

    const sent = [await challenge(device), await challenge(device)]

    expect(sent.map(({ status }) => status)).toEqual([200, 200])
  })

  it('record counts', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMITS = 'record'
    const device = await register()
    await challenge(device)

    process.env.OTP_TWILIO_LIMITS = 'on'

    expect((await challenge(device)).status).toBe(429)
  })

  it('record sends when the limits are out of reach', async () => {
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
  it('the one that holds longer is answered', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_LIMIT_USER = '1/86400'
    const device = await register()
    await challenge(device)

    const { body, headers } = await challenge(device)

    expect([body.limit, headers['retry-after']]).toEqual(['user', '43200'])
  })
})

describe('a limit that is reached', () => {
  /** The lines that are logged when a user's limit is reached. */
  async function linesAtLimit(mode: string) {
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
    const ofLimits = written.filter(line => line.includes('limit')).map(line => JSON.parse(line))
    return { written, ofLimits, secrets: [number.slice(1), device.userId] }
  }

  it.each(['on', 'record'])('is logged by its name: %s', async mode => {
    const { ofLimits } = await linesAtLimit(mode)

    const line = { message: 'limit reached', limit: 'user', most: 1, seconds: 600, mode }
    expect(ofLimits).toContainEqual(expect.objectContaining(line))
  })

  it.each(['on', 'record'])('is measured by its name: %s', async mode => {
    const { ofLimits } = await linesAtLimit(mode)

    expect(ofLimits).toContainEqual(expect.objectContaining({ operation: 'limit', user: 1 }))
  })

  it.each(['on', 'record'])('is logged without number and user: %s', async mode => {
    const { written, secrets } = await linesAtLimit(mode)

    for (const secret of secrets) expect(written.join('\n')).not.toContain(secret)
  })
})

describe('a device that is deleted while the limits are asked', () => {
  it('is charged nothing', async () => {
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

  it('gets nothing by a try that comes late', async () => {
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
