// A cooldown that grows, through the real handlers on a real engine.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const [challengeFunction, createFunction, verifyFunction, resetFunction] = await Promise.all([
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/verify.ts'),
  import('../../../functions/reset.ts'),
])

const store = connectStore()

freezeAtNoon()
beforeEach(() => {
  answers = []
  Object.assign(process.env, {
    OTP_TWILIO_COOLDOWN: '30',
    OTP_TWILIO_COOLDOWN_MAX: '120',
    OTP_TWILIO_TOKEN_VALIDITY: '300',
  })
})

const register = () => registerDevice(createFunction.handler, '+14155552672')

const challenge = (device: DeviceKey) => invoke(challengeFunction.handler, device)
const verify = (device: DeviceKey, token: string) =>
  invoke(verifyFunction.handler, { ...device, body: { token } })

/** Challenges as soon as it is allowed, and gives the seconds to the next one. */
async function waitAfter(device: DeviceKey): Promise<number> {
  const { body } = await challenge(device)
  const wait = Date.parse(body.nextChallengeAt) - Date.now()
  vi.setSystemTime(Date.now() + wait - 1)
  const early = await challenge(device)
  expect([early.status, early.body.code, early.body.nextChallengeAt]).toEqual([
    429,
    'cooldown',
    body.nextChallengeAt,
  ])
  vi.setSystemTime(Date.now() + 1)
  return wait / 1000
}

describe('a growing cooldown', () => {
  it('doubles with every challenge until the longest', async () => {
    const device = await register()

    const waits = []
    for (let n = 0; n < 5; n++) waits.push(await waitAfter(device))

    expect(waits).toEqual([30, 60, 120, 120, 120])
  })

  it('starts anew after a success', async () => {
    const device = await register()
    for (let n = 0; n < 5; n++) await waitAfter(device)
    await challenge(device)
    await verify(device, twilio.messages.at(-1)!.body)
    vi.setSystemTime(Date.now() + 30_000)

    expect([await waitAfter(device), await waitAfter(device)]).toEqual([30, 60])
  })

  it('is not shortened by a wrong token', async () => {
    const device = await register()
    await waitAfter(device)
    await verify(device, 'wrong')

    expect(await waitAfter(device)).toBe(60)
  })

  it('starts anew after a reset', async () => {
    const device = await register()
    for (let n = 0; n < 3; n++) await waitAfter(device)
    await invoke(resetFunction.handler, device)

    expect(await waitAfter(device)).toBe(30)
  })

  it('does not grow by what was not sent', async () => {
    const device = await register()
    await waitAfter(device)
    answers = [{ status: 400, body: { code: 21606 } }]
    const failed = await challenge(device)

    expect(failed.status).toBe(502)
    expect(await waitAfter(device)).toBe(60)
  })

  it('holds at once when the settings are changed', async () => {
    const device = await register()
    for (let n = 0; n < 3; n++) await waitAfter(device)
    await challenge(device)
    const startedAt = Date.now()

    const waits = []
    for (const [base, longest] of [
      ['30', '3600'],
      ['10', '3600'],
      ['10', ''],
    ]) {
      Object.assign(process.env, { OTP_TWILIO_COOLDOWN: base, OTP_TWILIO_COOLDOWN_MAX: longest })
      const { body } = await challenge(device)
      waits.push((Date.parse(body.nextChallengeAt) - startedAt) / 1000)
    }

    expect(waits).toEqual([240, 80, 10])
  })

  it('begins anew on a device that has no count yet', async () => {
    const device = await register()
    await challenge(device)
    await store.retrying.send(
      new UpdateCommand({
        TableName: store.devicesTable,
        Key: device,
        UpdateExpression: 'REMOVE unverified',
      }),
    )

    vi.setSystemTime(Date.now() + 30_000)

    expect((await challenge(device)).status).toBe(200)
  })

  it('does not grow without a longest one, as in django-otp', async () => {
    process.env.OTP_TWILIO_COOLDOWN_MAX = ''
    const device = await register()

    expect([await waitAfter(device), await waitAfter(device)]).toEqual([30, 30])
  })
})
