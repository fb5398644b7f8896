// What the writes of the real handlers add to the metrics: each line is one that CloudWatch reads,
// and the sums are what happened.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { writeTrafficMetrics } from '../../../lib/figures/metrics.ts'
import { establishedSettings } from '../../../lib/settings/established.ts'
import { messagePrices } from '../../../lib/settings/prices.ts'
import { readRecord } from '../../../lib/stream/records.ts'
import { type TrafficChange, toTrafficChange } from '../../../lib/stream/traffic-change.ts'
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
function changes(): TrafficChange[] {
  const settings = establishedSettings()
  return scenes.engine.take().map(record => toTrafficChange(readRecord(record)!, settings))
}

/** The lines of metrics that the changes write, and the metrics in them. */
function write(given: TrafficChange[], at = prices) {
  logged.length = 0
  writeTrafficMetrics(given, at)
  const lines = logged.filter(line => line.includes('"_aws"'))
  return { lines, data: readMetrics(lines) }
}

const sums = (given: TrafficChange[]) => sumsOf(write(given).data, { service })

/** What a login writes. */
async function writeLogin() {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.verify(device)
  return write(changes())
}

it('a message that was sent and verified counts as both', async () => {
  const { data } = await writeLogin()

  const figures = { sent: 1, notSent: 0, verified: 1, estimatedSpend: 0.0463 }
  expect(sumsOf(data, { service })).toEqual(figures)
})

it('what is of an established device counts as that too', async () => {
  const device = await scenes.register()
  await scenes.challenge(device)
  await scenes.verify(device)
  scenes.engine.take()
  await scenes.challenge(device)
  await scenes.verify(device)

  const { lines, data } = write(changes())

  const figures = { sent: 1, notSent: 0, verified: 1, estimatedSpend: 0.0463 }
  const ofOwners = { sentEstablished: 1, verifiedEstablished: 1 }
  expect(lines).toHaveLength(1)
  expect(sumsOf(data, { service })).toEqual({ ...figures, ...ofOwners })
})

it('a batch is one line', async () => {
  expect((await writeLogin()).lines).toHaveLength(1)
})

it('everything is a count but the spend', async () => {
  const { data } = await writeLogin()

  expect(new Set(data.map(({ name, unit }) => `${name} ${unit}`))).toEqual(
    new Set(['sent Count', 'notSent Count', 'verified Count', 'estimatedSpend None']),
  )
})

it('a message that was not verified is a zero instead of a gap', async () => {
  await scenes.challenge(await scenes.register())

  expect(sums(changes())).toEqual({ sent: 1, notSent: 0, verified: 0, estimatedSpend: 0.0463 })
})

it('a message that Twilio refuses costs nothing', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21211, message: 'no' } })
  await scenes.challenge(device)

  expect(sums(changes())).toEqual({ sent: 1, notSent: 1, verified: 0, failedDelivery: 1 })
})

it('a message that was not sent after all refunds its price', async () => {
  const device = await scenes.register()
  scenes.answers.push({ status: 400, body: { code: 21211, message: 'no' } })
  await scenes.challenge(device)
  const [created, started, notSent] = changes()

  const before = write([created!, started!]).data
  const after = write([notSent!]).data

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
])('a callback with %j counts as %s', async (form, name) => {
  const device = await scenes.register()
  const { body } = await scenes.challenge(device)
  await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'sent' })
  scenes.engine.take()
  await scenes.sendCallback(device, body.challengeId, form as Record<string, string>)

  expect(sums(changes())).toEqual({ [name]: 1 })
})

/** The changes of all that can be done with a test number. */
async function changesOfTestNumber() {
  const device = await scenes.register(testNumber)
  const { body } = await scenes.challenge(device)
  await scenes.guess(device)
  await scenes.reset(device)
  await scenes.verifyTest(device)
  await scenes.challenge(device)
  await scenes.challenge(device, { resend: true })
  await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'delivered' })
  return changes()
}

it('a test number counts nowhere', async () => {
  expect(write(await changesOfTestNumber()).lines).toEqual([])
})

it('a test number counts for nothing even where a batch ends between its writes', async () => {
  const apart = (await changesOfTestNumber()).flatMap(change => write([change]).data)

  expect(Object.values(sumsOf(apart, { service })).filter(sum => sum !== 0)).toEqual([])
})

/** What messages to numbers of four countries write, one of them unknown. */
async function writeFourCountries() {
  const numbers = [
    '+442071838753',
    '+12025550177',
    '+12025550178',
    '+4915112345678',
    '+80012345678',
  ]
  for (const number of numbers) await scenes.challenge(await scenes.register(number))
  return write(changes())
}

it('a batch of many countries is one line, and a metric of none', async () => {
  const { lines, data } = await writeFourCountries()

  expect(lines).toHaveLength(1)
  expect(data.filter(({ dimensions }) => 'country' in dimensions)).toEqual([])
})

it('the service has the sum of its countries', async () => {
  const { data } = await writeFourCountries()

  expect(sumsOf(data, { service })).toMatchObject({ sent: 5, estimatedSpend: 0.3663 })
})

it('a batch of changes that count for nothing is no line', async () => {
  const device = await scenes.register()
  await scenes.reset(device)
  await scenes.remove(device)

  expect(write(changes()).lines).toEqual([])
})

it('nothing is estimated without prices', async () => {
  await scenes.challenge(await scenes.register())

  const { data } = write(changes(), messagePrices({}))

  expect(sumsOf(data, { service })).toEqual({ sent: 1, notSent: 0, verified: 0 })
})
