// The events that the writes of the real handlers put on EventBridge, over HTTP; and what becomes
// of a batch that it does not take.
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { foundIn, listen, logged } from '../../support/canaries.ts'
import { startEventBus } from '../../support/event-bus.ts'
import { invoke } from '../../support/lambda.ts'
import { deviceName, startScenes, testNumber } from '../../support/scenes.ts'

const scenes = await startScenes()
const bus = await startEventBus()
const { handler } = await import('../../../functions/audit.ts')

beforeAll(listen)
afterEach(() => {
  vi.unstubAllEnvs()
  bus.faults.length = 0
  bus.take()
  scenes.engine.take()
})
afterAll(async () => {
  bus.close()
  await scenes.close()
})

const audit = (records: DynamoDBRecord[]) => handler({ Records: records })

/** Hands over what was written since, and gives the events that were put. */
async function takeEvents() {
  expect(await audit(scenes.engine.take())).toEqual({ batchItemFailures: [] })
  return bus.take()
}

const types = (events: { DetailType: string }[]) => events.map(({ DetailType }) => DetailType)

/** The events of a device that logs in, with its ids. */
async function login() {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'delivered' })
  await scenes.verify(device)
  return { device, challengeId: body.challengeId, events: await takeEvents() }
}

it('a login is put from the device to its token', async () => {
  expect(types((await login()).events)).toEqual([
    'Device Created',
    'Challenge Started',
    'Token Verified',
    'Device Confirmed',
  ])
})

it('an event names the API key that did it, and nobody where it was the user or Twilio', async () => {
  const { device, events } = await login()
  await scenes.guess(device)
  await scenes.reset(device)
  await scenes.change(device, '+442071838751')
  await scenes.remove(device)
  const later = await takeEvents()

  expect([...events, ...later].map(({ DetailType, Detail }) => [DetailType, Detail.actor])).toEqual(
    [
      ['Device Created', 'suite'],
      ['Challenge Started', 'suite'],
      ['Token Verified', null],
      ['Device Confirmed', null],
      ['Verification Failed', null],
      ['Device Reset', 'suite'],
      ['Number Changed', 'suite'],
      ['Device Deleted', 'suite'],
    ],
  )
})

it('a failure and a refused message inherit no actor', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.guess(device)
  const failed = (await takeEvents()).at(-1)
  scenes.answers.push({ status: 400, body: { code: 21610, message: 'no' } })
  await scenes.challenge(await scenes.register())
  const [, started, notSent] = await takeEvents()

  expect([failed?.Detail.actor, started?.Detail.actor, notSent?.Detail.actor]).toEqual([
    null,
    'suite',
    null,
  ])
})

it('a device that a caller confirms is put as confirmed', async () => {
  const device = await scenes.register()
  scenes.engine.take()
  const { handler: update } = await import('../../../functions/update-device.ts')
  await invoke(update, { ...device, body: { confirmed: true } })
  await invoke(update, { ...device, body: { name: 'Phone' } })

  const [event, ...more] = await takeEvents()

  expect([event?.DetailType, event?.Detail.actor, more]).toEqual(['Device Confirmed', 'suite', []])
})

it('an event says what happened to which device', async () => {
  const { device, events } = await login()

  expect(events[0]?.Detail).toEqual({
    id: expect.stringMatching(/^\d{32}-0$/),
    stage: 'test',
    userId: device.userId,
    deviceId: device.deviceId,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
    sequenceNumber: expect.stringMatching(/^\d{21}$/),
    country: 'GB',
    actor: 'suite',
  })
})

it('the events of a challenge have its id', async () => {
  const { challengeId, events } = await login()

  expect(events.slice(1).map(({ Detail }) => Detail)).toMatchObject([
    { challengeId, resent: false },
    { challengeId },
    {},
  ])
})

it('every event has its bus, its source and the time of the write', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'security')
  await scenes.register()

  const [event] = await takeEvents()

  expect(event).toMatchObject({ EventBusName: 'security', Source: 'serverless-otp-twilio' })
  expect(event?.Time).toBe(Date.parse(event?.Detail.at) / 1000)
})

/** The events of a challenge that Twilio refuses. */
async function refusedChallenge() {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21610, message: 'no' } })
  await scenes.challenge(device)
  const [, started, notSent, delivery] = await takeEvents()
  return { started, notSent, delivery }
}

it('a message that Twilio refuses is put as not sent', async () => {
  const { started, notSent } = await refusedChallenge()

  expect(started?.DetailType).toBe('Challenge Started')
  expect(notSent?.DetailType).toBe('Challenge Not Sent')
  expect(notSent?.Detail.challengeId).toBe(started?.Detail.challengeId)
})

it('a message that Twilio refuses is put with its reason', async () => {
  const { delivery } = await refusedChallenge()

  expect(delivery?.DetailType).toBe('Delivery Updated')
  expect(delivery?.Detail).toMatchObject({ status: 'failed', reason: 'opted_out' })
})

it.each(['queued', 'sent'])('a message that is %s is not written', async MessageStatus => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  scenes.engine.take()
  const { status } = await scenes.sendCallback(device, body.challengeId, { MessageStatus })

  expect([status, scenes.engine.take()]).toEqual([204, []])
})

it('a message that arrived is no event', async () => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  scenes.engine.take()
  await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'delivered' })

  expect(await takeEvents()).toEqual([])
})

it('a failure is put with its count and the end of its lock', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  const { body } = await scenes.guess(device)

  const failed = (await takeEvents()).at(-1)

  expect(failed?.DetailType).toBe('Verification Failed')
  expect(failed?.Detail).toMatchObject({ failureCount: 1, lockedUntil: body.lockedUntil })
})

it.each([
  [59, ['Verification Failed']],
  [60, ['Verification Failed', 'Device Locked']],
])('a failure that locks for %i seconds is put as %j', async (seconds, expected) => {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', String(seconds))
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  const { body } = await scenes.guess(device)

  const events = await takeEvents()

  expect(types(events)).toEqual(expected)
  expect(events.at(-1)?.Detail).toMatchObject({ failureCount: 1, lockedUntil: body.lockedUntil })
  expect(new Set(events.map(({ Detail }) => Detail.id)).size).toBe(events.length)
})

it('a lock is put with the longest lock as its end', async () => {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '600')
  vi.stubEnv('OTP_TWILIO_THROTTLE_MAX', '59')
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  const { body } = await scenes.guess(device)

  const events = await takeEvents()

  expect(types(events)).toEqual(['Verification Failed'])
  expect(events[0]?.Detail.lockedUntil).toBe(body.lockedUntil)
})

it('a failure that disables is a lock without an end', async () => {
  vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '1')
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  await scenes.guess(device)

  const events = await takeEvents()

  expect(types(events)).toEqual(['Verification Failed', 'Device Locked'])
  expect(events[1]?.Detail).toMatchObject({ failureCount: 1, lockedUntil: null })
})

it('a reset, a new number and a deletion are an event each', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.guess(device)
  scenes.engine.take()
  await scenes.reset(device)
  await scenes.change(device, '+442071838751')
  await scenes.remove(device)

  expect(types(await takeEvents())).toEqual(['Device Reset', 'Number Changed', 'Device Deleted'])
})

it('an event of a test number is marked once that is known', async () => {
  const device = await scenes.register(testNumber)
  await scenes.challenge(device)
  await scenes.verifyTest(device)

  const events = await takeEvents()

  expect(events.map(({ DetailType, Detail }) => [DetailType, Detail.test])).toEqual([
    ['Device Created', undefined],
    ['Challenge Started', undefined],
    ['Challenge Not Sent', true],
    ['Token Verified', true],
    ['Device Confirmed', true],
  ])
})

it('no number, token, digest or name is in an event', async () => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.sendCallback(device, body.challengeId, {
    MessageStatus: 'undelivered',
    ErrorCode: '30006',
  })
  await scenes.guess(device)
  await scenes.reset(device)
  await scenes.verify(device)
  await scenes.change(device, '+442071838751')
  await scenes.remove(device)
  const records = scenes.engine.take()
  const images = records.flatMap(({ dynamodb }) => [dynamodb?.NewImage, dynamodb?.OldImage])
  const digests = images.flatMap(image => Object.keys(image?.pending?.M ?? {}))

  await audit(records)

  const text = JSON.stringify(bus.take())
  const secrets = [device.number, device.number.slice(1), '442071838751', deviceName, ...digests]
  expect(digests.length).toBeGreaterThan(0)
  expect(secrets.filter(secret => text.includes(secret))).toEqual([])
  expect(text).not.toContain('•')
  expect(foundIn(text, [])).toEqual([])
})

it('a batch that comes again puts the same events with the same ids', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21211, message: 'no' } })
  await scenes.challenge(device)
  const records = scenes.engine.take()

  await audit(records)
  const first = bus.take()
  await audit(records)
  const second = bus.take()

  expect(second).toEqual(first)
  expect(new Set(first.map(({ Detail }) => Detail.id)).size).toBe(first.length)
})

/** The writes of this many devices that were registered. */
async function registrations(count: number): Promise<DynamoDBRecord[]> {
  scenes.engine.take()
  for (let n = 0; n < count; n++) await scenes.register()
  return scenes.engine.take()
}
const sequenceNumber = (record: DynamoDBRecord | undefined) => record?.dynamodb?.SequenceNumber

it('many events are put ten at once', async () => {
  const records = await registrations(23)
  bus.requests.length = 0

  await audit(records)

  expect(bus.requests).toEqual([10, 10, 3])
})

it('events are put in the order of the writes', async () => {
  const records = await registrations(23)

  await audit(records)

  const numbers = bus.take().map(({ Detail }) => Detail.sequenceNumber)
  expect(numbers).toEqual(records.map(sequenceNumber))
})

it('ten events are put in one request', async () => {
  const records = await registrations(10)
  bus.requests.length = 0

  expect(await audit(records)).toEqual({ batchItemFailures: [] })

  expect(bus.requests).toEqual([10])
})

it.each([
  [{ refuse: [0] }, { level: 'WARN', code: 'ThrottlingException' }],
  ['denies', { level: 'ERROR', error: expect.objectContaining({ name: 'AccessDeniedException' }) }],
  ['empties', { level: 'WARN' }],
] as const)('events that were not taken are logged with their reason: %j', async (fault, line) => {
  const records = await registrations(1)
  bus.faults.push(fault as never)
  logged.length = 0

  await audit(records)

  const lines = logged.join('').trim().split('\n')
  const notTaken = lines.filter(one => one.includes('events not taken'))
  expect(notTaken.map(one => JSON.parse(one))).toMatchObject([line])
})

it('a batch goes on from the first record of which an event was refused', async () => {
  const records = await registrations(14)
  bus.faults.push({ refuse: [] }, { refuse: [1, 2] })

  const { batchItemFailures } = await audit(records)

  expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(records[11]) }])
})

it('a write of two events goes on from itself when the second was refused', async () => {
  vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '1')
  const device = await scenes.register()
  await scenes.challenge(device)
  const before = await registrations(1)
  await scenes.guess(device)
  const records = [...before, ...scenes.engine.take()]
  bus.faults.push({ refuse: [2] })

  const { batchItemFailures } = await audit(records)

  expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(records[1]) }])
})

it('a throttled request is tried again', async () => {
  const records = await registrations(1)
  bus.faults.push('throttles', 'throttles')

  expect(await audit(records)).toEqual({ batchItemFailures: [] })
  expect(types(bus.take())).toEqual(['Device Created'])
})

it.each(['throttles', 'denies', 'hangs', 'hangs midway', 'empties'] as const)(
  'a batch goes on from where it was when EventBridge %s',
  async fault => {
    const records = await registrations(11)
    bus.faults.push({ refuse: [] }, fault, fault, fault)
    logged.length = 0

    const { batchItemFailures } = await audit(records)

    expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(records[10]) }])
    expect(logged.join('')).toContain('events not taken')
    expect(logged.join('')).not.toMatch(/\+44|user-/)
  },
)

it('off puts no event', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'off')
  const records = await registrations(1)

  expect(await audit(records)).toEqual({ batchItemFailures: [] })
  expect(bus.take()).toEqual([])
})

it('a bad bus is refused by the name of its setting and without its value', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'not a bus')

  const refusal = audit(await registrations(1))

  await expect(refusal).rejects.toThrow(
    /^OTP_EVENT_BUS must be the name or the ARN of an event bus, or off\.$/,
  )
})
