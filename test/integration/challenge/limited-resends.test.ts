// Limits on sends and what does not make a new token: a resend is counted like a challenge, a test
// number never.
import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { noon, someNumber } from '../../support/device.ts'
import { itemOf } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const testNumber = '+15555550190'
const token = '730962'
process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
  { number: testNumber, userIds: ['reviewer'], token, until: '2026-01-31' },
])
const twilio = await startTwilio()
const store = connectStore()
const [create, challenge, verify, getChallenge] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'get-challenge'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)

freezeAtNoon()
beforeEach(() => {
  process.env.OTP_TWILIO_LIMIT_NUMBER = '2/600'
})

const register = (number = someNumber()) => registerDevice(create, number)

const ask = (device: DeviceKey, body: object = {}) => invoke(challenge, { ...device, body })
const verifies = async (device: DeviceKey, guess: string) =>
  (await invoke(verify, { ...device, body: { token: guess } })).status
const shown = async (device: DeviceKey, challengeId?: string) => {
  const query = challengeId === undefined ? {} : { challengeId }
  return (await invoke(getChallenge, { ...device, method: 'GET', query })).body
}

describe('a resend', () => {
  /** A second resend, which the limit refuses. */
  async function refusedResend() {
    process.env.OTP_TWILIO_COOLDOWN = '10'
    const device = await register()
    await ask(device)
    const token = twilio.messages.at(-1)!.body
    vi.setSystemTime(noon + 10_000)
    const second = await ask(device, { resend: true })
    vi.setSystemTime(noon + 20_000)
    const before = twilio.requests.length
    const third = await ask(device, { resend: true })
    return { device, token, second, third, sent: twilio.requests.length - before }
  }

  it('is counted', async () => {
    const { second, third } = await refusedResend()

    expect([second.status, third.status, third.body.code]).toEqual([200, 429, 'limit_reached'])
  })

  it('that a limit refuses is not sent', async () => {
    expect((await refusedResend()).sent).toBe(0)
  })

  it('that a limit refuses has no cooldown', async () => {
    const { device } = await refusedResend()

    expect(await shown(device)).toMatchObject({ state: 'pending', nextChallengeAt: null })
  })

  it('that a limit refuses leaves its token good', async () => {
    const { device, token } = await refusedResend()

    expect(await verifies(device, token)).toBe(200)
  })

  it('that a limit refuses leaves the device as it was', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    await ask(device)
    const before = await itemOf(store, device)

    const refused = await ask(device, { resend: true })

    expect(refused.body.code).toBe('limit_reached')
    expect(await itemOf(store, device)).toEqual(before)
  })

  it('that a limit refuses leaves the challenge before it pending', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    const first = await ask(device)

    await ask(device, { resend: true })

    expect((await shown(device, first.body.challengeId)).state).toBe('pending')
  })

  it('of a token whose key was replaced is refunded', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
    await ask(device)
    process.env.OTP_TOKEN_KEY = randomBytes(32).toString('base64')
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    vi.setSystemTime(noon + 30_000)

    const { body } = await invoke(fresh, { ...device, body: { resend: true } })

    expect(body.code).toBe('nothing_to_resend')
    expect((await shown(device)).nextChallengeAt).toBe(null)
    const headers = { 'idempotency-key': 'k' }
    const again = { ...device, body: { resend: true }, headers }
    const codes = [await invoke(fresh, again), await invoke(fresh, again)].map(one => one.body.code)
    expect(codes).toEqual(['nothing_to_resend', 'delivery_failed'])
  })

  it('that Twilio refuses is not counted', async () => {
    const device = await register('+15005550004')
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'

    const statuses = [(await ask(device)).status, (await ask(device)).status]

    expect(statuses).toEqual([422, 422])
  })

  it('to a country that is not allowed is refused', async () => {
    const device = await register()
    await ask(device)
    process.env.OTP_TWILIO_ALLOWED_COUNTRIES = 'DE'

    expect((await ask(device, { resend: true })).body.code).toBe('country_not_allowed')
  })

  it('makes the cooldown grow as a challenge does', async () => {
    Object.assign(process.env, { OTP_TWILIO_COOLDOWN: '5', OTP_TWILIO_COOLDOWN_MAX: '3600' })
    const device = await register()
    await ask(device)
    vi.setSystemTime(noon + 5_000)

    const { body } = await ask(device, { resend: true })

    expect(body.nextChallengeAt).toBe('2026-01-01T12:00:15.000Z')
  })
})

describe('a challenge that a limit refuses', () => {
  it('leaves an expired token expired', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    await ask(device)
    vi.setSystemTime(noon + 30_000)

    const refused = await ask(device)

    expect(refused.body.code).toBe('limit_reached')
    expect((await shown(device)).state).toBe('expired')
  })
})

describe('the state of a challenge', () => {
  it('is shown by its id after a limit refused the next one', async () => {
    process.env.OTP_TWILIO_LIMIT_USER = '1/600'
    const device = await register()
    const { challengeId } = (await ask(device)).body
    await verifies(device, twilio.messages.at(-1)!.body)
    const before = await shown(device, challengeId)

    const refused = await ask(device)
    const again = await ask(device)

    expect([refused.body.code, again.body.code]).toEqual(['limit_reached', 'limit_reached'])
    expect(await shown(device, challengeId)).toEqual(before)
    expect(before.state).toBe('verified')
  })

  it('is not found where a limit refused the first one', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const number = '+442071838799'
    await ask(await register(number))
    const device = await register(number)

    await ask(device)

    expect((await shown(device)).code).toBe('challenge_not_found')
  })
})

describe('a test number', () => {
  it('is in no limit', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await registerDevice(create, testNumber, 'reviewer')
    const before = twilio.requests.length

    const statuses = [
      (await ask(device)).status,
      (await ask(device)).status,
      (await ask(device, { resend: true })).status,
      await verifies(device, token),
    ]

    expect(statuses).toEqual([200, 200, 200, 200])
    expect(twilio.requests.length).toBe(before)
    expect((await itemOf(store, device)).unverified).toBe(0)
  })
})
