// Functions of a released version and those of today, side by side on one table, as during a deploy
// and after it.
import { describe, expect, it } from 'vitest'
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

const store = connectStore()
const [create, challenge, verify, update, reset, callback] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'update-device', 'reset', 'status-callback'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const today = { challenge, verify, 'update-device': update, reset, 'status-callback': callback }

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

  async function challenged(functions: typeof today) {
    const device = await registerDevice(create)
    const answer = await invoke(functions.challenge, device)
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

    expect((await itemOf(store, device)).challenge).toMatchObject({ progress: 5, reason: 0 })
  })
})
