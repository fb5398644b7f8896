// Numbers that get no message: through the real handlers, with a stand-in that must not be asked.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setTestToken } from '../../../lib/challenge/store.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf, signal } from '../../support/devices.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const direct = connectStore()
const twilio = await startTwilio()
// A client settles its endpoint with its first request.
await itemOf(direct, { userId: 'warm', deviceId: 'up' }).catch(() => {})
const dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
const noon = Date.UTC(2026, 0, 1, 12)
const fixed = '730962'
const until = '2026-01-31'
const numbers = [
  { number: '+15555550190', token: fixed, until },
  { number: '+15555550191', outcome: 'undelivered', until },
  { number: '+15555550192', outcome: 'blocked', until },
  { number: '+15555550193', outcome: 'landline', until },
  { number: '+15555550194', outcome: 'opted_out', until },
  { number: '+15555550195', token: fixed, outcome: 'expired', until },
]
const settings = { ...process.env }
let handlers: Record<string, never>

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
  process.env = {
    ...settings,
    OTP_TWILIO_COOLDOWN: '30',
    OTP_TWILIO_TEST_NUMBERS: JSON.stringify(numbers),
  }
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

afterEach(() => {
  vi.useRealTimers()
})

const register = (number: string) => registerDevice(handlers['create-device']!, number)

const challenge = (device: DeviceKey, body: object = {}, headers = {}) =>
  invoke(handlers.challenge!, { ...device, body, headers })
const verify = (device: DeviceKey, token: string) =>
  invoke(handlers.verify!, { ...device, body: { token } })
const shown = async (device: DeviceKey) =>
  (await invoke(handlers['get-challenge']!, { ...device, method: 'GET' })).body

describe('a test number', () => {
  it('is sent nothing, takes its fixed token once, and is marked in every answer', async () => {
    const device = await register('+15555550190')

    const challenged = await challenge(device)
    const waiting = await shown(device)
    const wrong = await verify(device, '000000')
    vi.setSystemTime(noon + 2_000)
    const verified = await verify(device, fixed)
    const reused = await verify(device, fixed)

    expect(twilio.requests).toEqual([])
    expect(challenged).toMatchObject({
      status: 200,
      body: { test: true, delivery: { status: 'delivered' }, nextChallengeAt: null },
    })
    expect(waiting).toMatchObject({ test: true, state: 'pending' })
    expect([wrong.status, verified.status, reused.status]).toEqual([403, 200, 403])
    expect(verified.body.device.test).toBe(true)
    expect(await shown(device)).toMatchObject({ test: true, state: 'verified' })
  })

  it('has no cooldown, and its token is sent again as often as one likes', async () => {
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

    await challenge(device)

    expect(await shown(device)).toMatchObject({ state: 'expired' })
    expect((await verify(device, fixed)).status).toBe(403)
  })

  it('costs a second write of its own, and a real number nothing', async () => {
    const [test, real] = [await register('+15555550190'), await register('+15555550100')]
    const before = dynamodb.operations.length

    await challenge(test)
    const between = dynamodb.operations.length
    await challenge(real)

    expect(dynamodb.operations.slice(before, between)).toEqual(['UpdateItem', 'UpdateItem'])
    expect(dynamodb.operations.slice(between)).toEqual(['UpdateItem'])
    twilio.requests.length = 0
  })

  it('takes its token, whatever answer of the engine was lost', async () => {
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

  it('tells a retry with the same Idempotency-Key the same', async () => {
    const device = await register('+15555550190')
    const headers = { 'idempotency-key': 'k' }

    const first = await challenge(device, {}, headers)
    const retry = await challenge(device, {}, headers)

    expect(retry.body).toEqual(first.body)
  })

  it('answers a resend as the device is then, and a retry of it the same', async () => {
    const device = await register('+15555550191')
    await challenge(device)
    const headers = { 'idempotency-key': 'k' }

    const resent = await challenge(device, { resend: true }, headers)
    const retry = await challenge(device, { resend: true }, headers)

    const told = { status: 'undelivered', reason: 'unreachable' }
    expect(resent.body).toMatchObject({ test: true, delivery: told, nextChallengeAt: null })
    expect([retry.status, retry.body]).toEqual([200, resent.body])
    expect((await itemOf(direct, device)).challenge.outcome).toEqual({ code: 'sent' })
  })

  it('keeps no outcome where nobody can ask for it again', async () => {
    const device = await register('+15555550190')

    await challenge(device)
    const first = (await itemOf(direct, device)).challenge
    await challenge(device, { resend: true })
    const second = (await itemOf(direct, device)).challenge

    expect([first, second].map(one => 'outcome' in one)).toEqual([false, false])
  })

  it('is logged masked, with what it pretends', async () => {
    const { logger } = await import('../../../lib/log.ts')
    const info = vi.spyOn(logger, 'info')
    const device = await register('+15555550192')

    await challenge(device)

    const line = { to: '+1••••••••92', outcome: 'blocked', test: true }
    expect(info.mock.calls).toContainEqual(['test number', line])
    info.mockRestore()
  })

  it('is refused after its date, and gets no message then either', async () => {
    const device = await register('+15555550190')
    vi.setSystemTime(Date.UTC(2026, 0, 31, 23, 59, 59, 999))
    const onItsDate = await challenge(device)
    vi.setSystemTime(Date.UTC(2026, 1, 1))

    const { status, body } = await challenge(device)

    expect([onItsDate.status, status, body.code]).toEqual([200, 422, 'test_number_expired'])
    expect((await verify(device, fixed)).status).toBe(403)
    expect(twilio.requests).toEqual([])
  })

  it('is marked in the log, which never holds its token', async () => {
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
    const lines = written.join('\n')
    expect(lines).toContain('test number')
    expect(lines).not.toMatch(new RegExp(`\\b${fixed}\\b`))
    expect(lines).not.toContain('5555550190')
  })
})

describe('OTP_TWILIO_TEST_NUMBERS', () => {
  it('that is bad answers not_configured, names itself and not its value, and writes nothing', async () => {
    process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([{ number: '+15555550190', token: fixed }])
    vi.resetModules()
    const { handler } = await import('../../../functions/challenge.ts')
    const device = await register('+15555550190')
    const before = await itemOf(direct, device)

    const { status, body } = await invoke(handler, device)

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toContain('OTP_TWILIO_TEST_NUMBERS')
    expect(body.detail).not.toContain(fixed)
    expect(await itemOf(direct, device)).toEqual(before)
  })
})
