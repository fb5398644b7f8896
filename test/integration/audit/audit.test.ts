// What EventBridge is told of the writes of the real handlers, over HTTP; and what becomes of a batch that it does not
// take.
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { foundIn, listen, logged } from '../../support/canaries.ts'
import { startEventBus } from '../../support/event-bus.ts'
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

/** Hands over what was written since, and gives the events. */
async function told() {
  expect(await audit(scenes.engine.take())).toEqual({ batchItemFailures: [] })
  return bus.take()
}

const types = (events: { DetailType: string }[]) => events.map(({ DetailType }) => DetailType)

it('a login is told from the device to its token', async () => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.tell(device, body.challengeId, { MessageStatus: 'delivered' })
  await scenes.verify(device)

  const events = await told()

  expect(types(events)).toEqual([
    'Device Created',
    'Challenge Started',
    'Delivery Updated',
    'Token Verified',
  ])
  const { challengeId } = body
  const [{ Detail: created }, ...others] = events as [(typeof events)[0], ...typeof events]
  expect(created).toEqual({
    id: expect.stringMatching(/^\d{32}-0$/),
    stage: 'test',
    userId: device.userId,
    deviceId: device.deviceId,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/),
    sequenceNumber: expect.stringMatching(/^\d{21}$/),
    country: 'GB',
  })
  expect(others.map(({ Detail }) => Detail)).toMatchObject([
    { challengeId, resent: false },
    { challengeId, status: 'delivered', reason: null },
    { challengeId },
  ])
})

it('every event names its bus, its source and the time of the write', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'security')
  await scenes.register()

  const [event] = await told()

  expect(event).toMatchObject({ EventBusName: 'security', Source: 'serverless-otp-twilio' })
  expect(event?.Time).toBe(Date.parse(event?.Detail.at) / 1000)
})

it('a message that Twilio refuses is told as not sent, and why', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21610, message: 'no' } })
  await scenes.challenge(device)

  const [, begun, notSent, delivery] = await told()

  expect(begun?.DetailType).toBe('Challenge Started')
  expect(notSent?.DetailType).toBe('Challenge Not Sent')
  expect(notSent?.Detail.challengeId).toBe(begun?.Detail.challengeId)
  expect(delivery?.DetailType).toBe('Delivery Updated')
  expect(delivery?.Detail).toMatchObject({ status: 'failed', reason: 'opted_out' })
})

it('a failure is told with how many there are and until when it locks', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  const { body } = await scenes.guess(device)

  const failed = (await told()).at(-1)

  expect(failed?.DetailType).toBe('Verification Failed')
  expect(failed?.Detail).toMatchObject({ failureCount: 1, lockedUntil: body.lockedUntil })
})

it.each([
  [59, ['Verification Failed']],
  [60, ['Verification Failed', 'Device Locked']],
])('a failure that locks for %i seconds is told as %j', async (seconds, expected) => {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', String(seconds))
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  const { body } = await scenes.guess(device)

  const events = await told()

  expect(types(events)).toEqual(expected)
  expect(events.at(-1)?.Detail).toMatchObject({ failureCount: 1, lockedUntil: body.lockedUntil })
  expect(new Set(events.map(({ Detail }) => Detail.id)).size).toBe(events.length)
})

it('the longest lock is what counts, and not what it would have doubled to', async () => {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '600')
  vi.stubEnv('OTP_TWILIO_THROTTLE_MAX', '59')
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  const { body } = await scenes.guess(device)

  const events = await told()

  expect(types(events)).toEqual(['Verification Failed'])
  expect(events[0]?.Detail.lockedUntil).toBe(body.lockedUntil)
})

it('a failure that disables is a lock without an end', async () => {
  vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '1')
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  await scenes.guess(device)

  const events = await told()

  expect(types(events)).toEqual(['Verification Failed', 'Device Locked'])
  expect(events[1]?.Detail).toMatchObject({ failureCount: 1, lockedUntil: null })
})

it('a reset, a new number and a deletion are told', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.guess(device)
  scenes.engine.take()
  await scenes.reset(device)
  await scenes.change(device, '+442071838751')
  await scenes.remove(device)

  expect(types(await told())).toEqual(['Device Reset', 'Number Changed', 'Device Deleted'])
})

it('what a test number does says so, once that is known', async () => {
  const device = await scenes.register(testNumber)
  await scenes.challenge(device)
  await scenes.verifyTest(device)

  const events = await told()

  expect(events.map(({ DetailType, Detail }) => [DetailType, Detail.test])).toEqual([
    ['Device Created', undefined],
    ['Challenge Started', undefined],
    ['Challenge Not Sent', true],
    ['Delivery Updated', true],
    ['Token Verified', true],
  ])
})

it('no number, token, digest or name is in what is told', async () => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.tell(device, body.challengeId, { MessageStatus: 'undelivered', ErrorCode: '30006' })
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

it('a batch that is handed over again is told again, with the ids that it had', async () => {
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

it('of many events ten are put at once, in the order of the writes', async () => {
  const records = await registrations(23)
  bus.requests.length = 0

  await audit(records)

  expect(bus.requests).toEqual([10, 10, 3])
  const told = bus.take().map(({ Detail }) => Detail.sequenceNumber)
  expect(told).toEqual(records.map(sequenceNumber))
})

it('of ten events no empty rest is put', async () => {
  const records = await registrations(10)
  bus.requests.length = 0

  expect(await audit(records)).toEqual({ batchItemFailures: [] })

  expect(bus.requests).toEqual([10])
})

it.each([
  [{ refuse: [0] }, { level: 'WARN', code: 'ThrottlingException' }],
  ['denies', { level: 'ERROR', error: expect.objectContaining({ name: 'AccessDeniedException' }) }],
  ['empties', { level: 'WARN' }],
] as const)('what was not taken is in the log with its reason: %j', async (fault, line) => {
  const records = await registrations(1)
  bus.faults.push(fault as never)
  logged.length = 0

  await audit(records)

  const lines = logged.join('').trim().split('\n')
  const told = lines.filter(one => one.includes('events not taken'))
  expect(told.map(one => JSON.parse(one))).toMatchObject([line])
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
  'when EventBridge %s, the batch goes on from where it was, and the log holds no secret',
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

it('a record that cannot be read ends the batch, after what came before it', async () => {
  const [first, second, third] = await registrations(3)
  const poison = structuredClone(second!)
  poison.dynamodb!.OldImage = { userId: { S: 'x' } }
  poison.dynamodb!.NewImage!.number = { S: '+442071838752' }
  poison.dynamodb!.NewImage!.failures = { Q: '1' } as never

  const { batchItemFailures } = await audit([first!, poison, third!])

  expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(poison) }])
  expect(bus.take().map(({ Detail }) => Detail.sequenceNumber)).toEqual([sequenceNumber(first)])
  expect(logged.join('')).not.toContain('442071838752')
})

it('off tells nobody', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'off')
  const records = await registrations(1)

  expect(await audit(records)).toEqual({ batchItemFailures: [] })
  expect(bus.take()).toEqual([])
})

it('a bus that cannot be one is named by its setting, not by its value', async () => {
  vi.stubEnv('OTP_EVENT_BUS', 'not a bus')

  const refusal = audit(await registrations(1))

  await expect(refusal).rejects.toThrow(
    /^OTP_EVENT_BUS must be the name of an event bus, or off\.$/,
  )
})
