// Devices are found by what a caller says: told by the real handlers, kept by the reader of the
// stream, and read from the devices table before they are shown.
import { randomUUID } from 'node:crypto'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import type { RowKey } from '../../../lib/dynamodb/rows.ts'
import { keptApiKeys } from '../../support/keys.ts'
import { invoke } from '../../support/lambda.ts'
import { type SceneDevice, startScenes } from '../../support/scenes.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { scanTraffic } from '../../support/traffic.ts'

const given = { ...process.env }
const tenantKey = 'otp_test-key-of-acme'
const acme = {
  ...{ name: 'acme', hash: hashApiKey(tenantKey), prefix: 'acme:' },
  scopes: ['devices:read'],
}
process.env.OTP_API_KEYS = JSON.stringify([...JSON.parse(keptApiKeys), acme])
const scenes = await startScenes()
const settings = { ...process.env }
const { handler: audit } = await import('../../../functions/audit.ts')
const { handler: find } = await import('../../../functions/find-devices.ts')
const { handler: deleteAll } = await import('../../../functions/delete-devices.ts')

afterEach(() => setEnvironment(settings))
afterAll(async () => {
  setEnvironment(given)
  await scenes.close()
})

async function tell(records: DynamoDBRecord[] = scenes.engine.take(), more: object = {}) {
  expect(await audit({ Records: records, ...more })).toEqual({ batchItemFailures: [] })
}

const isSearched = ({ subject }: RowKey) => subject.startsWith('search:')

async function search(query: Record<string, string>, headers = {}) {
  return (await invoke(find, { method: 'GET', query, headers })).body
}

async function idsOf(query: Record<string, string>, headers = {}): Promise<string[]> {
  const { devices } = await search(query, headers)
  return devices.map(({ id }: { id: string }) => id)
}

describe('a device is found', () => {
  it.each<[string, (device: SceneDevice) => string]>([
    ['the end of its number', ({ number }) => number.slice(-5)],
    ['the whole number', ({ number }) => number],
    ['its end as people write it', ({ number }) => `${number.slice(-5, -3)} ${number.slice(-3)}`],
    ['the beginning of its user', ({ userId }) => userId.slice(0, -3)],
    ['its user', ({ userId }) => userId],
    ['the beginning of its id', ({ deviceId }) => deviceId.slice(0, 30)],
    ['its id', ({ deviceId }) => deviceId],
  ])('by %s', async (_, text) => {
    const device = await scenes.register()
    await tell()

    expect(await idsOf({ search: text(device) })).toContain(device.deviceId)
  })

  it('by its number as it is dialled within its country', async () => {
    const device = await scenes.register()
    await tell()
    const digits = device.number.slice(-10)

    expect(await idsOf({ search: `0${digits}` })).toContain(device.deviceId)
    expect(await idsOf({ search: `00${device.number.slice(1)}` })).toContain(device.deviceId)
  })

  it('by a challenge', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    await tell()

    expect(await idsOf({ search: body.challengeId })).toEqual([device.deviceId])
  })

  it('by the SID of a message that did not arrive', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    const MessageSid = `SM${randomUUID().replaceAll('-', '')}`
    await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'failed', MessageSid })

    expect(await idsOf({ search: MessageSid })).toEqual([device.deviceId])
  })

  it('by its new number and not by its old one', async () => {
    const device = await scenes.register()
    await tell()
    const fresh = (await scenes.register()).number
    await scenes.change(device, fresh)
    await tell()

    expect(await idsOf({ search: fresh })).toContain(device.deviceId)
    expect(await idsOf({ search: device.number })).toEqual([])
  })

  it('as it is now after records of before are put in again', async () => {
    const device = await scenes.register()
    await tell()
    const fresh = (await scenes.register()).number
    await scenes.change(device, fresh)
    const kept = scenes.engine.take()
    await scenes.change(device, device.number)
    await tell()

    await tell(kept, { replay: { part: 'all' } })

    expect(await idsOf({ search: device.number })).toEqual([device.deviceId])
    expect(await idsOf({ search: fresh })).not.toContain(device.deviceId)
  })

  it('as it is now after records of several devices are put in again', async () => {
    const userId = `user-${randomUUID()}`
    const devices = [
      await scenes.registerFor(userId),
      await scenes.registerFor(userId),
      await scenes.register(),
    ]
    const kept = scenes.engine.take()
    await tell(kept)

    await tell(kept, { replay: { part: 'all' } })

    for (const { number, deviceId } of devices) {
      expect(await idsOf({ search: number })).toEqual([deviceId])
    }
  })

  it('no more where records of before its deletion are put in again', async () => {
    const device = await scenes.register()
    const kept = scenes.engine.take()
    await scenes.remove(device)
    await tell()

    await tell(kept, { replay: { part: 'all' } })

    const rows = await scanTraffic()
    expect(JSON.stringify(rows.filter(isSearched))).not.toContain(device.deviceId)
  })

  it('no more once it is deleted', async () => {
    const device = await scenes.register()
    await tell()
    await scenes.remove(device)
    const late = await idsOf({ search: device.userId })
    await tell()

    expect([late, await idsOf({ search: device.userId })]).toEqual([[], []])
  })

  it('no more once its user is erased', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    await tell()
    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    await tell()

    expect(await idsOf({ search: body.challengeId })).toEqual([])
    expect(await idsOf({ search: device.number })).toEqual([])
  })
})

describe('a state', () => {
  it('unconfirmed finds what no right token has confirmed', async () => {
    const [one, other] = [await scenes.register(), await scenes.register()]
    await scenes.challenge(other)
    await scenes.verify(other)
    await tell()

    const found = await idsOf({ state: 'unconfirmed', limit: '100' })

    expect(found).toContain(one.deviceId)
    expect(found).not.toContain(other.deviceId)
  })

  it('locked finds what is locked for a minute or longer, until it is reset', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.guess(device)
    await tell()
    const before = await idsOf({ state: 'locked' })
    await scenes.reset(device)
    const after = await idsOf({ state: 'locked' })
    await tell()

    expect([before, after]).toEqual([[device.deviceId], []])
  })

  it('disabled finds what only an admin can enable', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.guess(device)
    await tell()

    expect(await idsOf({ state: 'disabled' })).toEqual([device.deviceId])
  })
})

describe('a search', () => {
  it('comes in pages that lead through all it is', async () => {
    const userId = `paged-${randomUUID()}`
    for (let n = 0; n < 5; n++) await scenes.registerFor(userId)
    await tell()
    const found: string[] = []
    let cursor: string | null = null

    do {
      const query: Record<string, string> = {
        search: userId,
        limit: '2',
        ...(cursor && { cursor }),
      }
      const page = await search(query)
      found.push(...page.devices.map(({ id }: { id: string }) => id))
      cursor = page.cursor
    } while (cursor !== null)

    expect(new Set(found).size).toBe(5)
  })

  describe('that is both the end of a number and the beginning of a user id', () => {
    /** Found by the one, by the other, and by both. */
    async function registerThree() {
      const { number } = await scenes.register()
      const text = number.slice(-9)
      const byNumber = await scenes.registerFor(`user-${randomUUID()}`, number)
      const byUser = await scenes.registerFor(`${text}-${randomUUID()}`)
      const byBoth = await scenes.registerFor(`${text}-${randomUUID()}`, number)
      await tell()
      return { text, ids: [byNumber, byUser, byBoth].map(({ deviceId }) => deviceId) }
    }

    it('finds each device once', async () => {
      const { text, ids } = await registerThree()

      const found = await idsOf({ search: text, limit: '100' })

      expect(found).toEqual(expect.arrayContaining(ids))
      expect(new Set(found).size).toBe(found.length)
    })

    it.each(['1', '2', '3', '4'])('comes in pages of %s that lead through both', async limit => {
      const { text, ids } = await registerThree()
      const pages: string[][] = []
      let cursor: string | undefined

      do {
        const page = await search({ search: text, limit, ...(cursor && { cursor }) })
        pages.push(page.devices.map(({ id }: { id: string }) => id))
        cursor = page.cursor ?? undefined
      } while (cursor)

      expect(pages.flat()).toEqual(expect.arrayContaining(ids))
      expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(Number(limit))
    })
  })

  it('of a tenant’s key finds its own users alone', async () => {
    const end = randomUUID()
    const own = await scenes.registerFor(`acme:${end}`)
    const others = await scenes.registerFor(`acme2:${end}`)
    await tell()
    const authorization = `Bearer ${tenantKey}`
    const texts = ['acme', 'acme:', 'acme2:', own.number, own.deviceId, others.deviceId]

    const found: string[][] = []
    for (const search of texts) found.push(await idsOf({ search, limit: '100' }, { authorization }))

    expect(found.flat()).toContain(own.deviceId)
    expect(found.flat()).not.toContain(others.deviceId)
    expect(found[2]).toEqual([])
  })

  it('of a tenant’s key counts no other’s devices', async () => {
    const own = await scenes.registerFor(`acme:${randomUUID()}`)
    const others = ['zeta:', 'acme2:', 'aaaa:'].map(tenant => `${tenant}${randomUUID()}`)
    for (const userId of others) await scenes.registerFor(userId, own.number)
    await tell()
    const authorization = `Bearer ${tenantKey}`

    const pages = await Promise.all(
      [own.number, own.number.slice(-7), own.deviceId.slice(0, 13)].map(text =>
        search({ search: text, limit: '1' }, { authorization }),
      ),
    )

    expect(pages.map(({ devices, cursor }) => [devices.length, cursor])).toEqual([
      [1, null],
      [1, null],
      [1, null],
    ])
  })

  it.each([
    [{ search: '+442071838750' }, { number: '+442071838750' }],
    [{ number: '+442071838750' }, { search: '+442071838750' }],
    [{ search: 'unconfirmed' }, { state: 'unconfirmed' }],
    [{ state: 'unconfirmed' }, { search: 'unconfirmed' }],
  ])('has cursors of its own: %j is not gone on with by %j', async (one, other) => {
    for (const user of ['unconfirmed-1', 'unconfirmed-2']) {
      await scenes.registerFor(user, '+442071838750')
    }
    await tell()
    const { cursor } = await search({ ...one, limit: '1' })

    expect(cursor).toEqual(expect.any(String))
    expect(await search({ ...other, limit: '1', cursor })).toMatchObject({ code: 'invalid_cursor' })
  })

  it.each(['acme:', 'acme2:'])(
    'of a tenant’s key by a challenge, an SID or a state: %s',
    async of => {
      const device = await scenes.registerFor(`${of}${randomUUID()}`)
      const { body } = await scenes.challenge(device)
      const MessageSid = `SM${randomUUID().replaceAll('-', '')}`
      await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'failed', MessageSid })
      await tell()
      const authorization = `Bearer ${tenantKey}`
      const queries = [
        { search: body.challengeId },
        { search: MessageSid },
        { state: 'unconfirmed' },
      ]

      const found = await Promise.all(queries.map(query => idsOf(query, { authorization })))

      const isFound = found.map(ids => ids.includes(device.deviceId))
      expect(isFound).toEqual(Array(3).fill(of === 'acme:'))
    },
  )

  it.each([
    [{ search: 'a', state: 'locked' }],
    [{ search: 'a', number: '+442071838750' }],
    [{ search: '' }],
    [{ state: 'open' }],
  ])('is refused with %j', async query => {
    expect(await search(query)).toMatchObject({ code: 'invalid_query' })
  })
})
