// GET and DELETE /limits, through the real handlers on a real engine.
import { randomUUID } from 'node:crypto'
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { noon } from '../../support/device.ts'
import { invoke } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startTwilio } from '../../support/twilio.ts'

await startTwilio()
const [challengeFunction, createFunction, getFunction, deleteFunction] = await Promise.all([
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/get-limits.ts'),
  import('../../../functions/delete-limits.ts'),
])

const settings = { ...process.env }
const number = '+442071838750'
const clientIp = '2001:db8::1'
const userId = `user-${randomUUID()}`
const everySubject = { number, userId, clientIp, country: 'GB' }

let now = noon
beforeEach(() => {
  // A day of its own for each test, so that no counter has counted yet.
  now += 86_400_000
  vi.useFakeTimers({ toFake: ['Date'], now })
  process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600,3/86400'
  for (const name of ['USER', 'CLIENT', 'COUNTRY', 'DEPLOYMENT']) {
    process.env[`OTP_TWILIO_LIMIT_${name}`] = '2/600'
  }
})

afterEach(() => {
  vi.useRealTimers()
  setEnvironment(settings)
})

async function send(): Promise<number> {
  const { body } = await invoke(createFunction.handler, { userId, body: { number } })
  const device = { userId, deviceId: body.id }
  return (await invoke(challengeFunction.handler, { ...device, body: { clientIp } })).status
}

const show = (query: Record<string, string> = {}) =>
  invoke(getFunction.handler, { method: 'GET', query })
const empty = (query: Record<string, string> = {}) =>
  invoke(deleteFunction.handler, { method: 'DELETE', query })

async function sentOf(query: Record<string, string>): Promise<Record<string, number | null>> {
  const { body } = await show(query)
  return Object.fromEntries(
    body.limits.map((one: { limit: string; seconds: number; sent: number | null }) => [
      `${one.limit} ${one.seconds}`,
      one.sent,
    ]),
  )
}

describe('GET /limits', () => {
  it('shows how full the limit of the deployment is', async () => {
    await send()

    const { status, body } = await show()

    expect(status).toBe(200)
    expect(body.mode).toBe('on')
    expect(body.limits).toContainEqual({
      limit: 'deployment',
      most: 2,
      seconds: 600,
      sent: 1,
      strangers: null,
      resetsAt: new Date(now + 600_000).toISOString(),
    })
  })

  it('shows no number of a limit whose subject is not named', async () => {
    await send()

    const { body } = await show()

    expect(body.limits.map(({ sent }: { sent: number }) => sent)).toEqual([
      null,
      null,
      null,
      null,
      null,
      1,
    ])
  })

  it('shows how full the limits are whose subjects are named', async () => {
    await send()

    expect(await sentOf(everySubject)).toEqual({
      'number 600': 1,
      'number 86400': 1,
      'user 600': 1,
      'client 600': 1,
      'country 600': 1,
      'deployment 600': 1,
    })
    expect(await sentOf({ number: '+442071838751' })).toMatchObject({ 'number 600': 0 })
  })

  it.each(['record', 'off'])('shows that OTP_TWILIO_LIMITS is %s', async mode => {
    process.env.OTP_TWILIO_LIMITS = mode

    const { body } = await show()

    expect([body.mode, body.limits.length]).toEqual([mode, mode === 'off' ? 0 : 6])
  })

  it.each<[string, number, Record<string, string>, string | null]>([
    ['that works', 30, { number, userId }, 'in_use'],
    ['that is over', -1, { number, userId }, 'over'],
    ['that ends too far ahead to work', 100, { number, userId }, 'over'],
    ['of another user', 30, { number, userId: 'bob' }, null],
    ['whose user is not named', 30, { number }, null],
    ['whose number is not named', 30, { userId }, null],
  ])('tells of a test number %s no more than that', async (_, days, query, told) => {
    const until = new Date(now + days * 86_400_000).toISOString().slice(0, 10)
    const test = { number, userIds: [userId], token: '402517', until }
    process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([test])
    vi.resetModules()
    const { handler } = await import('../../../functions/get-limits.ts')

    const { body } = await invoke(handler, { method: 'GET', query })

    expect(body.testNumber).toBe(told)
    expect(JSON.stringify(body)).not.toMatch(/402517|until/)
  })
})

describe('a query of /limits', () => {
  it.each<[Record<string, string>, number, string]>([
    [{ number: 'x' }, 422, 'invalid_number'],
    [{ clientIp: '300.1.1.1' }, 400, 'invalid_query'],
    [{ clientIp: 'fe80::c%eth0' }, 400, 'invalid_query'],
    [{ country: 'gb' }, 400, 'invalid_query'],
    [{ userId: 'a b' }, 400, 'invalid_query'],
    [{ deviceId: 'phone' }, 400, 'invalid_query'],
    [{ limit: 'number' }, 400, 'invalid_query'],
  ])('is refused by GET and DELETE: %j', async (query, status, code) => {
    for (const { status: answered, body } of [await show(query), await empty(query)]) {
      expect([answered, body.code]).toEqual([status, code])
    }
  })
})

describe('DELETE /limits', () => {
  it('empties nothing for a device without its user', async () => {
    await send()

    await empty({ deviceId: 'phone' })

    expect(await sentOf({})).toMatchObject({ 'deployment 600': 1 })
  })

  it('lets a number be sent to again at once', async () => {
    await send()
    const refused = await send()

    const { status } = await empty({ number })

    expect([refused, status, await send()]).toEqual([429, 204, 200])
  })

  it.each<[Record<string, string>, string[]]>([
    [{ number }, ['number 600', 'number 86400']],
    [{ userId }, ['user 600']],
    [{ clientIp: '2001:db8:0:0:9::' }, ['client 600']],
    [{ country: 'GB' }, ['country 600']],
    [{}, ['deployment 600']],
  ])('empties only what %j names', async (query, names) => {
    await send()

    await empty(query)

    const emptied = Object.entries(await sentOf(everySubject)).filter(([, sent]) => sent === 0)
    expect(emptied.map(([name]) => name)).toEqual(names)
  })
})

describe('the limits table', () => {
  async function itemsAfterSending() {
    await send()
    const { retrying, limitsTable } = connectStore()
    const { Items = [] } = await retrying.send(new ScanCommand({ TableName: limitsTable }))
    return Items
  }

  it('holds no number, user or address', async () => {
    const held = JSON.stringify(await itemsAfterSending())

    for (const secret of [number.slice(1), userId, '2001:db8']) expect(held).not.toContain(secret)
  })

  it('holds items that expire an hour after their window', async () => {
    const items = await itemsAfterSending()

    expect(items.length).toBeGreaterThan(0)
    for (const { limitKey, expiresAt } of items) {
      const endsAt = Number(String(limitKey).split(':').at(-2))
      expect(expiresAt).toBe(endsAt / 1000 + 3600)
    }
  })
})
