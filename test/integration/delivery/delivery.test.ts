// What became of a message, from the stand-in's signed callbacks through the real handlers to the
// page that waits.
import { createHmac, randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startTwilio } from '../../support/twilio.ts'

const publicUrl = 'https://otp.example'
const authToken = process.env.OTP_TWILIO_AUTH!
const twilio = await startTwilio()
const store = connectStore()
const [create, challenge, getChallenge, callback, getDevice, verify, update] = await Promise.all(
  [
    'create-device',
    'challenge',
    'get-challenge',
    'status-callback',
    'get-device',
    'verify',
    'update-device',
  ].map(async name => (await import(`../../../functions/${name}.ts`)).handler),
)
const settings = { ...process.env }

beforeEach(() => {
  setEnvironment({ ...settings, OTP_PUBLIC_URL: publicUrl })
})

const register = (number = '+15555550100') => registerDevice(create, number)

async function challenged(body: object = {}) {
  const device = await register()
  const answer = await invoke(challenge, { ...device, body })
  return { device, challengeId: answer.body.challengeId as string, answer }
}

interface Challenged {
  device: DeviceKey
  challengeId: string
}

/** Twilio's request, or one that is nearly Twilio's. */
function sendCallback(
  { device, challengeId }: Challenged,
  form: Record<string, string>,
  { token = authToken, path = pathOf(device, challengeId), base64 = false } = {},
) {
  const signature = signForm(token, publicUrl + path, form)
  return invoke(callback, {
    ...device,
    challengeId,
    path,
    headers: {
      authorization: null,
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature,
    },
    body: new URLSearchParams(form).toString(),
    base64,
  })
}

function pathOf({ userId, deviceId }: DeviceKey, challengeId: string): string {
  return `/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
}

async function shown(device: DeviceKey, challengeId?: string) {
  const query = challengeId === undefined ? {} : { challengeId }
  return (await invoke(getChallenge, { ...device, method: 'GET', query })).body
}

async function deliveryOf(device: DeviceKey) {
  return (await shown(device)).delivery
}

describe('a message', () => {
  it('carries the URL of its challenge', async () => {
    const { device, challengeId } = await challenged()

    const { form } = twilio.requests.at(-1)!
    expect(form.StatusCallback).toBe(publicUrl + pathOf(device, challengeId))
  })

  it('is queued until Twilio reports more', async () => {
    const { answer } = await challenged()

    expect(answer.body.delivery).toMatchObject({ status: 'queued', reason: null, next: null })
  })

  it.each([
    [{}, 'sms'],
    [{ channel: 'call' }, 'call'],
    [{ channel: 'whatsapp' }, 'whatsapp'],
  ])('that was asked for by %o is shown with its channel, %s', async (body, channel) => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,call,whatsapp'
    process.env.OTP_TWILIO_WHATSAPP_FROM = '+15005550006'

    const { device, answer } = await challenged(body)

    expect([answer.body.delivery.channel, (await deliveryOf(device)).channel]).toEqual([
      channel,
      channel,
    ])
  })

  it('is shown without a channel while only the route of its country knows it', async () => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,call'
    process.env.OTP_TWILIO_ROUTES = '{"US": {"channel": "call"}}'

    const sent = await challenged()
    const before = await deliveryOf(sent.device)
    await sendCallback(sent, { CallStatus: 'busy' })

    expect([before.channel, (await deliveryOf(sent.device)).channel]).toEqual([null, 'call'])
  })

  it('that Twilio refused is shown with its channel', async () => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,call'
    const device = await register('+15005550001')

    await invoke(challenge, { ...device, body: { channel: 'call' } })

    expect(await deliveryOf(device)).toMatchObject({ status: 'failed', channel: 'call' })
  })

  /** A challenge of a fresh instance with these settings. */
  async function challengeWith(env: object) {
    Object.assign(process.env, env)
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    return invoke(fresh, await register())
  }
  const uncheckable: [string, object][] = [
    ['OTP_PUBLIC_URL', { OTP_PUBLIC_URL: '' }],
    ['a token to check signatures with', { OTP_TWILIO_SIGNATURE_TOKEN: '' }],
  ]

  it.each(uncheckable)('asks for no callback without %s', async (_, env) => {
    await challengeWith(env)

    expect(twilio.requests.at(-1)!.form.StatusCallback).toBeUndefined()
  })

  it.each(uncheckable)('is answered without a delivery without %s', async (_, env) => {
    const { status, body } = await challengeWith(env)

    expect([status, body.delivery]).toEqual([200, null])
  })

  it('is reported by callbacks that OTP_TWILIO_SIGNATURE_TOKEN signs where it is set', async () => {
    const OTP_TWILIO_SIGNATURE_TOKEN = 'signature-token-of-the-suite'
    Object.assign(process.env, { OTP_TWILIO_API_KEY: 'SK1', OTP_TWILIO_SIGNATURE_TOKEN })
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    const freshCallback = (await import('../../../functions/status-callback.ts')).handler
    const device = await register()
    const { body } = await invoke(fresh, device)
    const { challengeId } = body
    const path = pathOf(device, challengeId)
    const form = { MessageStatus: 'delivered' }
    const send = (token: string) =>
      invoke(freshCallback, {
        ...device,
        challengeId,
        path,
        headers: {
          authorization: null,
          'x-twilio-signature': signForm(token, publicUrl + path, form),
        },
        body: new URLSearchParams(form).toString(),
      })

    const byKey = await send(authToken)
    const byAccount = await send(OTP_TWILIO_SIGNATURE_TOKEN)

    expect([byKey.status, byAccount.status]).toEqual([403, 204])
    expect(await deliveryOf(device)).toMatchObject({ status: 'delivered' })
  })

  it('is reported by callbacks that the pinned shared key signs, and by no other', async () => {
    const secret = 'secret-of-the-shared-key-of-the-suite'
    Object.assign(process.env, {
      OTP_TWILIO_SIGNATURE_TOKEN: secret,
      OTP_TWILIO_SIGNATURE_KEY: 'webhooks_sharedkey_1:HMAC_SHA256',
    })
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    const freshCallback = (await import('../../../functions/status-callback.ts')).handler
    const device = await register()
    const { challengeId } = (await invoke(fresh, device)).body
    const path = pathOf(device, challengeId)
    const send = (headers: Record<string, string>) =>
      invoke(freshCallback, {
        ...device,
        challengeId,
        path,
        headers: { authorization: null, ...headers },
        body: 'MessageStatus=delivered',
      })
    const named = 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256'
    const signature = createHmac('sha256', secret)
      .update(`${publicUrl}${path}MessageStatusdelivered`)
      .digest('base64')

    const byToken = await send({
      'x-twilio-signature': signForm(authToken, publicUrl + path, { MessageStatus: 'delivered' }),
    })
    const byKey = await send({
      'x-twilio-signature': signature,
      'x-twilio-webhooks-signature-settings': named,
    })

    expect([byToken.status, byKey.status]).toEqual([403, 204])
    expect(await deliveryOf(device)).toMatchObject({ status: 'delivered' })
  })

  it('that Twilio refuses is failed with its reason and what to offer next', async () => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,call'
    const device = await register('+15005550009')

    const { status } = await invoke(challenge, device)

    expect(status).toBe(422)
    expect(await shown(device)).toMatchObject({
      state: 'expired',
      validUntil: null,
      delivery: { status: 'failed', reason: 'landline', next: 'another_channel' },
    })
  })
})

describe('a callback', () => {
  it.each([
    [{ MessageStatus: 'accepted' }, 'queued', null, null],
    [{ MessageStatus: 'sent' }, 'queued', null, null],
    [{ MessageStatus: 'delivered' }, 'delivered', null, null],
    [{ MessageStatus: 'undelivered', ErrorCode: '30003' }, 'undelivered', 'unreachable', 'retry'],
    [
      { MessageStatus: 'undelivered', ErrorCode: '30006' },
      'undelivered',
      'landline',
      'another_number',
    ],
    [
      { MessageStatus: 'undelivered', ErrorCode: '30007' },
      'undelivered',
      'blocked_by_carrier',
      'another_number',
    ],
    [{ MessageStatus: 'failed', ErrorCode: '21610' }, 'failed', 'opted_out', 'another_number'],
    [{ MessageStatus: 'failed', ErrorCode: '30008' }, 'failed', 'unknown', 'retry'],
  ])('%o is shown as %s, %s, %s', async (form, status, reason, next) => {
    const sent = await challenged()

    const answer = await sendCallback(sent, form as Record<string, string>)

    const { body: device } = await invoke(getDevice, { ...sent.device, method: 'GET' })
    expect(answer.status).toBe(204)
    expect(await deliveryOf(sent.device)).toMatchObject({ status, reason, next })
    expect(device.delivery).toMatchObject({ status, reason, next })
  })

  it('has no line in the log of the function, and a refused one has', async () => {
    const write = vi.spyOn(process.stdout, 'write')
    const sent = await challenged()
    const linesOf = async (options: object) => {
      write.mockClear()
      await sendCallback(sent, { MessageStatus: 'delivered' }, options)
      return write.mock.calls.filter(([line]) => String(line).includes('"status-callback"'))
    }

    expect((await linesOf({})).length).toBe(0)
    expect((await linesOf({ token: 'x' })).length).toBe(1)
  })

  it('is read as API Gateway hands forms on, in base64', async () => {
    const sent = await challenged()

    const { status } = await sendCallback(sent, { MessageStatus: 'delivered' }, { base64: true })

    expect([status, (await deliveryOf(sent.device)).status]).toEqual([204, 'delivered'])
  })

  it.each([
    [
      'a query that was appended to its URL',
      'MessageStatus=delivered',
      '?a=%2B1&b',
      'MessageStatusdelivered',
    ],
    [
      'a name that comes twice',
      'MessageStatus=delivered&To=2&To=1&To=2',
      '',
      'MessageStatusdeliveredTo1To2',
    ],
    [
      'a name of rare letters',
      'MessageStatus=delivered&%F0%90%80%80=1',
      '',
      'MessageStatusdelivered\u{10000}1',
    ],
  ])('with %s is taken as Twilio signs it', async (_, body, query, signed) => {
    const { device, challengeId } = await challenged()
    const path = pathOf(device, challengeId)
    const signature = createHmac('sha1', authToken)
      .update(publicUrl + path + query + signed)
      .digest('base64')

    const { status } = await invoke(callback, {
      ...device,
      challengeId,
      headers: { authorization: null, 'x-twilio-signature': signature },
      rawQuery: query.slice(1),
      body,
    })

    expect([status, (await deliveryOf(device)).status]).toEqual([204, 'delivered'])
  })

  it.each<[string, Record<string, string>]>([
    ['repeats what is known', { MessageStatus: 'undelivered', ErrorCode: '30006' }],
    ['reports less than is known', { MessageStatus: 'sent' }],
    ['has an unknown status', { MessageStatus: 'on the moon' }],
  ])('that %s changes nothing', async (_, form) => {
    const sent = await challenged()
    await sendCallback(sent, { MessageStatus: 'undelivered', ErrorCode: '30003' })
    const before = await itemOf(store, sent.device as never)

    const { status } = await sendCallback(sent, form)

    expect(status).toBe(204)
    expect(await itemOf(store, sent.device as never)).toEqual(before)
  })

  it('of a challenge that was replaced changes nothing', async () => {
    const first = await challenged()
    await invoke(challenge, first.device)

    const { status } = await sendCallback(first, { MessageStatus: 'delivered' })

    expect([status, (await deliveryOf(first.device)).status]).toEqual([204, 'queued'])
  })

  it('of a number that was changed since says nothing of the new one', async () => {
    const sent = await challenged()
    await sendCallback(sent, { MessageStatus: 'undelivered' })
    await invoke(update, { ...sent.device, body: { number: '+15555550101' } })

    const { status } = await sendCallback(sent, { MessageStatus: 'delivered' })

    expect(status).toBe(204)
    expect(await shown(sent.device)).toMatchObject({ state: 'expired', delivery: null })
  })

  it('of no device makes none', async () => {
    const device = { userId: 'unknown', deviceId: randomUUID() }

    const { status } = await sendCallback(
      { device, challengeId: 'any' },
      { MessageStatus: 'delivered' },
    )

    const { status: found } = await invoke(getDevice, { ...device, method: 'GET' })
    expect([status, found]).toEqual([204, 404])
  })

  const delivered = { MessageStatus: 'delivered' }
  it.each<[string, (sent: Challenged) => ReturnType<typeof sendCallback>]>([
    ['signed with another token', sent => sendCallback(sent, delivered, { token: 'x' })],
    [
      'signed for another challenge',
      sent => sendCallback(sent, delivered, { path: pathOf(sent.device, 'another-one') }),
    ],
    [
      'without a signature',
      ({ device, challengeId }) =>
        invoke(callback, { ...device, challengeId, body: 'MessageStatus=delivered', headers: {} }),
    ],
  ])('%s is refused without a change', async (_, send) => {
    const sent = await challenged()
    const before = await itemOf(store, sent.device as never)

    const { status, body } = await send(sent)

    expect([status, body.code]).toEqual([403, 'invalid_signature'])
    expect(await itemOf(store, sent.device as never)).toEqual(before)
  })

  it('with a form that was changed on its way is refused', async () => {
    const { device, challengeId } = await challenged()
    const path = pathOf(device, challengeId)
    const signature = signForm(authToken, publicUrl + path, { MessageStatus: 'failed' })

    const { status } = await invoke(callback, {
      ...device,
      challengeId,
      headers: { authorization: null, 'x-twilio-signature': signature },
      body: 'MessageStatus=delivered',
    })

    expect(status).toBe(403)
  })

  it.each([
    ['a path that names no challenge', { challengeId: 'a b', body: '' }, 400],
    ['a form that is too long', { challengeId: 'a', body: 'x'.repeat(17_000) }, 413],
  ])('with %s is refused', async (_, request, status) => {
    const device = await register()

    expect((await invoke(callback, { ...device, ...request })).status).toBe(status)
  })
})

describe('a challenge', () => {
  it('is pending while its token lives', async () => {
    const { device, challengeId } = await challenged()

    const body = await shown(device, challengeId)

    expect(body).toMatchObject({ challengeId, state: 'pending', number: '+1••••••••00' })
  })

  it('is verified once its token was used', async () => {
    const { device, challengeId } = await challenged()

    await invoke(verify, { ...device, body: { token: twilio.messages.at(-1)!.body } })

    expect(await shown(device, challengeId)).toMatchObject({ challengeId, state: 'verified' })
  })

  it('shows the failures, the lock and the cooldown of its device', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const { device } = await challenged()
    await invoke(verify, { ...device, body: { token: 'wrong' } })

    const { failureCount, lockedUntil, nextChallengeAt, validUntil } = await shown(device)

    expect(failureCount).toBe(1)
    for (const moment of [lockedUntil, nextChallengeAt, validUntil]) {
      expect(moment).toMatch(/^\d{4}-.*Z$/)
    }
  })

  it('is replaced by the next one', async () => {
    const { device, challengeId } = await challenged()

    await invoke(challenge, device)

    expect(await shown(device, challengeId)).toMatchObject({
      challengeId,
      state: 'replaced',
      validUntil: null,
      delivery: null,
    })
  })

  it('is disabled with its device', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const { device, challengeId } = await challenged()

    await invoke(verify, { ...device, body: { token: 'wrong' } })

    expect(await shown(device, challengeId)).toMatchObject({ state: 'disabled' })
  })

  it('that there never was is not found', async () => {
    const device = await register()

    const { status, body } = await invoke(getChallenge, { ...device, method: 'GET' })

    expect([status, body.code]).toEqual([404, 'challenge_not_found'])
  })

  it('of no device is not found', async () => {
    const device = { ...(await register()), deviceId: randomUUID() }

    const { status, body } = await invoke(getChallenge, { ...device, method: 'GET' })

    expect([status, body.code]).toEqual([404, 'device_not_found'])
  })

  it('has the same id in the answer to a retry', async () => {
    const device = await register()
    const headers = { 'idempotency-key': 'k' }
    const first = await invoke(challenge, { ...device, headers })

    const retry = await invoke(challenge, { ...device, headers })

    expect(retry.body.challengeId).toBe(first.body.challengeId)
  })
})
