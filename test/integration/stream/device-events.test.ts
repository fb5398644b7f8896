// What the writes of the real handlers mean to whoever reads the stream of the devices table.
import { randomInt, randomUUID } from 'node:crypto'
import { afterAll, afterEach, expect, it } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import { readRecord } from '../../../lib/stream/records.ts'
import { invoke } from '../../support/lambda.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

const settings = { ...process.env }
let answers: StandInAnswer[] = []
const engine = await startStreamedEngine()
const twilio = await startTwilio(() => answers.shift())
const testNumber = '+442071838750'
process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
  { number: testNumber, token: '730184', until: '2099-01-01' },
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
  process.env = { ...given }
})

afterAll(async () => {
  process.env = settings
  await engine.close()
})

const someNumber = () => `+4420718${randomInt(10_000, 100_000)}`

async function register(number = someNumber()) {
  const userId = `user-${randomUUID()}`
  const { body } = await invoke(create.handler, { userId, body: { number } })
  return { userId, deviceId: body.id as string }
}

const lastToken = () => twilio.messages.at(-1)!.body
const wrongToken = () => String((Number(lastToken()) + 1) % 1_000_000).padStart(6, '0')

/** What has happened since, without what differs every time. */
function happened(): Partial<DeviceEvent>[] {
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

it('a login is a challenge begun, and verified', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: lastToken() } })
  expect(happened()).toEqual([
    { type: 'device_created' },
    { type: 'challenge_started', resent: false },
    { type: 'verified' },
  ])
})

it('the verification names the challenge whose token it was, and when that was begun', async () => {
  const device = await register()
  const { body } = await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: lastToken() } })
  const [, begun, verified] = engine.take().flatMap(record => readRecord(record)!.events)
  expect(begun).toMatchObject({ challengeId: body.challengeId, at: expect.any(Number) })
  expect(verified).toEqual({ ...begun, type: 'verified', resent: undefined })
})

it('a wrong token is a failure, with how many there are and until when it locks', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  const { body } = await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  const [failed] = engine.take().flatMap(record => readRecord(record)!.events)
  expect(failed).toEqual({ type: 'failed', failures: 1, lockedUntil: Date.parse(body.lockedUntil) })
})

it('a locked attempt is nothing: it was not evaluated', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  engine.take()
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  expect(happened()).toEqual([])
})

it('a message that Twilio refuses was not sent', async () => {
  const device = await register()
  engine.take()
  answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
  await invoke(challenge.handler, device)
  expect(happened()).toEqual([
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
  expect(happened()).toEqual([
    { type: 'challenge_started', resent: false },
    { type: 'challenge_not_sent', test: false },
  ])
})

it('a token that is sent again is a challenge of its own, and says so', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  await invoke(challenge.handler, { ...device, body: { resend: true } })
  expect(happened()).toEqual([{ type: 'challenge_started', resent: true }])
})

it('a resend that Twilio refuses was not sent', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
  await invoke(challenge.handler, { ...device, body: { resend: true } })
  expect(happened()).toEqual([
    { type: 'challenge_started', resent: true },
    { type: 'challenge_not_sent', test: false },
    expect.objectContaining({ type: 'delivery_updated', status: 'failed' }),
  ])
})

it('a test number is sent nothing', async () => {
  const device = await register(testNumber)
  engine.take()
  await invoke(challenge.handler, device)
  expect(happened()).toEqual(
    expect.arrayContaining([
      { type: 'challenge_started', resent: false },
      { type: 'challenge_not_sent', test: true },
    ]),
  )
})

it('a new number, a reset and a deletion are told; another name is nothing', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  await invoke(verify.handler, { ...device, body: { token: wrongToken() } })
  engine.take()
  await invoke(update.handler, { ...device, body: { name: 'work' } })
  await invoke(reset.handler, device)
  await invoke(update.handler, { ...device, body: { number: someNumber() } })
  await invoke(remove.handler, device)
  expect(happened()).toEqual([
    { type: 'device_reset' },
    { type: 'number_changed' },
    { type: 'device_deleted' },
  ])
})

it('the reset of a device that waits for its token is no challenge that was not sent', async () => {
  const device = await register()
  await invoke(challenge.handler, device)
  engine.take()
  await invoke(reset.handler, device)
  expect(happened()).toEqual([{ type: 'device_reset' }])
})
