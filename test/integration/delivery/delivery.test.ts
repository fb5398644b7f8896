// What became of a message, from the stand-in's signed callbacks through the real handlers to whoever waits.
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
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
  process.env = { ...settings, OTP_PUBLIC_URL: publicUrl }
})

const register = (number = '+15555550100') => registerDevice(create, number)

async function challenged(body: object = {}) {
  const device = await register()
  const answer = await invoke(challenge, { ...device, body })
  return { device, challengeId: answer.body.challengeId as string, answer }
}

interface Told {
  device: DeviceKey
  challengeId: string
}

/** Twilio's request, or one that is nearly Twilio's. */
function tell(
  { device, challengeId }: Told,
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
  it('carries the URL of its challenge, and is queued until Twilio tells more', async () => {
    const { device, challengeId, answer } = await challenged()

    const { form } = twilio.requests.at(-1)!
    expect(form.StatusCallback).toBe(publicUrl + pathOf(device, challengeId))
    expect(answer.body.delivery).toMatchObject({ status: 'queued', reason: null, next: null })
  })

  it.each([
    ['OTP_PUBLIC_URL', { OTP_PUBLIC_URL: '' }],
    ['a token to check signatures with', { OTP_TWILIO_API_KEY: 'SK1' }],
  ])('asks for no callback without %s, and tells of no delivery', async (_, env) => {
    Object.assign(process.env, env)
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    const device = await register()

    const { status, body } = await invoke(fresh, device)

    expect([status, body.delivery]).toEqual([200, null])
    expect(twilio.requests.at(-1)!.form.StatusCallback).toBeUndefined()
  })

  it('asks for callbacks with an API key when OTP_TWILIO_SIGNATURE_TOKEN is set', async () => {
    const OTP_TWILIO_SIGNATURE_TOKEN = 'signature-token-of-the-suite'
    Object.assign(process.env, { OTP_TWILIO_API_KEY: 'SK1', OTP_TWILIO_SIGNATURE_TOKEN })
    vi.resetModules()
    const fresh = (await import('../../../functions/challenge.ts')).handler
    const freshCallback = (await import('../../../functions/status-callback.ts')).handler
    const device = await register()
    const { body } = await invoke(fresh, device)
    const { challengeId } = body
    const path = pathOf(device, challengeId)
    const form = { MessageStatus: 'sent' }
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
    expect(await deliveryOf(device)).toMatchObject({ status: 'sent' })
  })

  it('that Twilio refuses is failed, with the reason and what to offer next', async () => {
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
    [{ MessageStatus: 'sent' }, 'sent', null, null],
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
    const told = await challenged()

    const answer = await tell(told, form as Record<string, string>)

    const { body: device } = await invoke(getDevice, { ...told.device, method: 'GET' })
    expect(answer.status).toBe(204)
    expect(await deliveryOf(told.device)).toMatchObject({ status, reason, next })
    expect(device.delivery).toMatchObject({ status, reason, next })
  })

  it('is read as API Gateway hands forms on, in base64', async () => {
    const told = await challenged()

    const { status } = await tell(told, { MessageStatus: 'sent' }, { base64: true })

    expect([status, (await deliveryOf(told.device)).status]).toEqual([204, 'sent'])
  })

  it('that tells less than is known changes nothing, and neither does the same one again', async () => {
    const told = await challenged()
    await tell(told, { MessageStatus: 'undelivered', ErrorCode: '30003' })
    const before = await itemOf(store, told.device as never)

    const again = await tell(told, { MessageStatus: 'undelivered', ErrorCode: '30006' })
    const late = await tell(told, { MessageStatus: 'sent' })
    const unheard = await tell(told, { MessageStatus: 'on the moon' })

    expect([again.status, late.status, unheard.status]).toEqual([204, 204, 204])
    expect(await itemOf(store, told.device as never)).toEqual(before)
  })

  it('of a challenge that was replaced changes nothing', async () => {
    const first = await challenged()
    await invoke(challenge, first.device)

    const { status } = await tell(first, { MessageStatus: 'delivered' })

    expect([status, (await deliveryOf(first.device)).status]).toEqual([204, 'queued'])
  })

  it('of a number that was changed since says nothing of the new one', async () => {
    const told = await challenged()
    await tell(told, { MessageStatus: 'sent' })
    await invoke(update, { ...told.device, body: { number: '+15555550101' } })

    const { status } = await tell(told, { MessageStatus: 'delivered' })

    expect(status).toBe(204)
    expect(await shown(told.device)).toMatchObject({ state: 'expired', delivery: null })
  })

  it('of no device is read, and makes none', async () => {
    const device = { userId: 'nobody', deviceId: randomUUID() }

    const { status } = await tell({ device, challengeId: 'any' }, { MessageStatus: 'sent' })

    const { status: found } = await invoke(getDevice, { ...device, method: 'GET' })
    expect([status, found]).toEqual([204, 404])
  })

  it.each<[string, (told: Told) => ReturnType<typeof tell>]>([
    [
      'signed with another token',
      told => tell(told, { MessageStatus: 'delivered' }, { token: 'x' }),
    ],
    [
      'signed for another challenge',
      told =>
        tell(told, { MessageStatus: 'delivered' }, { path: pathOf(told.device, 'another-one') }),
    ],
    [
      'without a signature',
      ({ device, challengeId }) =>
        invoke(callback, { ...device, challengeId, body: 'MessageStatus=delivered', headers: {} }),
    ],
  ])('%s is refused and changes nothing', async (_, send) => {
    const told = await challenged()
    const before = await itemOf(store, told.device as never)

    const { status, body } = await send(told)

    expect([status, body.code]).toEqual([403, 'invalid_signature'])
    expect(await itemOf(store, told.device as never)).toEqual(before)
  })

  it('with a form that was changed on its way is refused', async () => {
    const { device, challengeId } = await challenged()
    const path = pathOf(device, challengeId)
    const signature = signForm(authToken, publicUrl + path, { MessageStatus: 'sent' })

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
  it('is pending, then verified, and readable after its end', async () => {
    const { device, challengeId } = await challenged()
    const before = await shown(device, challengeId)

    await invoke(verify, { ...device, body: { token: twilio.messages.at(-1)!.body } })

    expect(before).toMatchObject({ challengeId, state: 'pending', number: '+1••••••••00' })
    expect(await shown(device, challengeId)).toMatchObject({ challengeId, state: 'verified' })
  })

  it('tells failures, the lock and the next challenge', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const { device } = await challenged()
    await invoke(verify, { ...device, body: { token: 'wrong' } })

    const { failureCount, lockedUntil, nextChallengeAt, validUntil } = await shown(device)

    expect(failureCount).toBe(1)
    for (const moment of [lockedUntil, nextChallengeAt, validUntil]) {
      expect(moment).toMatch(/^\d{4}-.*Z$/)
    }
  })

  it('is replaced by the next one, and disabled with its device', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const { device, challengeId } = await challenged()
    const next = await invoke(challenge, device)
    await invoke(verify, { ...device, body: { token: 'wrong' } })

    expect(await shown(device, challengeId)).toMatchObject({
      challengeId,
      state: 'replaced',
      validUntil: null,
      delivery: null,
    })
    expect(await shown(device, next.body.challengeId)).toMatchObject({ state: 'disabled' })
  })

  it('that there never was is not found, nor one of no device', async () => {
    const device = await register()
    const ask = (ids: DeviceKey) => invoke(getChallenge, { ...ids, method: 'GET' })

    const never = await ask(device)
    const nobody = await ask({ ...device, deviceId: randomUUID() })

    expect([never.status, never.body.code]).toEqual([404, 'challenge_not_found'])
    expect([nobody.status, nobody.body.code]).toEqual([404, 'device_not_found'])
  })

  it('is told by its id to a retry with the same Idempotency-Key', async () => {
    const device = await register()
    const headers = { 'idempotency-key': 'k' }
    const first = await invoke(challenge, { ...device, headers })

    const retry = await invoke(challenge, { ...device, headers })

    expect(retry.body.challengeId).toBe(first.body.challengeId)
  })
})
