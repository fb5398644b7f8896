// Figures from the writes of the real handlers to GET /figures, on a real engine.
import { randomInt } from 'node:crypto'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { recordFigures } from '../../../lib/figures/record.ts'
import { addFigures } from '../../../lib/figures/store.ts'
import { establishedSettings } from '../../../lib/settings/established.ts'
import type { Unfinished } from '../../../lib/stream/kept.ts'
import { readRecord } from '../../../lib/stream/records.ts'
import { toTrafficChange } from '../../../lib/stream/traffic-change.ts'
import { listen, logged } from '../../support/canaries.ts'
import { dayAfter, someNumber } from '../../support/device.ts'
import { signal } from '../../support/devices.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

const settings = { ...process.env }
let answers: StandInAnswer[] = []
const engine = await startStreamedEngine(() => Date.now())
const proxy = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url
process.env.OTP_TWILIO_PRICES = 'GB=0.04,*=0.1'
process.env.OTP_TWILIO_TOKEN_VALIDITY = '36000'
const twilio = await startTwilio(() => answers.shift())
const store = connectStore()
listen()
const [create, challenge, verify, figures] = await Promise.all([
  import('../../../functions/create-device.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/verify.ts'),
  import('../../../functions/get-figures.ts'),
])

let now = Date.UTC(2026, 0, 1, 12, 30)
beforeEach(() => {
  // Ten days of its own for each test, more than any may ask for.
  now += 864_000_000
  vi.useFakeTimers({ toFake: ['Date'], now })
})

afterEach(() => {
  vi.useRealTimers()
  answers = []
  proxy.faults.length = 0
})

afterAll(async () => {
  setEnvironment(settings)
  proxy.close()
  await engine.close()
})

async function send(number = someNumber()) {
  const device = await registerDevice(create.handler, number)
  await invoke(challenge.handler, device)
  return { ...device, body: { token: twilio.messages.at(-1)?.body ?? '' } }
}

const swiss = () => `+4144668${randomInt(1000, 10_000)}`
const changes = () =>
  engine.take().map(record => toTrafficChange(readRecord(record)!, establishedSettings()))
const record = () => recordFigures(store, changes(), { signal })
const show = (query: Record<string, string> = {}) =>
  invoke(figures.handler, { method: 'GET', query })

async function itemOf(hour: string) {
  const Key = { subject: 'figures', entry: hour }
  const { Item } = await store.once.send(new GetCommand({ TableName: store.trafficTable, Key }))
  return Item
}

describe('GET /figures', () => {
  it('shows the work of the handlers by the hour and country', async () => {
    await invoke(verify.handler, await send())
    await invoke(verify.handler, { ...(await send(swiss())), body: { token: '1' } })
    answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
    await send()
    await record()

    const { status, body } = await show()

    const none = { delivered: 0, undelivered: 0, failed: 0 }
    expect(status).toBe(200)
    expect(body.hours.at(-1)).toEqual({
      hour: `${new Date(now).toISOString().slice(0, 13)}:00:00.000Z`,
      ...{ sent: 2, notSent: 1, verified: 1, failed: 1, delivery: none },
      ...{ conversion: 0.5, estimatedSpend: 0.14 },
      established: { sent: 0, verified: 0, conversion: null },
      others: { sent: 2, verified: 1, conversion: 0.5 },
      countries: [
        {
          ...{ country: 'CH', sent: 1, notSent: 0, verified: 0, failed: 1, delivery: none },
          ...{ conversion: 0, estimatedSpend: 0.1 },
        },
        {
          ...{ country: 'GB', sent: 1, notSent: 1, verified: 1, failed: 0, delivery: none },
          ...{ conversion: 1, estimatedSpend: 0.04 },
        },
      ],
    })
    expect(body.totals).toMatchObject({ sent: 2, conversion: 0.5 })
  })

  it('shows apart what was sent to established devices', async () => {
    const owner = await send()
    await invoke(verify.handler, owner)
    for (let n = 0; n < 2; n++) await invoke(challenge.handler, { ...owner, body: {} })
    await invoke(verify.handler, { ...owner, body: { token: twilio.messages.at(-1)?.body ?? '' } })
    answers = [{ status: 400, body: { code: 21211, message: 'no' } }]
    await invoke(challenge.handler, { ...owner, body: {} })
    await record()

    const { totals } = (await show()).body

    expect(totals).toMatchObject({
      ...{ sent: 3, notSent: 1, verified: 2 },
      established: { sent: 2, verified: 1, conversion: 0.5 },
      others: { sent: 1, verified: 1, conversion: 1 },
    })
  })

  it('counts a verification in the hour of its message', async () => {
    const sent = await send()
    now += 1_800_000
    vi.setSystemTime(now)
    await invoke(verify.handler, sent)
    await record()

    const { body } = await show({ hours: '2' })

    expect(body.hours).toMatchObject([
      { sent: 1, verified: 1, conversion: 1 },
      { sent: 0, verified: 0, conversion: null },
    ])
  })

  it.each([
    [{}, 24],
    [{ hours: '1' }, 1],
    [{ hours: '168' }, 168],
  ])('shows as many hours as %j asks for', async (query, count) => {
    const { body } = await show(query as Record<string, string>)

    const first = new Date(now - (count - 1) * 3_600_000).toISOString().slice(0, 13)
    expect(body.hours).toHaveLength(count)
    expect(body.hours[0]).toMatchObject({ hour: `${first}:00:00.000Z`, sent: 0, countries: [] })
    expect(body.totals).toMatchObject({ sent: 0, conversion: null, estimatedSpend: 0 })
  })

  it('shows all hours where they come on several pages', async () => {
    const hours = Array.from({ length: 30 }, (_, n) =>
      new Date(now - n * 3_600_000).toISOString().slice(0, 13),
    )
    for (const entry of hours) {
      const Item = { subject: 'figures', entry, sent: 1, filling: 'x'.repeat(60_000) }
      await store.once.send(new PutCommand({ TableName: store.trafficTable, Item }))
    }
    const before = proxy.operations.length

    const { body } = await show({ hours: '30' })

    expect(body.totals.sent).toBe(30)
    expect(proxy.operations.slice(before)).toEqual(['Query', 'Query'])
  })

  it.each([{ hours: '0' }, { hours: '169' }, { hours: '1.5' }, { hours: '' }, { days: '1' }])(
    'refuses %j',
    async query => {
      const { status, body } = await show(query as unknown as Record<string, string>)

      expect([status, body.code]).toEqual([400, 'invalid_query'])
    },
  )
})

describe('figures', () => {
  /** Records a batch of three messages, and gives what that cost and the item of the hour. */
  async function recordThree() {
    for (const number of [swiss(), swiss(), undefined]) await send(number)
    const batch = changes()
    const before = proxy.operations.length
    await recordFigures(store, batch, { signal })
    const cost = proxy.operations.slice(before)
    const hour = new Date(now).toISOString().slice(0, 13)
    return { cost, hour, item: await itemOf(hour) }
  }

  it('are one write per hour and batch', async () => {
    expect((await recordThree()).cost).toEqual(['UpdateItem'])
  })

  it('are an item of the hour that expires after 35 days', async () => {
    const { hour, item } = await recordThree()

    expect(item).toEqual({
      subject: 'figures',
      entry: hour,
      sent: 3,
      sent_CH: 2,
      sent_GB: 1,
      countries: new Set(['CH', 'GB']),
      expiresAt: Date.parse(`${hour}:00:00Z`) / 1000 + 3_024_000,
    })
  })

  it('are counted twice where a batch comes twice', async () => {
    await send()
    const batch = changes()

    await recordFigures(store, batch, { signal })
    await recordFigures(store, batch, { signal })

    expect((await show({ hours: '1' })).body.totals.sent).toBe(2)
  })

  it('of what is put in again are counted once, in an item of their own', async () => {
    await send()
    const batch = changes()
    const hour = new Date(now).toISOString().slice(0, 13)
    const replay: Unfinished = { part: 'figures', hours: [hour] }
    const before = proxy.operations.length

    await recordFigures(store, batch, { replay, signal })
    await recordFigures(store, batch, { replay, signal })

    expect(proxy.operations.slice(before)).toEqual(['UpdateItem', 'UpdateItem'])
    expect((await show({ hours: '1' })).body.totals.sent).toBe(1)
    expect(await itemOf(hour)).toBeUndefined()
  })

  it.each<[string, Unfinished, number]>([
    ['of the hours that are missing alone', { part: 'figures', hours: [] }, 0],
    ['of every hour where all is to be done', { part: 'all' }, 1],
  ])('of what is put in again are %s', async (_, replay, sent) => {
    await send()

    await recordFigures(store, changes(), { replay, signal })

    expect((await show({ hours: '1' })).body.totals.sent).toBe(sent)
  })

  it('of a test number cost no write', async () => {
    const number = '+442071838750'
    process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
      { number, userIds: ['reviewer'], token: '730184', until: dayAfter(60) },
    ])
    vi.resetModules()
    const fresh = await import('../../../functions/challenge.ts')
    const device = await registerDevice(create.handler, number, 'reviewer')
    await invoke(fresh.handler, device)
    await invoke(verify.handler, { ...device, body: { token: '000000' } })
    await invoke(verify.handler, { ...device, body: { token: '730184' } })
    delete process.env.OTP_TWILIO_TEST_NUMBERS
    const batch = changes()
    const before = proxy.operations.length

    await recordFigures(store, batch, { signal })

    expect(batch.length).toBeGreaterThan(3)
    expect(proxy.operations.slice(before)).toEqual([])
  })

  const unrecorded: Fault[] = ['lose request', 'echo']

  it.each(unrecorded)('that cannot be recorded are logged by their hour: %s', async fault => {
    await send()
    proxy.faults.push(fault, fault, fault)
    logged.length = 0

    await record()

    const hour = new Date(now).toISOString().slice(0, 13)
    expect(logged.join()).toContain('figures not recorded')
    expect(logged.join()).toContain(`"hour":"${hour}","error":{"name":`)
  })

  it('are not recorded once their time is up', async () => {
    await send()
    const before = proxy.operations.length

    const missing = await recordFigures(store, changes(), { signal: AbortSignal.abort() })

    expect(missing).toEqual([new Date(now).toISOString().slice(0, 13)])
    expect(proxy.operations.slice(before)).toEqual([])
  })

  it.each(unrecorded)('that cannot be recorded let the batch go on: %s', async fault => {
    await send()
    proxy.faults.push(fault, fault, fault)

    await record()
    proxy.faults.length = 0

    expect((await show({ hours: '1' })).body.totals.sent).toBe(0)
  })
})

describe('an hour', () => {
  const codes = (first: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${first}${String.fromCharCode(65 + n)}`)
  const add = (hour: string, countries: string[], sent = 1) =>
    addFigures(
      store,
      { hour, own: null },
      new Map(countries.map(country => [country, { sent }])),
      signal,
    )

  it('names forty countries and counts the others together', async () => {
    const hour = '2027-03-04T05'
    await add(hour, codes('A', 26))
    await add(hour, codes('B', 14))
    const before = proxy.operations.length

    await add(hour, ['AA', 'CA', 'CB', 'ZZ'])

    expect(proxy.operations.slice(before)).toEqual(['UpdateItem', 'UpdateItem'])
    const item = await itemOf(hour)
    expect(item?.countries.size).toBe(40)
    expect(item).toMatchObject({ sent: 44, sent_AA: 2, sent_BN: 1, sent_ZZ: 3 })
    expect(item).not.toHaveProperty('sent_CA')
  })

  it('that names no country counts them all together', async () => {
    const hour = '2027-03-04T08'

    await add(hour, ['ZZ'], 2)

    const expiresAt = Date.UTC(2027, 2, 4, 8) / 1000 + 3_024_000
    const entry = { subject: 'figures', entry: hour, expiresAt }
    expect(await itemOf(hour)).toEqual({ ...entry, sent: 2, sent_ZZ: 2 })
  })

  it('that is full takes the countries that it names in one write', async () => {
    const hour = '2027-03-04T06'
    await add(hour, [...codes('A', 26), ...codes('B', 14)])
    const before = proxy.operations.length

    await add(hour, ['AA', 'BA', 'ZZ'])

    expect(proxy.operations.slice(before)).toEqual(['UpdateItem'])
    expect(await itemOf(hour)).toMatchObject({ sent: 43, sent_AA: 2, sent_BA: 2, sent_ZZ: 1 })
  })

  it('names those with the most of a batch that has more', async () => {
    const hour = '2027-03-04T07'
    const many = new Map([...codes('A', 26), ...codes('B', 26)].map(c => [c, { sent: 1 }]))
    for (const country of codes('B', 26)) many.set(country, { sent: 2 })
    many.set('ZZ', { sent: 9 })

    await addFigures(store, { hour, own: null }, many, signal)

    const item = await itemOf(hour)
    expect(item?.countries.size).toBe(40)
    expect(item).toMatchObject({ sent: 87, sent_BZ: 2, sent_ZZ: 21 })
  })
})
