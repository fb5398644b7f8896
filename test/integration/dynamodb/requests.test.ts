// What an operation costs, counted at the endpoints: one DynamoDB request to verify, one to
// challenge.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import { hashApiKey, scopes } from '../../../lib/api/api-key.ts'
import { noon, someNumber } from '../../support/device.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { apiKey } from '../../support/keys.ts'
import { type Answer, invoke, registerDevice } from '../../support/lambda.ts'
import { drawProofKey, keptProofKey } from '../../support/proof-keys.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
const [
  verifyFunction,
  challengeFunction,
  createFunction,
  updateFunction,
  getFunction,
  callbackFunction,
] = await Promise.all([
  import('../../../functions/verify.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
  import('../../../functions/get-challenge.ts'),
  import('../../../functions/status-callback.ts'),
])

freezeAtNoon()

afterAll(() => dynamodb.close())

const register = () => registerDevice(createFunction.handler)

async function counted(work: () => Promise<unknown>) {
  const before = [dynamodb.operations.length, twilio.requests.length] as const
  await work()
  return {
    dynamodb: dynamodb.operations.slice(before[0]),
    twilio: twilio.requests.length - before[1],
  }
}

async function challenged() {
  const device = await register()
  await invoke(challengeFunction.handler, device)
  return { device, token: twilio.messages.at(-1)!.body }
}

const verify = (device: object, token: string) =>
  invoke(verifyFunction.handler, { ...device, body: { token } })

describe('a verification is one DynamoDB request', () => {
  const one = { dynamodb: ['UpdateItem'], twilio: 0 }

  it('for a right token', async () => {
    const { device, token } = await challenged()

    expect(await counted(() => verify(device, token))).toEqual(one)
  })

  it('for a right token that is proved', async () => {
    const principal = { name: 'suite', hash: hashApiKey(apiKey), scopes, audiences: ['transfer'] }
    process.env.OTP_PROOF_ISSUER = 'https://otp.example'
    process.env.OTP_PROOF_KEYS = JSON.stringify([keptProofKey(drawProofKey())])
    process.env.OTP_API_KEYS = JSON.stringify([principal])
    vi.resetModules()
    const { handler } = await import('../../../functions/verify.ts')
    const { device, token } = await challenged()
    const body = { token, audience: 'transfer' }
    const answers: Answer[] = []

    const cost = await counted(async () => answers.push(await invoke(handler, { ...device, body })))

    expect(cost).toEqual(one)
    expect(answers[0]?.body.proof).toMatch(/^[\w-]+\.[\w-]+\.[\w-]{342}$/)
  })

  it('for a wrong token', async () => {
    const { device } = await challenged()

    expect(await counted(() => verify(device, 'wrong'))).toEqual(one)
  })

  it('for a locked device', async () => {
    const { device, token } = await challenged()
    await verify(device, 'wrong')

    expect(await counted(() => verify(device, token))).toEqual(one)
  })

  it('for a used token', async () => {
    const { device, token } = await challenged()
    await verify(device, token)

    expect(await counted(() => verify(device, token))).toEqual(one)
  })

  it('for a device that is not there', async () => {
    const missing = { userId: 'unknown', deviceId: randomUUID() }

    expect(await counted(() => verify(missing, '123456'))).toEqual(one)
  })

  it('for a token that is used up, and where none is pending', async () => {
    process.env.OTP_TWILIO_TOKEN_GUESSES = '1'
    const { device, token } = await challenged()

    const miss = await counted(() => verify(device, 'wrong'))
    const usedUp = await counted(() => verify(device, token))
    const { deviceId, userId } = await register()
    const none = await counted(() => verify({ deviceId, userId }, token))

    expect([miss, usedUp, none]).toEqual([one, one, one])
  })

  it('for the token of another challenge', async () => {
    const { device, token } = await challenged()
    const body = { token, challengeId: 'another' }

    const cost = await counted(() => invoke(verifyFunction.handler, { ...device, body }))

    expect(cost).toEqual(one)
  })

  it('but two for a right token that expired', async () => {
    const { device, token } = await challenged()
    vi.setSystemTime(noon + 30_000)

    const cost = await counted(() => verify(device, token))

    expect(cost.dynamodb).toEqual(['UpdateItem', 'UpdateItem'])
  })

  it('but three at the first attempt after the factor was changed', async () => {
    const { device, token } = await challenged()
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '2'

    const first = await counted(() => verify(device, token))
    const second = await counted(() => verify(device, token))

    expect([first.dynamodb.length, second.dynamodb.length]).toEqual([3, 1])
  })
})

describe('a challenge is one DynamoDB request and one Twilio request', () => {
  it('for a device that can be challenged', async () => {
    const device = await register()

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: ['UpdateItem'], twilio: 1 })
  })

  it('but two DynamoDB requests with an Idempotency-Key, to keep the outcome', async () => {
    const device = await register()
    const headers = { 'idempotency-key': 'k' }

    const cost = await counted(() => invoke(challengeFunction.handler, { ...device, headers }))

    expect(cost).toEqual({ dynamodb: ['UpdateItem', 'UpdateItem'], twilio: 1 })
  })

  it('but no Twilio request for a retry', async () => {
    const device = { ...(await register()), headers: { 'idempotency-key': 'k' } }
    await invoke(challengeFunction.handler, device)

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: ['UpdateItem'], twilio: 0 })
  })
})

describe('a challenge under limits is at most three round trips to DynamoDB before Twilio', () => {
  beforeEach(() => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '100/600,100/86400'
    process.env.OTP_TWILIO_LIMIT_USER = '1/600'
  })
  const updates = (n: number) => Array<string>(n).fill('UpdateItem')
  /** The row of a refusal, after it is decided. */
  const told = ['BatchWriteItem']

  it('of one request for each subject with a limit', async () => {
    const device = await register()

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: updates(1 + 2), twilio: 1 })
  })

  /** Holds the requests of each round trip, and gives how many they are, until Twilio is asked. */
  async function roundTrips(event: object): Promise<number[]> {
    const trips: number[] = []
    const messages = twilio.requests.length
    const held = () => dynamodb.requests.length
    let before = held()
    dynamodb.faults.push(...Array<Fault>(20).fill('delay answer'))
    const challenging = invoke(challengeFunction.handler, event)
    while (twilio.requests.length === messages) {
      await vi.waitUntil(() => held() > before || twilio.requests.length > messages, 5000)
      // All requests of one round trip leave together, and each is answered 300 ms later.
      await pause(200)
      if (held() > before) trips.push(held() - before)
      before = held()
    }
    dynamodb.faults.length = 0
    expect((await challenging).status).toBe(200)
    return trips
  }

  const shipped = () =>
    Object.assign(process.env, {
      OTP_TWILIO_LIMIT_NUMBER: '5/600,20/86400',
      OTP_TWILIO_LIMIT_USER: '10/600,40/86400',
      OTP_TWILIO_LIMIT_CLIENT: '100/3600',
      OTP_TWILIO_LIMIT_COUNTRY: '2000/86400',
      OTP_TWILIO_LIMIT_DEPLOYMENT: '100/60,5000/86400',
      OTP_TWILIO_BREAKER_PREFIX: '20/10/3600',
    })
  const body = { clientIp: '203.0.113.7' }

  it('the device, persons with the breaker, then what all share', async () => {
    shipped()
    const device = await registerDevice(createFunction.handler, someNumber())

    expect(await roundTrips({ ...device, body })).toEqual([1, 3 + 1, 2])
  })

  it('the device, all counters with the breaker, and the device again while a token lives', async () => {
    shipped()
    const device = await registerDevice(createFunction.handler, someNumber())
    await invoke(challengeFunction.handler, { ...device, body })

    expect(await roundTrips({ ...device, body })).toEqual([1, 5 + 1, 1])
  })

  it('the same for a resend', async () => {
    shipped()
    const device = await registerDevice(createFunction.handler, someNumber())
    await invoke(challengeFunction.handler, { ...device, body })

    expect(await roundTrips({ ...device, body: { ...body, resend: true } })).toEqual([1, 5 + 1, 1])
  })

  it('and two where they only record', async () => {
    shipped()
    process.env.OTP_TWILIO_LIMITS = 'record'
    process.env.OTP_TWILIO_BREAKER = 'record'
    const device = await registerDevice(createFunction.handler, someNumber())

    expect(await roundTrips({ ...device, body })).toEqual([1, 5 + 1])
  })

  it('but four where a personal limit refuses, to roll back and to refund', async () => {
    const device = await register()
    await invoke(challengeFunction.handler, device)
    await verify(device, twilio.messages.at(-1)!.body)

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: [...updates(1 + 2 + 1 + 1), ...told], twilio: 0 })
  })

  it('and no more while a token lives', async () => {
    const device = await register()
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    await invoke(challengeFunction.handler, device)

    const sent = await counted(() => invoke(challengeFunction.handler, device))
    const refused = await counted(() => invoke(challengeFunction.handler, device))

    expect(sent).toEqual({ dynamodb: updates(1 + 2 + 1), twilio: 1 })
    expect(refused).toEqual({ dynamodb: [...updates(1 + 2 + 1), ...told], twilio: 0 })
  })

  it('but three for a resend', async () => {
    const device = await register()
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    await invoke(challengeFunction.handler, device)
    const resend = { ...device, body: { resend: true } }

    const sent = await counted(() => invoke(challengeFunction.handler, resend))
    const refused = await counted(() => invoke(challengeFunction.handler, resend))

    expect(sent).toEqual({ dynamodb: ['GetItem', ...updates(2 + 1)], twilio: 1 })
    expect(refused).toEqual({ dynamodb: ['GetItem', ...updates(2 + 1), ...told], twilio: 0 })
  })

  it('but one for a retry of a challenge that was sent', async () => {
    const device = { ...(await register()), headers: { 'idempotency-key': 'k' } }
    await invoke(challengeFunction.handler, device)

    const retry = await counted(() => invoke(challengeFunction.handler, device))

    expect(retry).toEqual({ dynamodb: updates(1), twilio: 0 })
  })
})

describe('after a challenge', () => {
  it('a resend is one DynamoDB request and one Twilio request', async () => {
    const { device } = await challenged()
    const body = { resend: true }

    const cost = await counted(() => invoke(challengeFunction.handler, { ...device, body }))

    expect(cost).toEqual({ dynamodb: ['UpdateItem'], twilio: 1 })
  })

  it('its state is one DynamoDB request', async () => {
    const { device } = await challenged()

    const cost = await counted(() => invoke(getFunction.handler, { ...device, method: 'GET' }))

    expect(cost).toEqual({ dynamodb: ['GetItem'], twilio: 0 })
  })

  it('a status callback is one DynamoDB request, and a row of the timeline', async () => {
    process.env.OTP_PUBLIC_URL = 'https://otp.example'
    const { device } = await challenged()
    const form = { MessageStatus: 'delivered' }
    const url = twilio.requests.at(-1)!.form.StatusCallback!
    const signature = signForm(process.env.OTP_TWILIO_AUTH!, url, form)

    const cost = await counted(() =>
      invoke(callbackFunction.handler, {
        ...device,
        challengeId: url.split('/').at(-2)!,
        headers: { 'x-twilio-signature': signature },
        body: new URLSearchParams(form).toString(),
      }),
    )

    expect(cost).toEqual({ dynamodb: ['UpdateItem', 'BatchWriteItem'], twilio: 0 })
  })
})

describe('a device is written with one request', () => {
  it('when it is created, after a look for a lock that is kept', async () => {
    expect((await counted(register)).dynamodb).toEqual(['GetItem', 'PutItem'])
  })

  it.each([
    ['changed', { name: 'Work' }, ['UpdateItem']],
    [
      'given another number, after a look for the locks of both',
      { number: '+15555550101' },
      ['GetItem', 'GetItem', 'UpdateItem'],
    ],
  ])('when it is %s', async (_, body, requests) => {
    const device = await register()

    const cost = await counted(() => invoke(updateFunction.handler, { ...device, body }))

    expect(cost.dynamodb).toEqual(requests)
  })
})
