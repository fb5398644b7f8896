// What the two readers of the stream do with records that they cannot read, and with writes that
// the table of traffic does not take: nothing waits, nothing is lost, and what is put in again is
// counted once.
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { KeptRecords } from '../../../lib/stream/kept.ts'
import { startBucket } from '../../support/bucket.ts'
import { listen, logged } from '../../support/canaries.ts'
import { startEventBus } from '../../support/event-bus.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke } from '../../support/lambda.ts'
import { readMetrics, sumsOf } from '../../support/metrics.ts'
import { startScenes } from '../../support/scenes.ts'

const bus = await startEventBus()
const bucket = await startBucket()
const scenes = await startScenes()
const direct = process.env.AWS_ENDPOINT_URL_DYNAMODB!
let plan: (operation: string, input: string) => Fault | undefined = () => undefined
const dynamodb = await startFaultProxy(direct, {
  plan: (operation, input) => plan(operation, input),
})
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
process.env.KEPT_RECORDS_URL = bucket.url
process.env.OTP_TWILIO_BREAKER_PREFIX = '10/20/3600'
process.env.OTP_TWILIO_PRICES = '*=0.08'
const traffic = await import('../../../functions/traffic.ts')
const audit = await import('../../../functions/audit.ts')
const figures = await import('../../../functions/get-figures.ts')
const find = await import('../../../functions/find-devices.ts')

beforeAll(listen)
afterEach(() => {
  plan = () => undefined
  bucket.takes = () => true
  bucket.objects.clear()
  bus.faults.length = 0
  bus.take()
  scenes.engine.take()
  vi.unstubAllEnvs()
})
afterAll(async () => {
  bus.close()
  bucket.close()
  dynamodb.close()
  await scenes.close()
})

const done = { batchItemFailures: [] }
const sequenceNumber = (record: DynamoDBRecord | undefined) => record?.dynamodb?.SequenceNumber

/** Items that no function of ours wrote. */
const foreign: [string, (image: Record<string, object>) => void][] = [
  ['has a value of no type', image => Object.assign(image, { failures: { Q: '1' } })],
  ['lacks its maps', image => Object.assign(image, { attempts: { NULL: true } })],
  ['has no number', image => delete image.number],
  ['was challenged at no time', image => Object.assign(image, { challengedAt: { S: 'soon' } })],
]

/** The last challenge of a device, and its record as if the item were a foreign one. */
async function challenges(count: number): Promise<DynamoDBRecord[]> {
  const devices = await Promise.all(Array.from({ length: count }, () => scenes.register()))
  scenes.engine.take()
  for (const device of devices) await scenes.challenge(device)
  return scenes.engine.take()
}

/** The records of so many devices that are registered. */
async function registrations(count: number): Promise<DynamoDBRecord[]> {
  scenes.engine.take()
  for (let n = 0; n < count; n++) await scenes.register()
  return scenes.engine.take()
}

function spoilt(record: DynamoDBRecord, spoil: (image: Record<string, object>) => void) {
  const poison = structuredClone(record)
  spoil(poison.dynamodb!.NewImage as Record<string, object>)
  return poison
}

const kept = () =>
  [...bucket.objects].map(([key, body]) => [key, JSON.parse(body) as KeptRecords] as const)

const outcomes = (operation: string) => sumsOf(readMetrics(logged), { service: 'test', operation })

describe.each([
  ['traffic', traffic.handler],
  ['audit', audit.handler],
] as const)('%s', (reader, handler) => {
  it.each(foreign)('passes a record over at once whose item %s', async (_, spoil) => {
    const [first, second, third] = await challenges(3)
    logged.length = 0

    const answer = await handler({ Records: [first!, spoilt(second!, spoil), third!] })

    expect(answer).toEqual(done)
    expect(outcomes(reader)).toMatchObject({ kept: 1 })
    expect(kept()).toEqual([
      [
        `${reader}/all/${second!.eventID}.json`,
        {
          ...{ reader, unfinished: { part: 'all' } },
          payload: { Records: [spoilt(second!, spoil)] },
        },
      ],
    ])
  })

  it('logs what it passes over by its id, without its number', async () => {
    const [record] = await challenges(1)
    const number = record!.dynamodb!.NewImage!.number!.S!
    logged.length = 0

    await handler({ Records: [spoilt(record!, foreign[0]![1])] })

    expect(logged.join('')).toContain(`"message":"record not read"`)
    expect(logged.join('')).toContain(`"eventId":"${record!.eventID}"`)
    expect(logged.join('')).not.toContain(number)
  })

  it('keeps all that it cannot read of a batch in one object', async () => {
    const records = (await challenges(3)).map(record => spoilt(record, foreign[0]![1]))

    await handler({ Records: records })

    expect(kept().map(([, { payload }]) => payload.Records)).toEqual([records])
  })

  it('begins again at a record that it can neither read nor keep', async () => {
    const [first, second, third] = await challenges(3)
    bucket.takes = () => false
    logged.length = 0

    const answer = await handler({ Records: [first!, spoilt(second!, foreign[0]![1]), third!] })

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(second) }] })
    expect(outcomes(reader)).toMatchObject({ not_kept: 1 })
    const line = logged.find(text => text.includes('records not kept'))
    expect(JSON.parse(line ?? '')).toMatchObject({
      part: 'all',
      error: { name: 'Refused', code: 503 },
    })
  })

  it('tries a bucket that is busy twice', async () => {
    const [record] = await challenges(1)
    let tries = 0
    bucket.takes = () => ++tries > 1

    await handler({ Records: [spoilt(record!, foreign[0]![1])] })

    expect(kept()).toHaveLength(1)
  })

  it('passes over what it cannot read where the stage has no bucket', async () => {
    vi.stubEnv('KEPT_RECORDS_URL', '')
    const [record] = await challenges(1)

    expect(await handler({ Records: [spoilt(record!, foreign[0]![1])] })).toEqual(done)
  })

  it('leaves a record in a replay that still cannot be read', async () => {
    const [record] = await challenges(1)
    const Records = [spoilt(record!, foreign[0]![1])]
    bucket.requests.length = 0

    const answer = await handler({ Records, replay: { part: 'all' } })

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: sequenceNumber(record) }] })
    expect(bucket.requests).toEqual([])
  })
})

it('events of readable records go out beside those that are passed over', async () => {
  const [first, second, third] = await challenges(3)

  await audit.handler({ Records: [first!, spoilt(second!, foreign[0]![1]), third!] })

  expect(bus.take().map(({ Detail }) => Detail.sequenceNumber)).toEqual(
    [first, third].map(sequenceNumber),
  )
})

describe('rows of the search that the table throttles', () => {
  /** Hands records over as Lambda does: again from the first that failed. */
  async function handOver(Records: DynamoDBRecord[]): Promise<number> {
    const { batchItemFailures } = await audit.handler({ Records })
    const failed = batchItemFailures[0]?.itemIdentifier
    if (failed === undefined) return 1
    const from = Records.findIndex(record => sequenceNumber(record) === failed)
    return 1 + (await handOver(Records.slice(from)))
  }

  /** Throttles what has a row of this record's device, so many times. */
  function throttleRowsOf(record: DynamoDBRecord | undefined, times: number) {
    const { deviceId } = record!.dynamodb!.Keys!
    let left = times
    plan = (operation, input) =>
      operation === 'BatchWriteItem' && input.includes(deviceId!.S!) && left-- > 0
        ? 'throttle'
        : undefined
  }

  it('hold up the events of their records, and have no event put twice', async () => {
    const Records = await registrations(20)
    // The client asks three times each.
    throttleRowsOf(Records[10], 9)

    const tries = await handOver(Records)

    expect(tries).toBe(4)
    expect(bus.take().map(({ Detail }) => Detail.sequenceNumber)).toEqual(
      Records.map(sequenceNumber),
    )
  })

  it('are written once they may be', async () => {
    const Records = await registrations(20)
    throttleRowsOf(Records[10], 3)

    await handOver(Records)

    for (const { dynamodb } of [Records[0], Records[10], Records[19]] as DynamoDBRecord[]) {
      const { body } = await invoke(find.handler, {
        method: 'GET',
        query: { search: dynamodb!.Keys!.deviceId!.S! },
      })
      expect(body.devices).toHaveLength(1)
    }
  })

  it('leave the events before them to be put at once', async () => {
    const Records = await registrations(20)
    throttleRowsOf(Records[10], 3)

    const { batchItemFailures } = await audit.handler({ Records })

    const put = bus.take().map(({ Detail }) => Detail.sequenceNumber)
    expect(put.length).toBeGreaterThan(4)
    expect(put).toEqual(Records.slice(0, put.length).map(sequenceNumber))
    expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber(Records[put.length]) }])
  })
})

/** Throttles writes of these subjects, such as slices of the breaker. */
const throttle = (of: RegExp) => {
  plan = (operation, input) =>
    operation === 'UpdateItem' && of.test(input) ? 'throttle' : undefined
}
const slices = /"subject":\{"S":"(prefix|country):/
const hours = /"subject":\{"S":"figures"/

async function shown() {
  const { body } = await invoke(figures.handler, { method: 'GET', query: { hours: '1' } })
  return body.totals
}

describe('a table of traffic that is throttled', () => {
  let records: DynamoDBRecord[] = []
  let sums: Record<string, number> = {}
  let left: (readonly [string, KeptRecords['unfinished']])[] = []

  beforeAll(async () => {
    records = await challenges(2)
    throttle(/./)
    logged.length = 0
    expect(await traffic.handler({ Records: records })).toEqual(done)
    sums = sumsOf(readMetrics(logged), { service: 'test' })
    left = kept().map(([key, { unfinished }]) => [key, unfinished] as const)
  })

  it('keeps no send and no spend from being told', () => {
    expect(sums).toMatchObject({ sent: 2, estimatedSpend: 0.16 })
  })

  it('leaves in the bucket what it did not take, and nothing else', () => {
    const name = records[0]?.eventID
    const hour = new Date().toISOString().slice(0, 13)

    expect(left).toEqual([
      [`traffic/slices/${name}.json`, { part: 'slices' }],
      [`traffic/figures/${name}.json`, { part: 'figures', hours: [hour] }],
    ])
  })

  it('has its figures counted where only slices are refused', async () => {
    const before = await shown()
    const Records = await challenges(2)
    throttle(slices)

    await traffic.handler({ Records })

    expect((await shown()).sent - before.sent).toBe(2)
  })
})

describe('a replay', () => {
  const replay = async () => {
    for (const [, { unfinished, payload }] of kept()) {
      expect(await traffic.handler({ ...payload, replay: unfinished })).toEqual(done)
    }
  }

  it('counts figures once, however often it is run', async () => {
    const before = await shown()
    const Records = await challenges(3)
    throttle(/./)
    await traffic.handler({ Records })
    plan = () => undefined

    for (let n = 0; n < 3; n++) await replay()

    expect((await shown()).sent - before.sent).toBe(3)
    expect((await shown()).countries).toMatchObject([{ country: 'GB', sent: before.sent + 3 }])
  })

  it('of what is kept unread counts figures once', async () => {
    const before = await shown()
    const Records = await challenges(2)

    for (let n = 0; n < 3; n++) await traffic.handler({ Records, replay: { part: 'all' } })

    expect((await shown()).sent - before.sent).toBe(2)
  })

  it('whose answers are lost counts figures once', async () => {
    const before = await shown()
    const Records = await challenges(2)
    let lost = 0
    plan = (operation, input) =>
      operation === 'UpdateItem' && hours.test(input) && lost++ === 0 ? 'lose answer' : undefined

    await traffic.handler({ Records, replay: { part: 'all' } })

    expect(lost).toBe(2)
    expect((await shown()).sent - before.sent).toBe(2)
  })

  it('of slices or figures tells no metric again', async () => {
    const Records = await challenges(1)
    throttle(/./)
    await traffic.handler({ Records })
    plan = () => undefined
    logged.length = 0

    await replay()

    expect(sumsOf(readMetrics(logged), { service: 'test' })).toEqual({})
  })

  it('that cannot write is an error, so that what is kept stays kept', async () => {
    const Records = await challenges(1)
    throttle(hours)
    logged.length = 0

    const replayed = traffic.handler({ Records, replay: { part: 'all' } })

    await expect(replayed).rejects.toThrow('The batch was not counted.')
    expect(sumsOf(readMetrics(logged), { service: 'test' })).toEqual({})
  })
})
