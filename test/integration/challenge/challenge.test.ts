// POST …/challenge through the real handler: one write on a real engine, one request to the Twilio
// stand-in.
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { noon } from '../../support/device.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
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

const settings = { ...process.env }

freezeAtNoon()
beforeEach(() => {
  answers = []
})

describe('a challenge', () => {
  it('answers all that a waiting page needs', async () => {
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
    process.env.OTP_TWILIO_COOLDOWN = '30'

    const { status, body } = await challenge(await register())

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
  })

  it('sends one SMS', async () => {
    process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'
    const device = await register()
    const before = twilio.requests.length

    await challenge(device)

    expect(twilio.requests.length - before).toBe(1)
    expect(twilio.requests.at(-1)!.form).toMatchObject({
      To: '+442071838750',
      From: '+15005550006',
      Body: expect.stringMatching(/^\d{6}$/),
      ValidityPeriod: '300',
    })
  })

  it('sends a token that verifies', async () => {
    const device = await register()

    await challenge(device)

    expect(await verifyLast(device)).toBe(200)
  })

  it('of a locked device answers until when that is locked', async () => {
    const device = await register()
    await invoke(verifyFunction.handler, { ...device, body: { token: '123456' } })

    const { status, body } = await challenge(device)

    expect([status, body.lockedUntil]).toEqual([200, '2026-01-01T12:00:01.000Z'])
  })

  it('renders the template of the settings', async () => {
    process.env.OTP_TWILIO_TOKEN_TEMPLATE = '{{Código}}: {token} & más'

    await challenge(await register())

    expect(twilio.requests.at(-1)!.form.Body).toMatch(/^\{Código\}: \d{6} & más$/)
  })

  it('has a token of the length of the settings', async () => {
    process.env.OTP_TWILIO_TOKEN_LENGTH = '8'

    const { body } = await challenge(await register())

    expect(twilio.requests.at(-1)!.form.Body).toMatch(/^\d{8}$/)
    expect(body.tokenLength).toBe(8)
  })

  it('is sent by the messaging service of the settings', async () => {
    process.env.OTP_TWILIO_MESSAGING_SERVICE_SID = 'MG00000000000000000000000000000000'

    await challenge(await register())

    const { form } = twilio.requests.at(-1)!
    expect([form.MessagingServiceSid, form.From]).toEqual([
      'MG00000000000000000000000000000000',
      undefined,
    ])
  })

  it('shows the token in its message on a stage for development', async () => {
    process.env.OTP_TWILIO_CHALLENGE_MESSAGE = 'Your token is {token}'
    const device = await register()

    const { body } = await invoke(challengeFunction.handler, { ...device, showsToken: true })

    expect(body.message).toBe(`Your token is ${twilio.requests.at(-1)!.form.Body}`)
  })

  it('is logged instead of sent with OTP_TWILIO_NO_DELIVERY', async () => {
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
    expect(info.mock.calls).toContainEqual([token, { to: '+44••••••••50' }])
    info.mockRestore()
  })
})

describe('a cooldown', () => {
  /** A device in its cooldown, half a second after its challenge. */
  async function coolingDevice() {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await register()
    await challenge(device)
    vi.setSystemTime(noon + 500)
    return device
  }

  it('answers 429 with Retry-After', async () => {
    const { status, headers, body } = await challenge(await coolingDevice())

    expect([status, headers['retry-after'], body.code]).toEqual([429, '30', 'cooldown'])
    expect(body.nextChallengeAt).toBe('2026-01-01T12:00:30.000Z')
  })

  it('sends nothing', async () => {
    const device = await coolingDevice()
    const before = twilio.requests.length

    await challenge(device)

    expect(twilio.requests.length - before).toBe(0)
  })

  it('keeps the token', async () => {
    const device = await coolingDevice()

    await challenge(device)

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

  it('is cleared by a reset', async () => {
    const device = await coolingDevice()

    const { body } = await invoke(resetFunction.handler, device)

    expect(body.cooldown).toEqual({ allowed: true, nextChallengeAt: null })
  })

  it('that a reset clears leaves the pending token', async () => {
    const device = await coolingDevice()

    await invoke(resetFunction.handler, device)

    expect(await verifyLast(device)).toBe(200)
  })
})

describe('Twilio’s answer', () => {
  const refused = { status: 400, body: { code: 21211, message: 'not a number', status: 400 } }
  const rows: [
    string,
    StandInAnswer[],
    number,
    string,
    number | undefined,
    number,
    'refunded' | 'kept',
  ][] = [
    ['a refused number', [refused], 422, 'undeliverable_number', 21211, 1, 'refunded'],
    [
      'another 4xx',
      [{ status: 403, body: { code: 20403 } }],
      502,
      'delivery_failed',
      20403,
      1,
      'refunded',
    ],
    [
      'wrong credentials',
      [{ status: 401, body: { code: 20003 } }],
      502,
      'delivery_failed',
      20003,
      1,
      'refunded',
    ],
    [
      'a redirect',
      [{ status: 302, headers: { location: '/x' } }],
      502,
      'delivery_failed',
      undefined,
      1,
      'refunded',
    ],
    [
      'three times busy',
      [429, 429, 429].map(status => ({ status, headers: { 'retry-after': '0' } })),
      503,
      'delivery_busy',
      undefined,
      3,
      'refunded',
    ],
    [
      'a message that failed at once',
      [{ status: 201, body: { sid: 'SM1', status: 'failed', error_code: 30007 } }],
      502,
      'delivery_failed',
      30007,
      1,
      'refunded',
    ],
    [
      'one that failed at once by its number',
      [{ status: 201, body: { sid: 'SM1', status: 'failed', error_code: 30006 } }],
      422,
      'undeliverable_number',
      30006,
      1,
      'refunded',
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

  it.each(rows)(
    'decides how a challenge ends: %s',
    async (_, given, status, code, twilioCode, requests, token) => {
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
      expect(shown.cooldown.allowed).toBe(token === 'refunded')
    },
  )

  it('that it is busy is waited for', async () => {
    const device = await register()
    answers = [{ status: 429, headers: { 'retry-after': '0' } }]

    const { status } = await challenge(device)

    expect([status, await verifyLast(device)]).toEqual([200, 200])
  })

  it('that it is busy for longer has a Retry-After', async () => {
    const device = await register()
    answers = [{ status: 429, headers: { 'retry-after': '60' } }]

    const { status, headers } = await challenge(device)

    expect([status, headers['retry-after']]).toEqual([503, '60'])
  })

  it('that leaves the delivery unknown leaves the token good', async () => {
    const device = await register()
    answers = [{ status: 503 }]

    await challenge(device)

    expect(await verifyLast(device)).toBe(200)
  })

  it('that never comes where nothing listens refunds the cooldown', async () => {
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

  it('sends once', async () => {
    const device = await register()
    const before = twilio.requests.length
    await challenge(device, headers)

    await challenge(device, headers)

    expect(twilio.requests.length - before).toBe(1)
    expect(await verifyLast(device)).toBe(200)
  })

  it('answers a retry the same', async () => {
    const device = await register()
    const first = await challenge(device, headers)

    expect(await challenge(device, headers)).toEqual(first)
  })

  it('answers a retry the same after the token was used', async () => {
    const device = await register()
    const first = await challenge(device, headers)
    await verifyLast(device)

    const again = await challenge(device, headers)

    expect([again.status, again.body]).toEqual([200, first.body])
  })

  it('answers a retry with the same failure', async () => {
    const device = await register()
    answers = [{ status: 400, body: { code: 21211 } }]
    const first = await challenge(device, headers)

    const again = await challenge(device, headers)

    expect([again.status, again.body]).toEqual([422, first.body])
  })

  it('sends nothing for a retry of a failure', async () => {
    const device = await register()
    answers = [{ status: 400, body: { code: 21211 } }]
    await challenge(device, headers)
    const before = twilio.requests.length

    await challenge(device, headers)

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

  it.each([
    ['another channel', { channel: 'call' }],
    ['another language', { locale: 'de' }],
    ['a resend', { resend: true }],
  ])('refuses the same key with %s, and sends nothing', async (_, body) => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,call'
    const device = await register()
    await challenge(device, headers)
    const before = [twilio.requests.length, await show(device)]

    const other = await invoke(challengeFunction.handler, { ...device, body, headers })

    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect([twilio.requests.length, await show(device)]).toEqual(before)
  })

  it('refuses the key of a resend for a new token', async () => {
    const device = await register()
    await challenge(device)
    const resend = { ...device, body: { resend: true }, headers }
    const first = await invoke(challengeFunction.handler, resend)

    const [again, other] = [
      await invoke(challengeFunction.handler, resend),
      await challenge(device, headers),
    ]

    expect([first.status, again.status, again.body]).toEqual([200, 200, first.body])
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
  })

  it('takes a retry from another address for a retry', async () => {
    const device = await register()
    const from = (clientIp: string) =>
      invoke(challengeFunction.handler, { ...device, body: { clientIp }, headers })
    const first = await from('203.0.113.7')

    const again = await from('198.51.100.9')

    expect([again.status, again.body]).toEqual([200, first.body])
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
  /** A challenge with this setting, after one without it. */
  async function challengeWith(label: string, name: string, value: string) {
    const device = await register()
    await challenge(device)
    const before = twilio.requests.length
    if (/production/.test(label))
      Object.assign(process.env, { OTP_STAGE: 'prod', OTP_TWILIO_URL: '' })
    process.env[name] = value
    const answer = await challenge(device)
    setEnvironment(settings)
    return { device, answer, sent: twilio.requests.length - before }
  }

  it.each(cases)('of %s is answered by the name of the setting', async (label, name, value) => {
    const { answer } = await challengeWith(label, name, value)

    expect([answer.status, answer.body.code]).toEqual([500, 'not_configured'])
    expect(answer.body.detail).toContain(name)
  })

  it.each(cases)('of %s sends nothing', async (label, name, value) => {
    expect((await challengeWith(label, name, value)).sent).toBe(0)
  })

  it.each(cases)('of %s leaves the last token good', async (label, name, value) => {
    const { device } = await challengeWith(label, name, value)

    expect(await verifyLast(device)).toBe(200)
  })
})

describe('a device that cannot be challenged', () => {
  it('because it does not exist is answered 404 without a message', async () => {
    const before = twilio.requests.length

    const { status, body } = await challenge({ userId: 'unknown', deviceId: randomUUID() })

    expect([status, body.code]).toEqual([404, 'device_not_found'])
    expect(twilio.requests.length - before).toBe(0)
  })

  it('because it is disabled is answered 403 without a message', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await register()
    await invoke(verifyFunction.handler, { ...device, body: { token: '123456' } })
    const before = twilio.requests.length

    const { status, body } = await challenge(device)

    expect([status, body.code, body.failureCount]).toEqual([403, 'device_disabled', 1])
    expect(twilio.requests.length - before).toBe(0)
  })
})
