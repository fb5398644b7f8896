// A lost answer is normal life: the SDK tries again by itself, and the write may have been applied.
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { itemOf } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { direct, proxy: dynamodb } = await startFaultyStore()
const [verifyFunction, challengeFunction, createFunction, updateFunction, getFunction] =
  await Promise.all([
    import('../../../functions/verify.ts'),
    import('../../../functions/challenge.ts'),
    import('../../../functions/create-device.ts'),
    import('../../../functions/update-device.ts'),
    import('../../../functions/get-device.ts'),
  ])

afterAll(() => dynamodb.close())
afterEach(() => vi.unstubAllEnvs())

const register = () => registerDevice(createFunction.handler)

async function challenged() {
  const device = await register()
  await invoke(challengeFunction.handler, device)
  return { device, token: twilio.messages.at(-1)!.body }
}

function verify(device: object, token: string, faults: Fault[]) {
  dynamodb.faults.push(...faults)
  return invoke(verifyFunction.handler, { ...device, body: { token } })
}

const applied: Fault[][] = [
  ['lose answer'],
  ['lose answer', 'lose answer'],
  ['truncate answer'],
  ['stall answer'],
  ['empty answer'],
  ['lose request'],
  ['lose request', 'lose answer'],
]

describe.each(['1', '0.1', '0'])('at factor %s', factor => {
  it.each(applied.map(faults => [faults.join(', '), faults] as const))(
    'a right token is verified through: %s',
    async (_, faults) => {
      vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', factor)
      const { device, token } = await challenged()

      const { status } = await verify(device, token, faults.slice(0, factor === '1' ? 2 : 1))

      const after = await itemOf(direct, device)
      // Below 0.5 the write is sent once, and one that never arrived is not known to have been
      // made.
      const isLost = factor !== '1' && faults[0] === 'lose request'
      expect([status, after.failures]).toEqual([isLost ? 503 : 200, 0])
      expect(Object.keys(after.pending ?? {})).toHaveLength(isLost ? 1 : 0)
    },
  )

  it.each(applied.map(faults => [faults.join(', '), faults] as const))(
    'a wrong token counts at most once through: %s',
    async (_, faults) => {
      vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', factor)
      const { device } = await challenged()

      const { status } = await verify(device, 'wrong', faults.slice(0, factor === '1' ? 2 : 1))

      const after = await itemOf(direct, device)
      const isLost = factor !== '1' && faults[0] === 'lose request'
      expect([status, after.failures]).toEqual(isLost ? [503, 0] : [403, 1])
    },
  )
})

describe('three lost answers', () => {
  const faults: Fault[] = ['lose answer', 'lose answer', 'lose answer']

  it('leave the read to say that the token was right', async () => {
    const { device, token } = await challenged()

    const { status } = await verify(device, token, faults)

    expect(status).toBe(200)
  })

  it('and a lost read leave an attempt that counts once', async () => {
    const { device } = await challenged()

    const { status, body } = await verify(device, 'wrong', [...faults, 'lose answer'])

    const after = await itemOf(direct, device)
    expect([status, body.code, after.failures]).toEqual([503, 'unavailable', 1])
  })

  it('of a challenge send one SMS with a token that verifies', async () => {
    const device = await register()
    const before = twilio.requests.length
    dynamodb.faults.push(...faults)

    const { status } = await invoke(challengeFunction.handler, device)

    const { status: verified } = await verify(device, twilio.messages.at(-1)!.body, [])
    expect([status, twilio.requests.length - before, verified]).toEqual([200, 1, 200])
  })

  it('of a read are tried again', async () => {
    const device = await register()
    dynamodb.faults.push('lose answer', 'lose request')

    const { status } = await invoke(getFunction.handler, { ...device, method: 'GET' })

    expect(status).toBe(200)
  })

  it('of a registration make one device', async () => {
    dynamodb.faults.push('lose answer', 'lose answer')

    const device = await register()

    expect((await itemOf(direct, device)).deviceId).toBe(device.deviceId)
  })
})

describe('a try that comes late', () => {
  it('of a challenge does not bring a used token back', async () => {
    const device = await register()
    dynamodb.faults.push('hold request')
    await invoke(challengeFunction.handler, device)
    const token = twilio.messages.at(-1)!.body
    const first = await verify(device, token, [])

    await dynamodb.release()
    const second = await verify(device, token, [])

    expect([first.status, second.status]).toEqual([200, 403])
  })

  it('of a challenge does not replace the token of a newer one', async () => {
    const device = await register()
    dynamodb.faults.push('hold request')
    await invoke(challengeFunction.handler, device)
    await invoke(challengeFunction.handler, device)
    const token = twilio.messages.at(-1)!.body

    await dynamodb.release()
    const { status } = await verify(device, token, [])

    expect(status).toBe(200)
  })

  it.each([
    ['right', 200, 0],
    ['wrong', 403, 1],
  ])('of a verification with a %s token changes nothing', async (kind, status, failures) => {
    const { device, token } = await challenged()
    const answer = await verify(device, kind === 'right' ? token : 'wrong', ['hold request'])

    await dynamodb.release()

    expect([answer.status, (await itemOf(direct, device)).failures]).toEqual([status, failures])
  })
})

describe.each(['no token', 'a token'])('under limits, with %s alive', state => {
  async function limited() {
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '9/600')
    const device = await register()
    if (state === 'a token') await invoke(challengeFunction.handler, device)
    return device
  }
  const lost: Fault[] = ['lose answer', 'lose answer', 'lose answer']
  // The device's own write: the first, or the third behind the limit.
  const before: Fault[] = state === 'a token' ? ['pass', 'pass'] : []

  it('three lost answers send one SMS with a token that verifies', async () => {
    const device = await limited()
    const sms = twilio.requests.length
    dynamodb.faults.push(...before, ...lost)

    const { status } = await invoke(challengeFunction.handler, device)

    const { status: verified } = await verify(device, twilio.messages.at(-1)!.body, [])
    expect([status, twilio.requests.length - sms, verified]).toEqual([200, 1, 200])
  })

  it('a try that comes late does not bring a used token back', async () => {
    const device = await limited()
    dynamodb.faults.push(...before, 'hold request')
    await invoke(challengeFunction.handler, device)
    const token = twilio.messages.at(-1)!.body
    const first = await verify(device, token, [])

    await dynamodb.release()
    const second = await verify(device, token, [])

    expect([first.status, second.status]).toEqual([200, 403])
  })

  it('a refused challenge whose try comes late stays rolled back', async () => {
    const device = await limited()
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '1/601')
    await invoke(challengeFunction.handler, device)
    if (state === 'no token') await verify(device, twilio.messages.at(-1)!.body, [])
    const tokens = Object.keys((await itemOf(direct, device)).pending)
    dynamodb.faults.push('hold request')
    const { status } = await invoke(challengeFunction.handler, device)

    await dynamodb.release()

    expect(status).toBe(429)
    expect(Object.keys((await itemOf(direct, device)).pending)).toEqual(tokens)
  })
})

describe('a number that is changed while a challenge is retried', () => {
  it('gets no SMS with a token that is dead', async () => {
    vi.stubEnv('OTP_TWILIO_COOLDOWN', '30')
    const device = await register()
    const before = twilio.requests.length
    dynamodb.faults.push('lose answer', 'hold request')
    const challenging = invoke(challengeFunction.handler, device)
    await vi.waitUntil(() => dynamodb.faults.length === 0)

    await invoke(updateFunction.handler, { ...device, body: { number: '+15555550199' } })
    const { status } = await challenging

    expect([status, twilio.requests.length - before]).toEqual([429, 0])
  })
})

describe('an engine that hangs', () => {
  const hangs: Fault[] = Array.from({ length: 8 }, () => 'hang')

  afterEach(() => {
    dynamodb.faults.length = 0
  })

  it('makes verify answer 503 within five seconds', async () => {
    const { device, token } = await challenged()
    const start = performance.now()

    const { status, body } = await verify(device, token, hangs)

    const late = performance.now() - start >= 5000
    const violations = Number(status !== 503 || late)
    figure({ claim: 'DynamoDB hangs: verify answers 503 within 5 s', trials: 1, violations })
    expect([status, body.code, late]).toEqual([503, 'unavailable', false])
  })

  it('makes challenge answer 503 without a message', async () => {
    const device = await register()
    const before = twilio.requests.length
    dynamodb.faults.push(...hangs)

    const { status, body } = await invoke(challengeFunction.handler, device)

    expect([status, body.code, twilio.requests.length - before]).toEqual([503, 'unavailable', 0])
  })
})
