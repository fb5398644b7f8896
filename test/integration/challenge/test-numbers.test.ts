// Numbers that get no message: through the real handlers, with a stand-in that must not be asked.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { setTestToken } from '../../../lib/challenge/store.ts'
import { deliverTest } from '../../../lib/challenge/test-number.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { nothingCharged } from '../../../lib/limits/store.ts'
import { findTestNumber, testNumbers } from '../../../lib/settings/test-numbers.ts'
import { drawToken } from '../../../lib/token/token.ts'
import { noon } from '../../support/device.ts'
import { itemOf, settingsOf, signal, tokenKey } from '../../support/devices.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { direct, proxy: dynamodb } = await startFaultyStore()
const fixed = '730962'
const until = '2026-01-31'
const userIds = ['reviewer']
const numbers = [
  { number: '+15555550190', userIds, token: fixed, until },
  { number: '+15555550191', userIds, outcome: 'undelivered', until },
  { number: '+15555550192', userIds, outcome: 'blocked', until },
  { number: '+15555550193', userIds, outcome: 'landline', until },
  { number: '+15555550194', userIds, outcome: 'opted_out', until },
  { number: '+15555550195', userIds, token: fixed, outcome: 'expired', until },
]
let handlers: Record<string, never>

freezeAtNoon()
beforeEach(async () => {
  twilio.requests.length = 0
  process.env.OTP_TWILIO_COOLDOWN = '30'
  process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify(numbers)
  vi.resetModules()
  handlers = Object.fromEntries(
    await Promise.all(
      ['create-device', 'challenge', 'verify', 'get-challenge', 'get-device'].map(async name => [
        name,
        (await import(`../../../functions/${name}.ts`)).handler,
      ]),
    ),
  )
})

const register = (number: string, userId = 'reviewer') =>
  registerDevice(handlers['create-device']!, number, userId)

const challenge = (device: DeviceKey, body: object = {}, headers = {}) =>
  invoke(handlers.challenge!, { ...device, body, headers })
const verify = (device: DeviceKey, token: string) =>
  invoke(handlers.verify!, { ...device, body: { token } })
const shown = async (device: DeviceKey) =>
  (await invoke(handlers['get-challenge']!, { ...device, method: 'GET' })).body

describe('a test number', () => {
  it('is sent nothing', async () => {
    const device = await register('+15555550190')

    const { status } = await challenge(device)

    expect(status).toBe(200)
    expect(twilio.requests).toEqual([])
  })

  it('is a number like any other for a user whom it does not name', async () => {
    const device = await register('+15555550190', 'mallory')

    const { status, body } = await challenge(device)

    expect([status, body.test, twilio.requests.length]).toEqual([200, undefined, 1])
    expect((await verify(device, fixed)).status).toBe(403)
  })

  it('pretends by default that its message was delivered', async () => {
    const device = await register('+15555550190')

    expect((await challenge(device)).body.delivery).toMatchObject({ status: 'delivered' })
  })

  it('takes its fixed token once', async () => {
    const device = await register('+15555550190')
    await challenge(device)

    const wrong = await verify(device, '000000')
    vi.setSystemTime(noon + 2_000)
    const right = await verify(device, fixed)
    const again = await verify(device, fixed)

    expect([wrong.status, right.status, again.status]).toEqual([403, 200, 403])
  })

  it('is marked in every answer', async () => {
    const device = await register('+15555550190')

    const challenged = await challenge(device)
    const waiting = await shown(device)
    const verified = await verify(device, fixed)

    expect(challenged.body.test).toBe(true)
    expect(waiting).toMatchObject({ test: true, state: 'pending' })
    expect(verified.body.device.test).toBe(true)
    expect(await shown(device)).toMatchObject({ test: true, state: 'verified' })
  })

  it('has no cooldown', async () => {
    const device = await register('+15555550190')

    const { body } = await challenge(device)

    expect(body.nextChallengeAt).toBeNull()
  })

  it('is challenged and resent to any number of times', async () => {
    const device = await register('+15555550190')

    const statuses = [
      (await challenge(device)).status,
      (await challenge(device)).status,
      (await challenge(device, { resend: true })).status,
      (await challenge(device, { resend: true })).status,
      (await verify(device, fixed)).status,
    ]

    expect(statuses).toEqual([200, 200, 200, 200, 200])
  })

  it.each([
    ['+15555550191', 'undelivered', 'unreachable'],
    ['+15555550192', 'undelivered', 'blocked_by_carrier'],
    ['+15555550193', 'undelivered', 'landline'],
    ['+15555550194', 'failed', 'opted_out'],
  ])('pretends its outcome: %s is %s, %s', async (number, status, reason) => {
    const device = await register(number)

    const { body } = await challenge(device)

    expect(body).toMatchObject({ test: true, delivery: { status, reason } })
    expect(await shown(device)).toMatchObject({ state: 'pending', delivery: { status, reason } })
  })

  it('pretends that its token expired', async () => {
    const device = await register('+15555550195')

    const { body } = await challenge(device)

    expect(body.delivery).toMatchObject({ status: 'delivered', reason: null })
    expect(await shown(device)).toMatchObject({ state: 'expired' })
    expect((await verify(device, fixed)).status).toBe(403)
  })

  it('costs a second write', async () => {
    const device = await register('+15555550190')
    const before = dynamodb.operations.length

    await challenge(device)

    expect(dynamodb.operations.slice(before)).toEqual(['UpdateItem', 'UpdateItem'])
  })

  it('costs a real number nothing', async () => {
    const device = await register('+15555550100')
    const before = dynamodb.operations.length

    await challenge(device)

    expect(dynamodb.operations.slice(before)).toEqual(['UpdateItem'])
  })

  it('takes its token whatever answer of the engine was lost', async () => {
    for (const lost of [
      [],
      ['lose answer'],
      [null, 'lose answer'],
      ['lose answer', 'lose answer'],
    ]) {
      const device = await register('+15555550190')
      dynamodb.faults.push(...(lost as never[]))

      const { status } = await challenge(device)

      dynamodb.faults.length = 0
      expect(status).toBe(200)
      expect((await verify(device, fixed)).status).toBe(200)
    }
  })

  it('does not get a used token back by a try of its write that comes late', async () => {
    const device = await register('+15555550190')
    await challenge(device)
    const before = await itemOf(direct, device)
    const [[digest, entry] = ['', undefined]] = Object.entries(before.pending)
    await verify(device, fixed)
    const { requestName } = before.challenge
    const refunded = { challengedAt: 0, unverified: 0 }
    const delivery = { progress: 5, reason: 0, reportedAt: noon }

    const late = {
      requestName,
      drawn: digest,
      digest,
      entry: entry!,
      refunded,
      delivery,
      outcome: null,
    }
    await setTestToken({ store: direct, key: device, signal }, late)

    expect((await itemOf(direct, device)).pending).toEqual({})
  })

  it('answers a retry with its Idempotency-Key the same', async () => {
    const device = await register('+15555550190')
    const headers = { 'idempotency-key': 'k' }

    const first = await challenge(device, {}, headers)
    const retry = await challenge(device, {}, headers)

    expect(retry.body).toEqual(first.body)
  })

  it('shows its fixed token in its message on a stage for development', async () => {
    process.env.OTP_TWILIO_CHALLENGE_MESSAGE = 'Your token is {token}'
    const device = await register('+15555550190')
    const ask = async (key: string, body: object) => {
      const request = { ...device, body, headers: { 'idempotency-key': key }, showsToken: true }
      return (await invoke(handlers.challenge!, request)).body.message
    }

    const messages = [
      await ask('first', {}),
      await ask('first', {}),
      await ask('second', { resend: true }),
    ]
    await verify(device, fixed)
    const afterUse = await ask('second', { resend: true })

    expect(messages).toEqual(Array(3).fill(`Your token is ${fixed}`))
    expect(afterUse).toBe('Your token is ')
  })

  it('without a fixed token shows the same one again where it is sent again', async () => {
    process.env.OTP_TWILIO_CHALLENGE_MESSAGE = '{token}'
    const device = await register('+15555550191')
    const ask = async (body: object) =>
      (await invoke(handlers.challenge!, { ...device, body, showsToken: true })).body.message

    const first = await ask({})

    expect(first).toMatch(/^\d{6}$/)
    expect(await ask({ resend: true })).toBe(first)
  })

  it('whose challenge was overtaken by a newer one is unavailable', async () => {
    const device = await itemOf(direct, await register('+15555550190'))
    const settings = settingsOf()
    const drawn = await drawToken(tokenKey, device, settings, noon)
    const admitted = { outcome: 'started', device, before: null, charged: nothingCharged } as const
    const names = { requestName: 'overtaken', keyName: null }

    const delivered = deliverTest(
      { store: direct, key: device, settings, signal, tokenKey } as never,
      { admitted, ...names, isResend: false, channel: null, now: noon } as never,
      findTestNumber(testNumbers(process.env), device)!,
      drawn,
    )

    await expect(delivered).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('answers a resend as the device is then', async () => {
    const device = await register('+15555550191')
    await challenge(device)

    const { body } = await challenge(device, { resend: true }, { 'idempotency-key': 'k' })

    const delivery = { status: 'undelivered', reason: 'unreachable' }
    expect(body).toMatchObject({ test: true, delivery, nextChallengeAt: null })
  })

  it('answers a retry of a resend the same', async () => {
    const device = await register('+15555550191')
    await challenge(device)
    const headers = { 'idempotency-key': 'k' }

    const resent = await challenge(device, { resend: true }, headers)
    const retry = await challenge(device, { resend: true }, headers)

    expect([retry.status, retry.body]).toEqual([200, resent.body])
    expect((await itemOf(direct, device)).challenge.outcome).toEqual({ code: 'sent' })
  })

  it('keeps no outcome without an Idempotency-Key', async () => {
    const device = await register('+15555550190')

    await challenge(device)
    const first = (await itemOf(direct, device)).challenge
    await challenge(device, { resend: true })
    const second = (await itemOf(direct, device)).challenge

    expect([first, second].map(one => 'outcome' in one)).toEqual([false, false])
  })

  it('is logged masked with the outcome that it pretends', async () => {
    const { logger } = await import('../../../lib/log.ts')
    const info = vi.spyOn(logger, 'info')
    const device = await register('+15555550192')

    await challenge(device)

    const line = { to: '+1••••••••92', outcome: 'blocked', test: true }
    expect(info.mock.calls).toContainEqual(['test number', line])
    info.mockRestore()
  })

  it('is refused after its date', async () => {
    const device = await register('+15555550190')
    vi.setSystemTime(Date.UTC(2026, 0, 31, 23, 59, 59, 999))
    const onItsDate = await challenge(device)
    vi.setSystemTime(Date.UTC(2026, 1, 1))

    const { status, body } = await challenge(device)

    expect([onItsDate.status, status, body.code]).toEqual([200, 422, 'test_number_expired'])
    expect((await verify(device, fixed)).status).toBe(403)
  })

  it('is refused while its date is more than 90 days ahead', async () => {
    const far = { number: '+15555550190', userIds, token: fixed, until: '2026-04-02' }
    process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([far])
    vi.resetModules()
    const { handler } = await import('../../../functions/challenge.ts')
    const device = await register('+15555550190')

    const tooEarly = await invoke(handler, device)
    vi.setSystemTime(Date.UTC(2026, 0, 2))
    const { status } = await invoke(handler, device)

    expect([tooEarly.status, tooEarly.body.code, status]).toEqual([422, 'test_number_expired', 200])
  })

  it('is sent nothing after its date', async () => {
    const device = await register('+15555550190')
    vi.setSystemTime(Date.UTC(2026, 1, 1))

    await challenge(device)

    expect(twilio.requests).toEqual([])
  })

  /** All that is logged while it is challenged and verified. */
  async function loggedLines(): Promise<string> {
    const written: string[] = []
    const write = process.stdout.write
    process.stdout.write = (chunk: string | Uint8Array) => {
      written.push(String(chunk))
      return true
    }
    const log = vi.spyOn(console, 'info').mockImplementation((...args) => {
      written.push(args.join(' '))
    })
    const device = await register('+15555550190')
    await challenge(device)
    await verify(device, fixed)
    process.stdout.write = write
    log.mockRestore()
    return written.join('\n')
  }

  it('is marked in the log', async () => {
    expect(await loggedLines()).toContain('test number')
  })

  it('is never in the log with its token or number', async () => {
    const lines = await loggedLines()

    expect(lines).not.toMatch(new RegExp(`\\b${fixed}\\b`))
    expect(lines).not.toContain('5555550190')
  })
})

describe('OTP_TWILIO_TEST_NUMBERS', () => {
  /** A challenge of a device with a test number that has no date. */
  async function challengeWithoutDate() {
    process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([{ number: '+15555550190', token: fixed }])
    vi.resetModules()
    const { handler } = await import('../../../functions/challenge.ts')
    const device = await register('+15555550190')
    const before = await itemOf(direct, device)
    return { device, before, answer: await invoke(handler, device) }
  }

  it('that is bad is answered by its name and without its value', async () => {
    const { status, body } = (await challengeWithoutDate()).answer

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toContain('OTP_TWILIO_TEST_NUMBERS')
    expect(body.detail).not.toContain(fixed)
  })

  it('that is bad lets nothing be written', async () => {
    const { device, before } = await challengeWithoutDate()

    expect(await itemOf(direct, device)).toEqual(before)
  })
})
