// What the writes of the real handlers add to the metrics: each line is one that CloudWatch reads, and the sums are
// what happened.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { writeTrafficMetrics } from '../../../lib/figures/metrics.ts'
import { messagePrices } from '../../../lib/settings/prices.ts'
import { type DeviceChange, readRecord } from '../../../lib/stream/records.ts'
import { listen, logged } from '../../support/canaries.ts'
import { readMetrics, sumsOf } from '../../support/metrics.ts'
import { startScenes, testNumber } from '../../support/scenes.ts'

const scenes = await startScenes()
const prices = messagePrices({ OTP_TWILIO_PRICES: 'GB=0.0463,*=0.08' })
const service = 'test'

beforeAll(listen)
beforeEach(() => {
  scenes.engine.take()
})
afterAll(scenes.close)

/** The changes since, as the function is given them. */
function changes(): DeviceChange[] {
  return scenes.engine.take().map(record => readRecord(record)!)
}

/** What telling the changes wrote: the lines, and the metrics in them. */
function tell(told: DeviceChange[], at = prices) {
  logged.length = 0
  writeTrafficMetrics(told, at)
  const lines = logged.filter(line => line.includes('"_aws"'))
  return { lines, data: readMetrics(lines) }
}

const sums = (told: DeviceChange[]) => sumsOf(tell(told).data, { service })

it('a message that was sent and verified counts as both, and costs the price of its country', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.verify(device)

  const { lines, data } = tell(changes())

  const figures = { sent: 1, notSent: 0, verified: 1, estimatedSpend: 0.0463 }
  expect(lines).toHaveLength(1)
  expect(sumsOf(data, { service })).toEqual(figures)
  expect(sumsOf(data, { service, country: 'GB' })).toEqual(figures)
  expect(new Set(data.map(({ name, unit }) => `${name} ${unit}`))).toEqual(
    new Set(['sent Count', 'notSent Count', 'verified Count', 'estimatedSpend None']),
  )
})

it('what was sent and not verified is a zero, and no gap', async () => {
  await scenes.challenge(await scenes.register())

  expect(sums(changes())).toEqual({ sent: 1, notSent: 0, verified: 0, estimatedSpend: 0.0463 })
})

it('a message that Twilio refuses costs nothing', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21211, message: 'no' } })
  await scenes.challenge(device)

  expect(sums(changes())).toEqual({ sent: 1, notSent: 1, verified: 0, failedDelivery: 1 })
})

it('what is told after it was sent takes its price back', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21211, message: 'no' } })
  await scenes.challenge(device)
  const [created, begun, notSent] = changes()

  const before = tell([created!, begun!]).data
  const after = tell([notSent!]).data

  expect(sumsOf([...before, ...after], { service })).toMatchObject({
    sent: 1,
    notSent: 1,
    estimatedSpend: 0,
  })
})

it('every attempt that fails counts', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  scenes.engine.take()
  await scenes.guess(device)

  expect(sums(changes())).toEqual({ failed: 1 })
})

it.each([
  [{ MessageStatus: 'delivered' }, 'delivered'],
  [{ MessageStatus: 'undelivered', ErrorCode: '30005' }, 'undelivered'],
  [{ MessageStatus: 'failed', ErrorCode: '30008' }, 'failedDelivery'],
])('Twilio telling %j counts as %s', async (form, name) => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.tell(device, body.challengeId, { MessageStatus: 'sent' })
  scenes.engine.take()
  await scenes.tell(device, body.challengeId, form as Record<string, string>)

  expect(sums(changes())).toEqual({ [name]: 1 })
})

it('a test number counts nowhere, even where its batch ends between its writes', async () => {
  const device = await scenes.register(testNumber)
  const { body } = await scenes.challenge(device)
  await scenes.guess(device)
  await scenes.reset(device)
  await scenes.verifyTest(device)
  await scenes.challenge(device)
  await scenes.challenge(device, { resend: true })
  await scenes.tell(device, body.challengeId, { MessageStatus: 'delivered' })
  const told = changes()

  expect(tell(told).lines).toEqual([])
  const apart = told.flatMap(change => tell([change]).data)
  expect(Object.values(sumsOf(apart, { service })).filter(sum => sum !== 0)).toEqual([])
})

it('a batch is a line for each country, and the service has the sum of them', async () => {
  const numbers = [
    '+442071838753',
    '+12025550177',
    '+12025550178',
    '+4915112345678',
    '+88213300655',
  ]
  for (const number of numbers) await scenes.challenge(await scenes.register(number))

  const { lines, data } = tell(changes())

  expect(lines).toHaveLength(4)
  expect(sumsOf(data, { service })).toMatchObject({ sent: 5, estimatedSpend: 0.3663 })
  expect(sumsOf(data, { service, country: 'US' })).toMatchObject({ sent: 2, estimatedSpend: 0.16 })
  expect(sumsOf(data, { service, country: 'unknown' })).toMatchObject({ sent: 1 })
})

it('what counts for nothing is no line', async () => {
  const device = await scenes.register()
  await scenes.reset(device)
  await scenes.remove(device)

  expect(tell(changes()).lines).toEqual([])
})

it('without prices nothing is estimated', async () => {
  await scenes.challenge(await scenes.register())

  const { data } = tell(changes(), messagePrices({}))

  expect(sumsOf(data, { service })).toEqual({ sent: 1, notSent: 0, verified: 0 })
})
