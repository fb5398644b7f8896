// Races, through the real handlers and a real engine: what many requests at once may do is what one
// may do. On a busy machine any of them may meet its deadline and answer 503; what was done then is
// in the item.
import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { trials } from '../../support/runs.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const [verifyFunction, challengeFunction, createFunction] = await Promise.all([
  import('../../../functions/verify.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
])
const store = connectStore()

const register = () => registerDevice(createFunction.handler)

async function challenged() {
  const device = await register()
  await invoke(challengeFunction.handler, device)
  return { device, token: twilio.messages.at(-1)!.body }
}

/** How often each status was answered. */
async function burst(times: number, work: () => ReturnType<typeof invoke>) {
  const answers = await Promise.all(Array.from({ length: times }, work))
  const statuses: Record<number, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return statuses
}

function verify(device: object, token: string) {
  return invoke(verifyFunction.handler, { ...device, body: { token } })
}

/**
 * For as long as the burst lasts, so that the lock of the first attempt cannot run out meanwhile.
 */
function withFactor<T>(factor: string, work: () => Promise<T>): Promise<T> {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', factor)
  vi.stubEnv('OTP_TWILIO_TOKEN_VALIDITY', '300')
  return work().finally(() => vi.unstubAllEnvs())
}

/** A thousand in a long run. */
const many = trials({ sample: 100, long: 1000 })

describe('at once', () => {
  it('many wrong tokens spend one attempt', () =>
    withFactor('3600', async () => {
      const { device, token } = await challenged()
      const wrong = token === '000000' ? '000001' : '000000'

      const {
        403: evaluated = 0,
        429: locked = 0,
        503: unknown = 0,
      } = await burst(many, () => verify(device, wrong))

      const after = await itemOf(store, device)
      expect(after.failures).toBe(1)
      expect(evaluated).toBeLessThanOrEqual(1)
      expect(evaluated + locked + unknown).toBe(many)
    }))

  it('many times the right token is accepted once', () =>
    withFactor('3600', async () => {
      const { device, token } = await challenged()

      const { 200: accepted = 0, ...rest } = await burst(many, () => verify(device, token))

      const after = await itemOf(store, device)
      expect([after.pending, after.confirmed]).toEqual([{}, true])
      expect(accepted).toBeLessThanOrEqual(1)
      expect(Object.keys(rest).every(status => ['403', '429', '503'].includes(status))).toBe(true)
      expect(rest[403] ?? 0).toBeLessThanOrEqual(1)
    }))

  it('many times the right token is accepted once with the throttle off', () =>
    withFactor('0', async () => {
      const { device, token } = await challenged()

      const {
        200: accepted = 0,
        403: rejected = 0,
        503: unknown = 0,
      } = await burst(many, () => verify(device, token))

      const after = await itemOf(store, device)
      expect([after.pending, after.confirmed]).toEqual([{}, true])
      expect(accepted).toBeLessThanOrEqual(1)
      expect(accepted + rejected + unknown).toBe(many)
      expect(after.failures).toBeLessThan(many)
    }))

  it('100 challenges under a cooldown send one SMS', async () => {
    vi.stubEnv('OTP_TWILIO_COOLDOWN', '300')
    const device = await register()
    const before = twilio.requests.length

    const { 200: sent = 0 } = await burst(100, () => invoke(challengeFunction.handler, device))

    vi.unstubAllEnvs()
    expect(sent).toBe(twilio.requests.length - before)
    expect(sent).toBeLessThanOrEqual(1)
  })

  it('100 challenges with one Idempotency-Key send one SMS', async () => {
    const device = await register()
    const before = twilio.requests.length
    const request = { ...device, headers: { 'idempotency-key': 'k' } }

    await burst(100, () => invoke(challengeFunction.handler, request))

    expect(twilio.requests.length - before).toBe(1)
  })

  it('100 guesses after the factor went from 0 to 1 get one try', async () => {
    const { device } = await challenged()
    await withFactor('0', async () => {
      for (let failure = 0; failure < 15; failure++) await verify(device, 'wrong')
    })
    const { failedAt } = await itemOf(store, device)
    vi.useFakeTimers({ toFake: ['Date'], now: failedAt + 2 ** 14 * 1000 })

    const {
      403: evaluated = 0,
      429: locked = 0,
      503: unknown = 0,
    } = await burst(100, () => verify(device, 'wrong'))

    vi.useRealTimers()
    const after = await itemOf(store, device)
    expect(after.failures).toBe(16)
    expect(evaluated).toBeLessThanOrEqual(1)
    expect(evaluated + locked + unknown).toBe(100)
  })

  it('100 guesses within the lock of the new factor get none', async () => {
    const { device } = await challenged()
    await withFactor('0', async () => {
      for (let failure = 0; failure < 15; failure++) await verify(device, 'wrong')
    })

    const { 429: locked = 0, 503: unknown = 0 } = await burst(100, () => verify(device, 'wrong'))

    const after = await itemOf(store, device)
    expect(after.failures).toBe(15)
    expect(locked + unknown).toBe(100)
  })

  it('20 registrations with one Idempotency-Key make one device', async () => {
    const request = {
      userId: `user-${randomUUID()}`,
      body: { number: '+15555550100' },
      headers: { 'idempotency-key': 'k' },
    }

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => invoke(createFunction.handler, request)),
    )

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  })
})
