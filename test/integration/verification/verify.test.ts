// POST …/verify through the real handler, on a real engine.
import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { noon } from '../../support/device.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const [
  verifyFunction,
  challengeFunction,
  createFunction,
  updateFunction,
  resetFunction,
  getFunction,
] = await Promise.all([
  import('../../../functions/verify.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
  import('../../../functions/reset.ts'),
  import('../../../functions/get-device.ts'),
])

const register = () => registerDevice(createFunction.handler)

async function challenge(device: DeviceKey): Promise<string> {
  const { status } = await invoke(challengeFunction.handler, device)
  expect(status).toBe(200)
  return twilio.messages.at(-1)!.body
}

function verify(device: DeviceKey, token: unknown, headers = {}) {
  return invoke(verifyFunction.handler, { ...device, body: { token }, headers })
}

/** Six digits that are not the token. */
function not(token: string): string {
  return token === '000000' ? '000001' : '000000'
}

freezeAtNoon()

describe('a right token', () => {
  it('verifies', async () => {
    const device = await register()
    const token = await challenge(device)

    const { status, body } = await verify(device, token)

    expect(status).toBe(200)
    expect(body).toMatchObject({
      verified: true,
      device: {
        id: device.deviceId,
        throttle: { allowed: true, failureCount: 0, lockedUntil: null },
        pending: null,
      },
    })
  })

  it('confirms the device', async () => {
    const device = await register()
    const token = await challenge(device)

    expect((await verify(device, token)).body.device.confirmed).toBe(true)
  })

  it('is the last use of the device', async () => {
    const device = await register()
    const token = await challenge(device)

    const { body } = await verify(device, token)

    expect(body.device.lastUsedAt).toBe('2026-01-01T12:00:00.000Z')
  })

  it('is the last use of the device until the next one', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const device = await register()
    const lastUsed = []

    for (const [minute, isRight] of [
      [0, true],
      [1, false],
      [2, false],
      [3, true],
      [4, false],
    ] as const) {
      vi.setSystemTime(noon + minute * 60_000)
      const token = await challenge(device)
      await verify(device, isRight ? token : not(token))
      const { body } = await invoke(getFunction.handler, { ...device, method: 'GET' })
      lastUsed.push(body.lastUsedAt.slice(11, 16))
    }

    expect(lastUsed).toEqual(['12:00', '12:00', '12:00', '12:03', '12:03'])
  })

  it('works once', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, token)

    const { status, body } = await verify(device, token)

    expect([status, body.code, body.failureCount]).toEqual([403, 'invalid_token', 1])
  })

  it.each([
    ['a space', (token: string) => `${token.slice(0, 3)} ${token.slice(3)}`],
    ['what nobody sees', (token: string) => `\u200e\u200b${token}\u2060`],
    ['a line break and a full stop', (token: string) => `${token}.\n`],
    ['Arabic digits', (token: string) => inScript(token, 0x660)],
    ['full-width digits', (token: string) => inScript(token, 0xff10)],
  ])('is right with %s', async (_, typed) => {
    const device = await register()
    const token = await challenge(device)

    expect((await verify(device, typed(token))).status).toBe(200)
  })

  it('of another device of the same user is wrong', async () => {
    const device = await register()
    const token = await challenge(device)
    const request = { userId: device.userId, body: { number: '+15555550101' } }
    const other = await invoke(createFunction.handler, request)

    const { body } = await verify({ userId: device.userId, deviceId: other.body.id }, token)

    expect(body.code).toBe('invalid_token')
  })

  it('of an older challenge is wrong', async () => {
    const device = await register()
    const older = await challenge(device)
    const newer = await challenge(device)

    const { status } = await verify(device, older === newer ? not(newer) : older)

    expect(status).toBe(403)
  })

  it('is a failure at exactly its validity', async () => {
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '30'
    const device = await register()
    const token = await challenge(device)
    vi.setSystemTime(noon + 30_000)

    const { status, body } = await verify(device, token)

    expect([status, body.code, body.failureCount]).toEqual([403, 'invalid_token', 1])
  })

  it('lives to the last millisecond of its validity', async () => {
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '30'
    const device = await register()
    const token = await challenge(device)
    vi.setSystemTime(noon + 29_999)

    const { status } = await verify(device, token)

    expect(status).toBe(200)
  })

  it('of a number that was changed since is wrong', async () => {
    const device = await register()
    const token = await challenge(device)
    await invoke(updateFunction.handler, { ...device, body: { number: '+15555550199' } })

    const { status } = await verify(device, token)

    expect(status).toBe(403)
  })
})

describe('a wrong token', () => {
  it('locks for one second, then for two, then for four', async () => {
    const device = await register()
    const token = await challenge(device)

    const first = await verify(device, not(token))
    vi.setSystemTime(noon + 1000)
    const second = await verify(device, not(token))
    vi.setSystemTime(noon + 3000)
    const third = await verify(device, not(token))

    expect([first.body, second.body, third.body]).toMatchObject([
      { failureCount: 1, lockedUntil: '2026-01-01T12:00:01.000Z' },
      { failureCount: 2, lockedUntil: '2026-01-01T12:00:03.000Z' },
      { failureCount: 3, lockedUntil: '2026-01-01T12:00:07.000Z' },
    ])
  })

  it('does not kill the right one', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token))
    vi.setSystemTime(noon + 1000)

    const { status, body } = await verify(device, token)

    expect([status, body.device.throttle.failureCount]).toEqual([200, 0])
  })

  it('counts when there was never a challenge', async () => {
    const device = await register()

    const { body } = await verify(device, '123456')

    expect([body.code, body.failureCount]).toEqual(['invalid_token', 1])
  })

  it('keeps the failure count through a new challenge', async () => {
    const device = await register()
    await verify(device, '123456')
    const token = await challenge(device)
    vi.setSystemTime(noon + 1000)

    const { body } = await verify(device, not(token))

    expect(body.failureCount).toBe(2)
  })
})

describe('a locked device', () => {
  it('refuses the right token with 429 and Retry-After', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token))
    vi.setSystemTime(noon + 1)

    const { status, headers, body } = await verify(device, token)

    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('1')
    expect(body).toMatchObject({
      code: 'throttled',
      failureCount: 1,
      lockedUntil: '2026-01-01T12:00:01.000Z',
    })
  })

  it('takes an attempt at exactly lockedUntil', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token))

    vi.setSystemTime(noon + 999)
    const early = await verify(device, token)
    vi.setSystemTime(noon + 1000)
    const onTime = await verify(device, token)

    expect([early.status, onTime.status]).toEqual([429, 200])
  })

  it('is locked no longer than OTP_TWILIO_THROTTLE_MAX', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '100'
    process.env.OTP_TWILIO_THROTTLE_MAX = '60'
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token))

    vi.setSystemTime(noon + 59_999)
    const early = await verify(device, token)
    vi.setSystemTime(noon + 60_000)
    const onTime = await verify(device, token)

    expect([early.status, early.body.lockedUntil]).toEqual([429, '2026-01-01T12:01:00.000Z'])
    expect(onTime.status).toBe(200)
  })

  it('counts failures without a lock when the throttle is off', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const device = await register()

    const counts = []
    for (const token of ['111111', '222222', '333333']) {
      counts.push((await verify(device, token)).body.failureCount)
    }

    expect(counts).toEqual([1, 2, 3])
  })

  it.each(['', '60'])(
    'is not locked for a clock that is behind when the throttle is off: %j',
    async longest => {
      process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
      process.env.OTP_TWILIO_THROTTLE_MAX = longest
      const device = await register()
      const token = await challenge(device)
      vi.setSystemTime(noon + 2000)
      await verify(device, not(token))
      vi.setSystemTime(noon)

      const { status } = await verify(device, token)

      expect(status).toBe(200)
    },
  )
})

describe('a disabled device', () => {
  it('stays disabled for a right token until an admin resets it', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '2'
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token))
    await verify(device, not(token))

    const disabled = await verify(device, token)
    await invoke(resetFunction.handler, device)
    const afterReset = await verify(device, token)

    expect([disabled.status, disabled.body]).toMatchObject([
      403,
      { code: 'device_disabled', failureCount: 2 },
    ])
    expect(afterReset.status).toBe(200)
  })
})

describe('the failure that disables a device', () => {
  it('announces no end of a lock', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await register()

    const { body } = await verify(device, '123456')

    expect([body.code, body.failureCount, body.lockedUntil]).toEqual(['invalid_token', 1, null])
  })
})

describe('an Idempotency-Key', () => {
  const headers = { 'Idempotency-Key': 'login-1' }

  it('makes a retried wrong token count once', async () => {
    const device = await register()

    const first = await verify(device, '123456', headers)
    const again = await verify(device, '123456', headers)

    expect([first.body.failureCount, again.body.failureCount]).toEqual([1, 1])
    expect(again.body.code).toBe('invalid_token')
  })

  it('gives a retried right token its answer again for exactly 60 seconds', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, token, headers)

    vi.setSystemTime(noon + 60_000)
    const retried = await verify(device, token, headers)
    vi.setSystemTime(noon + 60_001)
    const late = await verify(device, token, headers)

    expect([retried.status, late.status]).toEqual([200, 403])
  })

  it.each([0, 1, 2, 3])(
    'is remembered with its answer after %i further attempts',
    async further => {
      process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
      const device = await register()
      const token = await challenge(device)
      await verify(device, not(token), { 'Idempotency-Key': 'wrong' })
      await verify(device, token, { 'Idempotency-Key': 'right' })
      for (let attempt = 1; attempt < further; attempt++) await verify(device, '111111')

      const wrong = await verify(device, not(token), { 'Idempotency-Key': 'wrong' })
      if (further > 0) await verify(device, '222222')
      const right = await verify(device, token, { 'Idempotency-Key': 'right' })

      expect([wrong.status, right.status]).toEqual([403, 200])
      expect(right.body.device.throttle.failureCount).toBe(further)
    },
  )

  it('is forgotten after four further attempts', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const device = await register()
    await verify(device, '123456', headers)
    for (const token of ['1', '2', '3', '4']) await verify(device, token)

    const { body } = await verify(device, '123456', headers)

    expect(body.failureCount).toBe(6)
  })

  it('is forgotten once the number was changed', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, token, headers)
    await invoke(updateFunction.handler, { ...device, body: { number: '+15555550199' } })

    const { status } = await verify(device, token, headers)

    expect(status).toBe(403)
  })

  it('with another token is another attempt', async () => {
    const device = await register()
    const token = await challenge(device)
    await verify(device, not(token), headers)
    vi.setSystemTime(noon + 1000)

    const { status } = await verify(device, token, headers)

    expect(status).toBe(200)
  })
})

describe('a changed throttle factor', () => {
  it('holds at once for the failures on record', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const device = await register()
    const token = await challenge(device)
    for (const _ of [1, 2, 3]) await verify(device, not(token))
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '2'

    const locked = await verify(device, token)
    vi.setSystemTime(noon + 8000)
    const allowed = await verify(device, token)

    expect([locked.status, locked.body.lockedUntil]).toEqual([429, '2026-01-01T12:00:08.000Z'])
    expect(allowed.status).toBe(200)
  })

  it('holds when challenge and verify were deployed at different times', async () => {
    const device = await register()
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '0'
    const token = await challenge(device)
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '1'
    await verify(device, token)

    const first = await verify(device, not(token))
    const second = await verify(device, token)

    expect([first.status, second.status]).toEqual([403, 429])
  })

  it('holds for the failure after the success with a token of before', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '1'
    const device = await register()
    const token = await challenge(device)
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '5'
    await verify(device, token)

    const { body } = await verify(device, token)

    expect(body.lockedUntil).toBe('2026-01-01T12:00:05.000Z')
  })
})

describe('a device that is not there', () => {
  it('answers 404', async () => {
    const device = await register()

    const { status, body } = await verify({ ...device, deviceId: randomUUID() }, '123456')

    expect([status, body.code]).toEqual([404, 'device_not_found'])
  })

  it('answers as another user’s device does', async () => {
    const device = await register()

    const missing = await verify({ ...device, deviceId: randomUUID() }, '123456')
    const others = await verify({ userId: 'another-user', deviceId: device.deviceId }, '123456')

    expect([missing.status, missing.body]).toEqual([others.status, others.body])
  })
})

/** Writes a token in the digits of another script, by its zero. */
function inScript(token: string, zero: number): string {
  return token.replace(/\d/g, digit => String.fromCodePoint(zero + Number(digit)))
}
