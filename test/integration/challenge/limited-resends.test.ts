// Limits on sends and what does not make a new token: a resend is counted like a challenge, a test number never.
import { randomBytes, randomInt } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const noon = Date.UTC(2026, 0, 1, 12)
const testNumber = '+15555550190'
const token = '730962'
process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
  { number: testNumber, token, until: '2026-12-31' },
])
const twilio = await startTwilio()
const store = connectStore()
const [create, challenge, verify, getChallenge] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'get-challenge'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const settings = { ...process.env }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
  process.env = { ...settings, OTP_TWILIO_LIMIT_NUMBER: '2/600' }
})

afterEach(() => {
  vi.useRealTimers()
})

const register = (number = `+4420718${randomInt(10_000, 100_000)}`) =>
  registerDevice(create, number)

const ask = (device: DeviceKey, body: object = {}) => invoke(challenge, { ...device, body })
const verifies = async (device: DeviceKey, guess: string) =>
  (await invoke(verify, { ...device, body: { token: guess } })).status
const shown = async (device: DeviceKey, challengeId?: string) => {
  const query = challengeId === undefined ? {} : { challengeId }
  return (await invoke(getChallenge, { ...device, method: 'GET', query })).body
}

describe('a resend', () => {
  it('is counted, and refused by a full limit; its token stays good and its cooldown free', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '10'
    const device = await register()
    await ask(device)
    const sent = twilio.messages.at(-1)!.body
    vi.setSystemTime(noon + 10_000)
    const second = await ask(device, { resend: true })
    vi.setSystemTime(noon + 20_000)
    const before = twilio.requests.length

    const third = await ask(device, { resend: true })

    expect([second.status, third.status, third.body.code]).toEqual([200, 429, 'limit_reached'])
    expect(twilio.requests.length).toBe(before)
    expect(await shown(device)).toMatchObject({ state: 'pending', nextChallengeAt: null })
    expect(await verifies(device, sent)).toBe(200)
  })

  it('that a limit refuses leaves the device as it was, and the page that waits for the first message', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    const first = await ask(device)
    const before = await itemOf(store, device)

    const refused = await ask(device, { resend: true })

    expect(refused.body.code).toBe('limit_reached')
    expect(await itemOf(store, device)).toEqual(before)
    expect((await shown(device, first.body.challengeId)).state).toBe('pending')
  })

  it('of a token whose key was replaced gives back what it was counted for', async () => {
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

  it('makes the cooldown grow, as a challenge does', async () => {
    Object.assign(process.env, { OTP_TWILIO_COOLDOWN: '5', OTP_TWILIO_COOLDOWN_MAX: '3600' })
    const device = await register()
    await ask(device)
    vi.setSystemTime(noon + 5_000)

    const { body } = await ask(device, { resend: true })

    expect(body.nextChallengeAt).toBe('2026-01-01T12:00:15.000Z')
  })
})

describe('a challenge that a limit refuses', () => {
  it('leaves an expired token expired, and never says that it was verified', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await register()
    await ask(device)
    vi.setSystemTime(noon + 30_000)

    const refused = await ask(device)

    expect(refused.body.code).toBe('limit_reached')
    expect((await shown(device)).state).toBe('expired')
  })
})

describe('who waits for a challenge', () => {
  it('is told of it by its id, after a limit refused the next one', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
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

  it('is told that there is none, where a limit refused the first', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const number = '+442071838799'
    await ask(await register(number))
    const device = await register(number)

    await ask(device)

    expect((await shown(device)).code).toBe('challenge_not_found')
  })
})

describe('a test number', () => {
  it('is in no limit, and fills none', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register(testNumber)
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
