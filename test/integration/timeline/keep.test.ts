// What the functions and the reader of the stream write of a device's timeline, and what they do
// where the table does not take it.
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Challenged } from '../../../lib/challenge/outcome.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { logger } from '../../../lib/log.ts'
import type { DeviceChange } from '../../../lib/stream/records.ts'
import { eraseUser, keepChallenge, keepDelivery } from '../../../lib/timeline/keep.ts'
import type { TimelineRow } from '../../../lib/timeline/row.ts'
import { readTimeline } from '../../../lib/timeline/store.ts'
import { tellTimeline } from '../../../lib/timeline/tell.ts'
import { deviceOf } from '../../support/device.ts'
import { noon, signal } from '../../support/devices.ts'
import { scanTraffic } from '../../support/traffic.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const sid = `SM${'0'.repeat(32)}`
const news = { challengeId: 'c', status: 'failed', reason: null, twilioCode: null } as const
let key: DeviceKey

beforeEach(() => {
  key = { userId: `user-${randomUUID()}`, deviceId: randomUUID() }
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const refused = (outcome: object) => outcome as Challenged
const cooldown = refused({ outcome: 'cooldown' })
const told = { actor: 'suite', now: noon }

async function eventsOf({ userId }: DeviceKey): Promise<TimelineRow[]> {
  const page = { userId, deviceId: null, limit: 100, start: null }
  return (await readTimeline(store, page, signal)).items
}

/** A store that takes no row. */
const broken = () =>
  watchedStore(() => {
    throw new Error('The table is gone.')
  })

describe('a challenge that was refused', () => {
  it.each([
    [{ outcome: 'cooldown' }, { code: 'cooldown' }],
    [
      { outcome: 'limited', limit: 'user' },
      { code: 'limit_reached', limit: 'user' },
    ],
    [
      { outcome: 'suspended', suspended: 'prefix' },
      { code: 'suspended', limit: 'prefix' },
    ],
    [{ outcome: 'country_not_allowed' }, { code: 'country_not_allowed' }],
    [{ outcome: 'disabled' }, { code: 'device_disabled' }],
  ])('is kept with its reason: %j', async (outcome, reason) => {
    await keepChallenge(store, key, refused(outcome), told)

    expect(await eventsOf(key)).toMatchObject([{ type: 'challenge_refused', ...reason }])
  })

  it.each([{ outcome: 'in_progress' }, { outcome: 'ended', result: { code: 'sent' } }])(
    'is not kept where its device tells it: %j',
    async outcome => {
      const { watched, commands } = watchedStore()

      await keepChallenge(watched, key, refused(outcome), told)

      expect(commands).toEqual([])
    },
  )

  it('is one write for each device, reason and minute', async () => {
    const { watched, commands } = watchedStore()
    const limited = refused({ outcome: 'limited', limit: 'user' })
    const keep = async (of: DeviceKey, what: Challenged, now: number) => {
      await keepChallenge(watched, of, what, { ...told, now })
      return commands.length
    }

    expect([
      await keep(key, cooldown, noon),
      await keep(key, cooldown, noon + 59_999),
      await keep(key, limited, noon),
      await keep({ ...key, deviceId: 'another' }, cooldown, noon),
      await keep(key, cooldown, noon + 60_000),
      await keep(key, cooldown, noon + 119_999),
    ]).toEqual([1, 1, 2, 3, 4, 4])
  })

  it('is forgotten once a thousand are remembered', async () => {
    vi.spyOn(logger, 'warn').mockReturnValue()
    const { watched, commands } = broken()
    const keep = (n: number) => keepChallenge(watched, { ...key, deviceId: `${n}` }, cooldown, told)
    for (let n = 0; n < 999; n++) await keep(n)
    const before = commands.length
    await keep(0)
    const known = commands.length
    await keep(999)
    await keep(0)

    expect([known - before, commands.length - known]).toEqual([0, 2])
  })
})

describe('what became of a message', () => {
  it.each([
    [{ ...news, messageSid: sid }, 2],
    [{ ...news, messageSid: null }, 1],
    [{ ...news, status: 'delivered' as const, messageSid: sid }, 1],
  ])('leads to its device by the SID where it did not arrive: %j', async (told, rows) => {
    const { watched, inputs } = watchedStore()

    await keepDelivery(watched, key, told, noon)

    expect(inputs.flatMap(({ RequestItems }) => Object.values(RequestItems as object))).toEqual([
      expect.objectContaining({ length: rows }),
    ])
  })
})

describe('an erasure', () => {
  it('is kept with its actor, and without its user', async () => {
    const actor = `admin-${randomUUID()}`

    await eraseUser(store, key.userId, { ...told, actor, signal })

    const rows = (await scanTraffic()).filter(row => 'actor' in row && row.actor === actor)
    expect(rows).toMatchObject([{ subject: 'erasures', type: 'erased', at: noon }])
    expect(JSON.stringify(rows)).not.toContain(key.userId)
  })
})

it('nothing is kept where OTP_TIMELINE_DAYS is 0, and a user is erased all the same', async () => {
  await keepChallenge(store, key, cooldown, told)
  vi.stubEnv('OTP_TIMELINE_DAYS', '0')
  const { watched, commands } = watchedStore()

  await keepChallenge(watched, key, refused({ outcome: 'disabled' }), told)
  await keepDelivery(watched, key, { ...news, messageSid: sid }, noon)
  expect(commands).toEqual([])
  await eraseUser(watched, key.userId, { ...told, signal })

  expect(commands).toEqual(['QueryCommand', 'BatchWriteItemCommand'])
  expect(await eventsOf(key)).toEqual([])
})

describe('where the table does not take a row', () => {
  it('a function logs it and goes on, within its moment', async () => {
    const warn = vi.spyOn(logger, 'warn').mockReturnValue()
    const deadlines = vi.spyOn(AbortSignal, 'timeout')

    await keepDelivery(broken().watched, key, { ...news, messageSid: null }, noon)

    expect(warn.mock.calls).toEqual([['timeline not written', { error: expect.any(Object) }]])
    expect(deadlines).toHaveBeenCalledWith(300)
  })

  /** A new device, which is six rows: its event, and five by which it is found. */
  function created(n: number, given: Partial<DeviceChange> = {}): DeviceChange {
    const device = deviceOf({ ...key, deviceId: randomUUID(), confirmed: false })
    return {
      ...{ sequenceNumber: `${n}`, at: noon, device, isDeleted: false, before: null },
      ...{ events: [{ type: 'device_created' }], ...given },
    }
  }

  it('the reader goes on before the first change that is not kept whole', async () => {
    const error = vi.spyOn(logger, 'error').mockReturnValue()
    let batches = 0
    const { watched } = watchedStore(() => {
      batches += 1
      if (batches === 2) throw new Error('The table is busy.')
    })

    // A batch of 25 rows has the first of the fifth device.
    const changes = [0, 1, 2, 3, 4, 5].map(n => created(n))
    const kept = await tellTimeline(watched, changes, false, signal)

    expect(kept).toBe(4)
    expect(error.mock.calls).toEqual([['timeline not written', { error: expect.any(Object) }]])
  })

  it('the reader goes on with none where it cannot ask for erasures', async () => {
    const error = vi.spyOn(logger, 'error').mockReturnValue()
    const change = created(0, { isDeleted: true, events: [{ type: 'device_deleted' }] })

    expect(await tellTimeline(broken().watched, [change], false, signal)).toBe(0)
    expect(error).toHaveBeenCalledOnce()
  })

  it('the reader asks for the erasure of a user whose device is deleted alone', async () => {
    const { watched, commands } = watchedStore()
    const gone = created(1, { isDeleted: true, events: [{ type: 'device_deleted' }] })

    await tellTimeline(watched, [created(0)], false, signal)
    const before = commands.splice(0)
    await tellTimeline(watched, [gone, gone], false, signal)

    expect([before, commands]).toEqual([
      ['BatchWriteItemCommand'],
      ['GetItemCommand', 'BatchWriteItemCommand'],
    ])
  })
})
