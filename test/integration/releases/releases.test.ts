// Functions of a released version and those of today, side by side on one table, as during a deploy
// and after it.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { loadReleased, releases } from '../../releases/kept.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const publicUrl = 'https://otp.example'
const twilio = await startTwilio()
process.env.OTP_TWILIO_URL = twilio.url
process.env.OTP_PUBLIC_URL = publicUrl
// As an upgrade from 0.2.0 has it: both count under the same names.
process.env.OTP_INDEX_KEY = process.env.OTP_TOKEN_KEY

const store = connectStore()
const [create, challenge, verify, update, reset, callback] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'update-device', 'reset', 'status-callback'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const today = { challenge, verify, 'update-device': update, reset, 'status-callback': callback }

afterEach(() => vi.unstubAllEnvs())

describe.each(releases())('of %s', version => {
  const load = (name: keyof typeof today) => loadReleased(version, name)
  const released = {
    challenge: load('challenge'),
    verify: load('verify'),
    'update-device': load('update-device'),
    reset: load('reset'),
    'status-callback': load('status-callback'),
  }
  const mixtures: [string, typeof today, typeof today][] = [
    ['old by new', released, today],
    ['new by old', today, released],
  ]

  async function challenged(functions: typeof today, headers = {}) {
    const device = await registerDevice(create)
    const answer = await invoke(functions.challenge, { ...device, headers })
    const body = twilio.requests.at(-1)!.form.Body!
    return { device, answer, token: /\d{6}/.exec(body)![0] }
  }

  it.each(mixtures)('a token is verified once, made %s', async (_, first, then) => {
    const { device, token } = await challenged(first)

    const right = await invoke(then.verify, { ...device, body: { token } })
    const again = await invoke(first.verify, { ...device, body: { token } })

    expect([right.status, again.status]).toEqual([200, 403])
  })

  it.each(mixtures)('a failure locks, counted %s', async (_, first, then) => {
    const { device, token } = await challenged(first)
    await invoke(first.verify, { ...device, body: { token: 'wrong' } })

    const locked = await invoke(then.verify, { ...device, body: { token } })

    expect(locked).toMatchObject({ status: 429, body: { code: 'throttled', failureCount: 1 } })
  })

  it.each(mixtures)('a reset lets a locked device in, done %s', async (_, first, then) => {
    const { device, token } = await challenged(first)
    await invoke(first.verify, { ...device, body: { token: 'wrong' } })
    await invoke(then.reset, device)

    const right = await invoke(first.verify, { ...device, body: { token } })

    expect(right.status).toBe(200)
  })

  it.each(mixtures)('a new number ends the token, set %s', async (_, first, then) => {
    const { device, token } = await challenged(first)
    const number = '+15555550101'
    await invoke(then['update-device'], { ...device, method: 'PATCH', body: { number } })

    const late = await invoke(first.verify, { ...device, body: { token } })

    expect(late.status).toBe(403)
  })

  it.each(mixtures)('a delivery is recorded, reported %s', async (_, first, then) => {
    const { device, answer } = await challenged(first)
    const { challengeId } = answer.body
    const path = `users/${device.userId}/devices/${device.deviceId}/challenge/${challengeId}/status`
    const form = { MessageStatus: 'delivered' }
    const signature = signForm(process.env.OTP_TWILIO_AUTH!, `${publicUrl}/${path}`, form)

    await invoke(then['status-callback'], {
      ...device,
      challengeId,
      headers: { authorization: null, 'x-twilio-signature': signature },
      body: new URLSearchParams(form).toString(),
    })

    // 0.2.0 knows no channel: nothing is added to the reason for it.
    const reason = then === released ? 0 : 10
    expect((await itemOf(store, device)).challenge).toMatchObject({ progress: 5, reason })
  })

  it('a token of before takes guesses without a bound, and counts as before', async () => {
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '1')
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '0')
    const { device, token } = await challenged(released)
    const answers = []

    for (const guess of ['wrong', 'worse', token, token]) {
      answers.push(await invoke(verify, { ...device, body: { token: guess } }))
    }

    expect(answers.map(({ status, body }) => body.code ?? status)).toEqual([
      'invalid_token',
      'invalid_token',
      200,
      'no_token',
    ])
    expect(answers[1]?.body.guessesLeft).toBeUndefined()
  })

  it('the functions of before take a token whose guesses are bounded', async () => {
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '1')
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '0')
    const { device, token } = await challenged(today)
    const answers = []

    for (const guess of ['wrong', token]) {
      answers.push(await invoke(released.verify, { ...device, body: { token: guess } }))
    }

    expect(answers.map(({ status }) => status)).toEqual([403, 200])
  })

  it.each(mixtures)('a cooldown is kept, charged %s', async (_, first, then) => {
    vi.stubEnv('OTP_TWILIO_COOLDOWN', '30')
    const { device } = await challenged(first)

    const early = await invoke(then.challenge, device)

    expect([early.status, early.body.code]).toEqual([429, 'cooldown'])
  })

  it.each(mixtures)(
    'a retry of a challenge sends no second SMS, made %s',
    async (_, first, then) => {
      const headers = { 'idempotency-key': 'login-1' }
      const { device, answer } = await challenged(first, headers)
      const sent = twilio.requests.length

      const again = await invoke(then.challenge, { ...device, headers })

      // 0.2.0 shows no channel.
      const { channel: __, ...delivery } = answer.body.delivery
      expect([again.status, again.body]).toMatchObject([200, { ...answer.body, delivery }])
      expect(twilio.requests.length).toBe(sent)
    },
  )

  it.each(mixtures)(
    'a retry of a verification is answered alike, made %s',
    async (_, first, then) => {
      const headers = { 'idempotency-key': 'attempt-1' }
      const { device, token } = await challenged(first)
      const body = { token }
      const right = await invoke(first.verify, { ...device, headers, body })

      const again = await invoke(then.verify, { ...device, headers, body })

      expect([right.status, again.status]).toEqual([200, 200])
    },
  )

  it.each(mixtures)('a token is sent again and verified, made %s', async (_, first, then) => {
    const { device, token } = await challenged(first)
    await invoke(then.challenge, { ...device, body: { resend: true } })
    const resent = /\d{6}/.exec(twilio.requests.at(-1)!.form.Body!)![0]

    const right = await invoke(first.verify, { ...device, body: { token } })

    expect([resent, right.status]).toEqual([token, 200])
  })

  it.each(mixtures)('a challenge replaces the token before, made %s', async (_, first, then) => {
    const { device, token } = await challenged(first)
    await invoke(then.challenge, device)

    const late = await invoke(first.verify, { ...device, body: { token } })

    expect([late.status, late.body.code]).toEqual([403, 'invalid_token'])
  })

  it.each(mixtures)('a device is disabled, counted %s', async (_, first, then) => {
    vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '2')
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '0')
    const { device, token } = await challenged(first)
    await invoke(first.verify, { ...device, body: { token: 'wrong' } })
    await invoke(then.verify, { ...device, body: { token: 'wrong' } })

    const answers = [
      await invoke(first.verify, { ...device, body: { token } }),
      await invoke(then.challenge, device),
      await invoke(first.challenge, device),
    ]

    const disabled = [403, 'device_disabled']
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      disabled,
      disabled,
      disabled,
    ])
  })

  it.each(mixtures)('a changed throttle factor is applied, seen %s', async (_, first, then) => {
    const { device } = await challenged(first)
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '60')

    const wrong = await invoke(then.verify, { ...device, body: { token: 'wrong' } })
    const locked = await invoke(first.verify, { ...device, body: { token: 'wrong' } })

    expect([wrong.status, locked.status]).toEqual([403, 429])
    const { lockedUntil, failedAt, factorMs } = await itemOf(store, device)
    expect([lockedUntil - failedAt, factorMs]).toEqual([60_000, 60_000])
  })

  it.each(mixtures)('a name and a confirmation stay, given %s', async (_, first, then) => {
    const { device } = await challenged(first)
    const body = { name: 'Phone', confirmed: true }
    await invoke(then['update-device'], { ...device, method: 'PATCH', body })

    await invoke(first.reset, device)

    expect(await itemOf(store, device)).toMatchObject(body)
  })

  it.each(mixtures)(
    'nothing is left of a challenge that was refused, made %s',
    async (_, first, then) => {
      vi.stubEnv('OTP_TWILIO_LIMIT_USER', '1/600')
      const { device, token } = await challenged(first)
      await invoke(first.verify, { ...device, body: { token } })
      // The counters of another version are others.
      await invoke(then.challenge, await registerDevice(create, '+15555550102', device.userId))
      const refused = await invoke(then.challenge, device)

      const { unverified, pending } = await itemOf(store, device)

      expect([refused.status, refused.body.code]).toEqual([429, 'limit_reached'])
      expect([unverified, pending]).toEqual([0, {}])
    },
  )
})
