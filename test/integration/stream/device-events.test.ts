// What the writes of the real handlers mean to the readers of the devices table's stream.
import { afterAll, afterEach, expect, it } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import { readRecord } from '../../../lib/stream/records.ts'
import { dayAfter, someNumber } from '../../support/device.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

const settings = { ...process.env }
let answers: StandInAnswer[] = []
const engine = await startStreamedEngine()
const twilio = await startTwilio(() => answers.shift())
const testNumber = '+442071838750'
process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
  { number: testNumber, userIds: ['reviewer'], token: '730184', until: dayAfter(60) },
])
const given = { ...process.env }
const [create, update, remove, challenge, verify, reset] = await Promise.all([
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
  import('../../../functions/delete-device.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/verify.ts'),
  import('../../../functions/reset.ts'),
])

afterEach(() => {
  answers = []
  setEnvironment(given)
})

afterAll(async () => {
  setEnvironment(settings)
  await engine.close()
})

const register = (number = someNumber()) => registerDevice(create.handler, number)

const lastToken = () => twilio.messages.at(-1)!.body
const wrongToken = () => String((Number(lastToken()) + 1) % 1_000_000).padStart(6, '0')

/** The events since, without what differs every time. */
function takeEvents(): Partial<DeviceEvent>[] {
  return engine.take().flatMap(record =>
    readRecord(record)!.events.map(event => {
      const {
        at: _,
        challengeId: __,
        lockedUntil: ___,
        ...rest
      } = event as DeviceEvent & {
        at?: number
        challengeId?: string
        lockedUntil?: number
      }
      return rest
    }),
  )
}

it('a login is a challenge that is started and verified', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: lastToken() } })
  expect(takeEvents()).toEqual([
    { type: 'device_created' },
    { type: 'challenge_started', resent: false },
    { type: 'verified' },
    { type: 'device_confirmed' },
  ])
})

it('a verification names its challenge and the start of that', async () => {
  const device = await register()
  const { body } = await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: lastToken() } })
  const [, started, verified] = engine.take().flatMap(record => readRecord(record)!.events)
  expect(started).toMatchObject({ challengeId: body.challengeId, at: expect.any(Number) })
  expect(verified).toEqual({ ...started, type: 'verified', resent: undefined })
})

it('a wrong token is a failure with its count and the end of its lock', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  const { body } = await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  const [failed] = engine.take().flatMap(record => readRecord(record)!.events)
  expect(failed).toEqual({ type: 'failed', failures: 1, lockedUntil: Date.parse(body.lockedUntil) })
})

it('a locked attempt is no event', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  engine.take()
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  expect(takeEvents()).toEqual([])
})

it('a message that Twilio refuses was not sent', async () => {
  const device = await register()
  engine.take()
  answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
  await invoke(challenge.handler, device)
  expect(takeEvents()).toEqual([
    { type: 'challenge_started', resent: false },
    { type: 'challenge_not_sent', test: false },
    expect.objectContaining({ type: 'delivery_updated', status: 'failed' }),
  ])
})

it('a challenge that a limit refuses was not sent', async () => {
  process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
  const number = someNumber()
  await invoke(challenge.handler, await register(number))
  const device = await register(number)
  engine.take()
  const { status } = await invoke(challenge.handler, device)
  expect(status).toBe(429)
  expect(takeEvents()).toEqual([
    { type: 'challenge_started', resent: false },
    { type: 'challenge_not_sent', test: false },
  ])
})

it('a token that is sent again is a challenge of its own, marked as a resend', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  await invoke(challenge.handler, { ...device, body: { resend: true } })
  expect(takeEvents()).toEqual([{ type: 'challenge_started', resent: true }])
})

it('a resend that Twilio refuses was not sent', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
  await invoke(challenge.handler, { ...device, body: { resend: true } })
  expect(takeEvents()).toEqual([
    { type: 'challenge_started', resent: true },
    { type: 'challenge_not_sent', test: false },
    expect.objectContaining({ type: 'delivery_updated', status: 'failed' }),
  ])
})

it('a test number is sent nothing', async () => {
  const device = await registerDevice(create.handler, testNumber, 'reviewer')
  engine.take()
  await invoke(challenge.handler, device)
  expect(takeEvents()).toEqual(
    expect.arrayContaining([
      { type: 'challenge_started', resent: false },
      { type: 'challenge_not_sent', test: true },
    ]),
  )
})

it('a reset, a new number and a deletion are an event each', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  engine.take()
  await invoke(reset.handler, device)
  await invoke(update.handler, { ...device, body: { number: someNumber() } })
  await invoke(remove.handler, device)
  expect(takeEvents()).toEqual([
    { type: 'device_reset' },
    { type: 'number_changed' },
    { type: 'device_deleted' },
  ])
})

it('a caller who vouches for a new number confirms the device anew', async () => {
  const device = await register()
  for (const number of [someNumber(), someNumber()]) {
    await invoke(update.handler, { ...device, body: { number, confirmed: true } })
  }
  expect(takeEvents()).toEqual([
    { type: 'device_created' },
    ...[1, 2].flatMap(() => [{ type: 'number_changed' }, { type: 'device_confirmed' }]),
  ])
})

it('another name is no event', async () => {
  const device = await register()
  engine.take()
  await invoke(update.handler, { ...device, body: { name: 'work' } })
  expect(takeEvents()).toEqual([])
})

it('the reset of a device with a pending token is a reset alone', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  await invoke(reset.handler, device)
  expect(takeEvents()).toEqual([{ type: 'device_reset' }])
})
