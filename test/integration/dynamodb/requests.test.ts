// What an operation costs, counted at the endpoints: one DynamoDB request to verify, one to challenge.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
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

const noon = Date.UTC(2026, 0, 1, 12)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
})

afterEach(() => {
  vi.useRealTimers()
  delete process.env.OTP_TWILIO_THROTTLE_FACTOR
})

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
    const nobody = { userId: 'nobody', deviceId: randomUUID() }

    expect(await counted(() => verify(nobody, '123456'))).toEqual(one)
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

  it('and one more to keep the outcome for retries with an Idempotency-Key', async () => {
    const device = await register()
    const headers = { 'idempotency-key': 'k' }

    const first = await counted(() => invoke(challengeFunction.handler, { ...device, headers }))
    const retry = await counted(() => invoke(challengeFunction.handler, { ...device, headers }))

    expect(first).toEqual({ dynamodb: ['UpdateItem', 'UpdateItem'], twilio: 1 })
    expect(retry).toEqual({ dynamodb: ['UpdateItem'], twilio: 0 })
  })
})

describe('a challenge under limits is two round trips to DynamoDB', () => {
  beforeEach(() => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '100/600,100/86400'
    process.env.OTP_TWILIO_LIMIT_USER = '1/600'
  })
  afterEach(() => {
    for (const name of ['NUMBER', 'USER']) delete process.env[`OTP_TWILIO_LIMIT_${name}`]
  })
  const updates = (n: number) => Array<string>(n).fill('UpdateItem')

  it('of one request more than there are limits', async () => {
    const device = await register()

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: updates(1 + 3), twilio: 1 })
  })

  it('because the limits are asked all at once', async () => {
    const device = await register()
    dynamodb.faults.push('pass', 'hold request', 'hold request', 'hold request')
    const challenging = invoke(challengeFunction.handler, device)
    await vi.waitUntil(() => dynamodb.faults.length === 0)
    const asked = dynamodb.requests.slice(-3).map(({ input }) => JSON.stringify(input))

    await dynamodb.release()

    // One after the other, the second would be the first again, once that was given up.
    expect(new Set(asked).size).toBe(3)
    expect((await challenging).status).toBe(200)
  })

  it('but four where one refuses: the challenge and the counts are given back', async () => {
    const device = await register()
    await invoke(challengeFunction.handler, device)
    await verify(device, twilio.messages.at(-1)!.body)

    const cost = await counted(() => invoke(challengeFunction.handler, device))

    expect(cost).toEqual({ dynamodb: updates(1 + 3 + 1 + 2), twilio: 0 })
  })

  it('but three while a token lives, which a refusal leaves alone', async () => {
    const device = await register()
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    await invoke(challengeFunction.handler, device)

    const sent = await counted(() => invoke(challengeFunction.handler, device))
    const refused = await counted(() => invoke(challengeFunction.handler, device))

    expect(sent).toEqual({ dynamodb: updates(1 + 3 + 1), twilio: 1 })
    expect(refused).toEqual({ dynamodb: updates(1 + 3 + 2), twilio: 0 })
  })

  it('and three of a resend, which a refusal leaves alone too', async () => {
    const device = await register()
    process.env.OTP_TWILIO_LIMIT_USER = '2/600'
    await invoke(challengeFunction.handler, device)
    const resend = { ...device, body: { resend: true } }

    const sent = await counted(() => invoke(challengeFunction.handler, resend))
    const refused = await counted(() => invoke(challengeFunction.handler, resend))

    expect(sent).toEqual({ dynamodb: ['GetItem', ...updates(3 + 1)], twilio: 1 })
    expect(refused).toEqual({ dynamodb: ['GetItem', ...updates(3 + 2)], twilio: 0 })
  })

  it('and one with the Idempotency-Key of a challenge that was sent', async () => {
    const device = { ...(await register()), headers: { 'idempotency-key': 'k' } }
    await invoke(challengeFunction.handler, device)

    const retry = await counted(() => invoke(challengeFunction.handler, device))

    expect(retry).toEqual({ dynamodb: updates(1), twilio: 0 })
  })
})

describe('what became of a challenge', () => {
  it('is one DynamoDB request to send again, and one Twilio request', async () => {
    const { device } = await challenged()
    const body = { resend: true }

    const cost = await counted(() => invoke(challengeFunction.handler, { ...device, body }))

    expect(cost).toEqual({ dynamodb: ['UpdateItem'], twilio: 1 })
  })

  it('is one DynamoDB request to show, and one to keep what Twilio tells', async () => {
    process.env.OTP_PUBLIC_URL = 'https://otp.example'
    const { device } = await challenged()
    const shown = await counted(() => invoke(getFunction.handler, { ...device, method: 'GET' }))
    const form = { MessageStatus: 'delivered' }
    const url = twilio.requests.at(-1)!.form.StatusCallback!
    const signature = signForm(process.env.OTP_TWILIO_AUTH!, url, form)
    const told = await counted(() =>
      invoke(callbackFunction.handler, {
        ...device,
        challengeId: url.split('/').at(-2)!,
        headers: { 'x-twilio-signature': signature },
        body: new URLSearchParams(form).toString(),
      }),
    )
    delete process.env.OTP_PUBLIC_URL

    expect(shown).toEqual({ dynamodb: ['GetItem'], twilio: 0 })
    expect(told).toEqual({ dynamodb: ['UpdateItem'], twilio: 0 })
  })
})

describe('a device is written with one request', () => {
  it('when it is created and when it is changed', async () => {
    const device = await register()
    const body = { number: '+15555550101' }

    expect((await counted(register)).dynamodb).toEqual(['PutItem'])
    const patch = await counted(() => invoke(updateFunction.handler, { ...device, body }))
    expect(patch.dynamodb).toEqual(['UpdateItem'])
  })
})
