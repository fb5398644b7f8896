// POST …/challenge through the real handler: one write on a real engine, one request to the Twilio stand-in.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const [
  challengeFunction,
  createFunction,
  getFunction,
  verifyFunction,
  resetFunction,
  updateFunction,
] = await Promise.all([
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/get-device.ts'),
  import('../../../functions/verify.ts'),
  import('../../../functions/reset.ts'),
  import('../../../functions/update-device.ts'),
])

const register = (number = '+442071838750') => registerDevice(createFunction.handler, number)

function challenge(device: DeviceKey, headers = {}) {
  return invoke(challengeFunction.handler, { ...device, headers })
}

async function show(device: DeviceKey) {
  return (await invoke(getFunction.handler, { ...device, method: 'GET' })).body
}

async function verifyLast(device: DeviceKey) {
  const token = twilio.requests.at(-1)!.form.Body
  return (await invoke(verifyFunction.handler, { ...device, body: { token } })).status
}

const noon = Date.UTC(2026, 0, 1, 12)
const settings = { ...process.env }

beforeEach(() => {
  answers = []
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
})

afterEach(() => {
  vi.useRealTimers()
  process.env = { ...settings }
})

describe('a challenge', () => {
  it('sends one SMS with a token that verifies, and answers all that a waiting page needs', async () => {
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    const before = twilio.requests.length

    const { status, body } = await challenge(device)

    expect(status).toBe(200)
    expect(body).toEqual({
      challengeId: expect.stringMatching(/^[\w-]{10}$/),
      message: 'Sent by SMS',
      number: '+44••••••••50',
      tokenLength: 6,
      validUntil: '2026-01-01T12:05:00.000Z',
      nextChallengeAt: '2026-01-01T12:00:30.000Z',
      lockedUntil: null,
      delivery: null,
    })
    expect(twilio.requests.length - before).toBe(1)
    expect(twilio.requests.at(-1)!.form).toMatchObject({
      To: '+442071838750',
      From: '+15005550006',
      Body: expect.stringMatching(/^\d{6}$/),
      ValidityPeriod: '300',
    })
    expect(await verifyLast(device)).toBe(200)
  })

  it('works while the device is locked, and says until when it is', async () => {
    const device = await register()
    await invoke(verifyFunction.handler, { ...device, body: { token: '123456' } })

    const { status, body } = await challenge(device)

    expect([status, body.lockedUntil]).toEqual([200, '2026-01-01T12:00:01.000Z'])
  })

  it('renders the template, the token length and the sender of the settings', async () => {
    process.env.OTP_TWILIO_TOKEN_TEMPLATE = '{{Código}}: {token} & más'
    process.env.OTP_TWILIO_TOKEN_LENGTH = '8'
    process.env.OTP_TWILIO_MESSAGING_SERVICE_SID = 'MG00000000000000000000000000000000'
    const device = await register()

    const { body } = await challenge(device)

    const { form } = twilio.requests.at(-1)!
    expect(form.Body).toMatch(/^\{Código\}: \d{8} & más$/)
    expect([form.MessagingServiceSid, form.From]).toEqual([
      'MG00000000000000000000000000000000',
      undefined,
    ])
    expect(body.tokenLength).toBe(8)
  })

  it('shows the token in its message on a stage for development', async () => {
    process.env.OTP_TWILIO_CHALLENGE_MESSAGE = 'Your token is {token}'
    const device = await register()

    const { body } = await invoke(challengeFunction.handler, { ...device, showsToken: true })

    expect(body.message).toBe(`Your token is ${twilio.requests.at(-1)!.form.Body}`)
  })

  it('logs the message instead of sending it with OTP_TWILIO_NO_DELIVERY, unconfigured', async () => {
    const { logger } = await import('../../../lib/log.ts')
    const info = vi.spyOn(logger, 'info')
    process.env.OTP_TWILIO_NO_DELIVERY = 'true'
    process.env.OTP_TWILIO_FROM = ''
    const device = await register()
    const before = twilio.requests.length

    const { status } = await challenge(device)

    const [token] = info.mock.calls
      .map(([message]) => message)
      .filter(m => /^\d{6}$/.test(String(m)))
    const verified = await invoke(verifyFunction.handler, { ...device, body: { token } })
    expect([status, verified.status, twilio.requests.length - before]).toEqual([200, 200, 0])
    info.mockRestore()
  })
})

describe('a cooldown', () => {
  it('answers 429 with Retry-After, sends nothing and keeps the token', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    await challenge(device)
    const before = twilio.requests.length
    vi.setSystemTime(noon + 500)

    const { status, headers, body } = await challenge(device)

    expect([status, headers['retry-after'], body.code]).toEqual([429, '30', 'cooldown'])
    expect(body.nextChallengeAt).toBe('2026-01-01T12:00:30.000Z')
    expect(twilio.requests.length - before).toBe(0)
    expect(await verifyLast(device)).toBe(200)
  })

  it('is over at exactly its end', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    await challenge(device)

    vi.setSystemTime(noon + 29_999)
    const early = await challenge(device)
    vi.setSystemTime(noon + 30_000)
    const onTime = await challenge(device)

    expect([early.status, onTime.status]).toEqual([429, 200])
  })

  it('is cleared by a reset, which leaves the pending token', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    await challenge(device)

    const reset = await invoke(resetFunction.handler, device)

    expect(reset.body.cooldown).toEqual({ allowed: true, nextChallengeAt: null })
    expect(await verifyLast(device)).toBe(200)
  })
})

describe('what Twilio answers', () => {
  const refused = { status: 400, body: { code: 21211, message: 'not a number', status: 400 } }
  const rows: [
    string,
    StandInAnswer[],
    number,
    string,
    number | undefined,
    number,
    'back' | 'kept',
  ][] = [
    ['a refused number', [refused], 422, 'undeliverable_number', 21211, 1, 'back'],
    [
      'another 4xx',
      [{ status: 403, body: { code: 20403 } }],
      502,
      'delivery_failed',
      20403,
      1,
      'back',
    ],
    [
      'wrong credentials',
      [{ status: 401, body: { code: 20003 } }],
      502,
      'delivery_failed',
      20003,
      1,
      'back',
    ],
    [
      'a redirect',
      [{ status: 302, headers: { location: '/x' } }],
      502,
      'delivery_failed',
      undefined,
      1,
      'back',
    ],
    [
      'three times busy',
      [429, 429, 429].map(status => ({ status, headers: { 'retry-after': '0' } })),
      503,
      'delivery_busy',
      undefined,
      3,
      'back',
    ],
    ['an error of its own', [{ status: 500 }], 504, 'delivery_unknown', undefined, 1, 'kept'],
    ['a broken connection', [{ fault: 'reset' }], 504, 'delivery_unknown', undefined, 1, 'kept'],
    [
      'a success without a sid',
      [{ status: 201, body: {} }],
      504,
      'delivery_unknown',
      undefined,
      1,
      'kept',
    ],
    [
      'a success that is not JSON',
      [{ status: 200, body: '<html>' }],
      504,
      'delivery_unknown',
      undefined,
      1,
      'kept',
    ],
  ]

  it.each(rows)('%s', async (_, given, status, code, twilioCode, requests, token) => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    const before = twilio.requests.length
    answers = [...given]

    const answer = await challenge(device)

    const shown = await show(device)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.body.twilioCode ?? undefined).toBe(twilioCode)
    expect(twilio.requests.length - before).toBe(requests)
    expect(shown.pending !== null).toBe(token === 'kept')
    expect(shown.cooldown.allowed).toBe(token === 'back')
  })

  it('busy once is tried again, and sent', async () => {
    const device = await register()
    answers = [{ status: 429, headers: { 'retry-after': '0' } }]

    const { status } = await challenge(device)

    expect([status, await verifyLast(device)]).toEqual([200, 200])
  })

  it('busy tells the client when to come back', async () => {
    const device = await register()
    answers = [{ status: 429, headers: { 'retry-after': '60' } }]

    const { status, headers } = await challenge(device)

    expect([status, headers['retry-after']]).toEqual([503, '60'])
  })

  it('a token of unknown delivery is good when it arrives', async () => {
    const device = await register()
    answers = [{ status: 503 }]

    await challenge(device)

    expect(await verifyLast(device)).toBe(200)
  })

  it('a port that nobody listens on is tried twice, and given back', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    process.env.OTP_TWILIO_URL = 'http://127.0.0.1:1'
    const device = await register()

    const { status, body } = await challenge(device)

    expect([status, body.code]).toEqual([502, 'delivery_failed'])
    expect((await show(device)).cooldown.allowed).toBe(true)
  })
})

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'resend-1' }

  it('sends once, and gives a retry the same answer', async () => {
    const device = await register()
    const before = twilio.requests.length
    const first = await challenge(device, headers)

    const again = await challenge(device, headers)

    expect(again).toEqual(first)
    expect(twilio.requests.length - before).toBe(1)
    expect(await verifyLast(device)).toBe(200)
  })

  it('gives a retry the same answer after the token was used', async () => {
    const device = await register()
    const first = await challenge(device, headers)
    await verifyLast(device)

    const again = await challenge(device, headers)

    expect([again.status, again.body]).toEqual([200, first.body])
  })

  it('gives a retry the same failure, and sends nothing', async () => {
    const device = await register()
    answers = [{ status: 400, body: { code: 21211 } }]
    const first = await challenge(device, headers)
    const before = twilio.requests.length

    const again = await challenge(device, headers)

    expect([again.status, again.body]).toEqual([422, first.body])
    expect(twilio.requests.length - before).toBe(0)
  })

  it('answers 409 while the first request has no outcome', async () => {
    const device = await register()
    const first = challenge(device, headers)
    answers = [{ delayMs: 300 }]
    await vi.waitUntil(async () => (await show(device)).pending !== null)

    const second = await challenge(device, headers)

    expect([second.status, second.body.code]).toEqual([409, 'challenge_in_progress'])
    expect((await first).status).toBe(200)
  })

  it('makes a new challenge once the number was changed', async () => {
    const device = await register()
    await challenge(device, headers)
    await invoke(updateFunction.handler, { ...device, body: { number: '+442071838799' } })

    const { status } = await challenge(device, headers)

    expect([status, twilio.requests.at(-1)!.form.To]).toEqual([200, '+442071838799'])
  })

  it('that is new makes a new challenge', async () => {
    const device = await register()
    await challenge(device, headers)
    const before = twilio.requests.length

    await challenge(device, { 'idempotency-key': 'resend-2' })

    expect(twilio.requests.length - before).toBe(1)
  })
})

describe('a misconfiguration', () => {
  const cases: [string, string, string][] = [
    ['no sender', 'OTP_TWILIO_FROM', ''],
    ['a bad template', 'OTP_TWILIO_TOKEN_TEMPLATE', '{app}: {token}'],
    ['a bad validity', 'OTP_TWILIO_TOKEN_VALIDITY', 'soon'],
    ['a bad URL', 'OTP_TWILIO_URL', 'api.twilio.com'],
    ['no delivery in production', 'OTP_TWILIO_NO_DELIVERY', 'true'],
    ['the token in the answer in production', 'OTP_TWILIO_CHALLENGE_MESSAGE', '{token}'],
  ]
  it.each(cases)(
    '%s names the setting, costs nobody a token and sends nothing',
    async (_, name, value) => {
      const device = await register()
      await challenge(device)
      const before = twilio.requests.length
      if (/production/.test(_))
        Object.assign(process.env, { OTP_STAGE: 'prod', OTP_TWILIO_URL: '' })
      process.env[name] = value

      const { status, body } = await challenge(device)

      process.env = { ...settings }
      expect([status, body.code]).toEqual([500, 'not_configured'])
      expect(body.detail).toContain(name)
      expect(twilio.requests.length - before).toBe(0)
      expect(await verifyLast(device)).toBe(200)
    },
  )
})

describe('a device that cannot be challenged', () => {
  it('is not there: 404, and nothing is sent', async () => {
    const before = twilio.requests.length

    const { status, body } = await challenge({ userId: 'nobody', deviceId: randomUUID() })

    expect([status, body.code]).toEqual([404, 'device_not_found'])
    expect(twilio.requests.length - before).toBe(0)
  })

  it('is disabled: 403, and nothing is sent', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await register()
    await invoke(verifyFunction.handler, { ...device, body: { token: '123456' } })
    const before = twilio.requests.length

    const { status, body } = await challenge(device)

    expect([status, body.code, body.failureCount]).toEqual([403, 'device_disabled', 1])
    expect(twilio.requests.length - before).toBe(0)
  })
})
