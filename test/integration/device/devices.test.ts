// The device functions through their real handlers, on a real engine.
import { randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { handler as createHandler } from '../../../functions/create-device.ts'
import { handler as deleteHandler } from '../../../functions/delete-device.ts'
import { handler as deleteAllHandler } from '../../../functions/delete-devices.ts'
import { handler as findHandler } from '../../../functions/find-devices.ts'
import { handler as getHandler } from '../../../functions/get-device.ts'
import { handler as limitsHandler } from '../../../functions/get-limits.ts'
import { handler as listHandler } from '../../../functions/list-devices.ts'
import { handler as allowHandler } from '../../../functions/put-always-allow.ts'
import { handler as resetHandler } from '../../../functions/reset.ts'
import { handler as updateHandler } from '../../../functions/update-device.ts'
import { handler as verifyHandler } from '../../../functions/verify.ts'
import { findDevices } from '../../../lib/device/store.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { noon } from '../../support/device.ts'
import { challenge, itemOf, putDevice, signal } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { keyFor } from '../../support/keys.ts'
import { invoke } from '../../support/lambda.ts'

const store = connectStore()

freezeAtNoon()

function newUser(): string {
  return `user-${randomUUID()}`
}

async function register(userId: string, number = '+15555550100', rest = {}) {
  const request = { userId, body: { number, ...rest } }
  return (await invoke(createHandler, request)).body as { id: string; number: string }
}

describe('POST /users/{userId}/devices', () => {
  const alice = {
    userId: 'alice@example.com',
    body: { number: '+1 (555) 555-0100', name: 'Alice’s phone 📱' },
  }

  it('registers a device', async () => {
    const { status, body } = await invoke(createHandler, alice)

    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      ),
      userId: 'alice@example.com',
      name: 'Alice’s phone 📱',
      number: '+15555550100',
      country: 'US',
      confirmed: false,
      established: false,
      createdAt: '2026-01-01T12:00:00.000Z',
      lastUsedAt: null,
      throttle: { allowed: true, failureCount: 0, lockedUntil: null },
      cooldown: { allowed: true, nextChallengeAt: null },
      pending: null,
      delivery: null,
    })
  })

  it('has the path of the device in its Location', async () => {
    const { headers, body } = await invoke(createHandler, alice)

    expect(headers.location).toBe(`/users/alice%40example.com/devices/${body.id}`)
  })

  it('has the base path of a custom domain in it, too', async () => {
    const path = '/otp/v1/users/alice@example.com/devices'
    const { headers, body } = await invoke(createHandler, { ...alice, path })

    expect(headers.location).toBe(`/otp/v1/users/alice%40example.com/devices/${body.id}`)
  })

  it('reads national numbers by OTP_TWILIO_DEFAULT_COUNTRY', async () => {
    process.env.OTP_TWILIO_DEFAULT_COUNTRY = 'GB'

    const { number } = await register(newUser(), '020 7183 8750')

    expect(number).toBe('+442071838750')
  })

  it('refuses an impossible number before anything is written', async () => {
    const userId = newUser()

    const { status, body } = await invoke(createHandler, { userId, body: { number: '+1555' } })

    const { body: list } = await invoke(listHandler, { method: 'GET', userId })
    expect([status, body.code, list.devices]).toEqual([422, 'invalid_number', []])
  })

  it('takes a device that is confirmed already', async () => {
    const device = await register(newUser(), '+15555550100', { confirmed: true })

    expect(device).toMatchObject({ confirmed: true })
  })

  const requestOf = (userId: string) => ({
    userId,
    body: { number: '+15555550100' },
    headers: { 'idempotency-key': 'k' },
  })

  it('answers a retry with its Idempotency-Key with the same device', async () => {
    const userId = newUser()
    const first = await invoke(createHandler, requestOf(userId))
    await invoke(updateHandler, { userId, deviceId: first.body.id, body: { name: 'renamed' } })

    const again = await invoke(createHandler, requestOf(userId))

    expect([again.status, again.body]).toEqual([201, { ...first.body, name: 'renamed' }])
  })

  it.each([
    ['another number', { number: '+15555550101' }],
    ['a name', { number: '+15555550100', name: 'Phone' }],
    ['a confirmation', { number: '+15555550100', confirmed: true }],
  ])('refuses the same Idempotency-Key with %s, and changes nothing', async (_, body) => {
    const request = requestOf(newUser())
    const first = await invoke(createHandler, request)

    const other = await invoke(createHandler, { ...request, body })

    const { body: list } = await invoke(listHandler, { method: 'GET', userId: request.userId })
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused'])
    expect(list.devices).toEqual([first.body])
  })

  it('takes the same number in another spelling for the same request', async () => {
    const request = requestOf(newUser())
    const first = await invoke(createHandler, request)

    const body = { number: '+1 555 555 0100', name: '' }
    const again = await invoke(createHandler, { ...request, body })

    expect([again.status, again.body]).toEqual([201, first.body])
  })

  it('answers no retry with another number that the device has since', async () => {
    const request = requestOf(newUser())
    const { userId } = request
    const { body } = await invoke(createHandler, request)
    const change = { number: '+15555550109', confirmed: true }
    await invoke(updateHandler, { userId, deviceId: body.id, body: change })

    const again = await invoke(createHandler, request)

    expect([again.status, again.body.code]).toEqual([422, 'idempotency_key_reused'])
  })

  it('makes another device for another user with the same Idempotency-Key', async () => {
    const first = await invoke(createHandler, requestOf(newUser()))
    const other = await invoke(createHandler, requestOf(newUser()))

    expect(other.status).toBe(201)
    expect(other.body.id).not.toBe(first.body.id)
  })
})

describe('the cap of devices of a user', () => {
  const create = (userId: string, key: string | null = null) =>
    invoke(createHandler, {
      userId,
      body: { number: '+15555550100' },
      headers: key === null ? {} : { 'idempotency-key': key },
    })

  it('refuses one more, and no other user', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_USER = '2'
    const userId = newUser()

    const answers = [await create(userId), await create(userId), await create(userId)]

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409])
    expect(answers[2]?.body).toMatchObject({
      code: 'too_many_devices',
      detail: 'The user has 2 devices already; delete one first.',
      of: 'user',
      most: 2,
    })
    expect((await create(newUser())).status).toBe(201)
  })

  it('takes a retry of the last one', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_USER = '2'
    const userId = newUser()
    await create(userId)
    const last = await create(userId, 'k')

    const again = await create(userId, 'k')

    expect([again.status, again.body]).toEqual([201, last.body])
  })

  it('answers two creates with one key at once with the same device', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_USER = '2'
    const userId = newUser()
    await create(userId)

    const [one, other] = await Promise.all([create(userId, 'k'), create(userId, 'k')])

    expect([one.status, other.status]).toEqual([201, 201])
    expect(one.body.id).toBe(other.body.id)
  })

  it('is left by a deletion', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_USER = '1'
    const userId = newUser()
    const { body } = await create(userId)
    await invoke(deleteHandler, { method: 'DELETE', userId, deviceId: body.id })

    expect((await create(userId)).status).toBe(201)
  })
})

describe('the cap of devices of a number', () => {
  const number = '+15555550177'
  const create = (confirmed: boolean) =>
    invoke(createHandler, { userId: newUser(), body: { number, confirmed } })

  it('counts those that are confirmed, of all users', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '2'
    for (const confirmed of [true, false, false, true]) {
      expect((await create(confirmed)).status).toBe(201)
    }

    const refused = await create(false)

    expect([refused.status, refused.body.code, refused.body.of]).toEqual([
      409,
      'too_many_devices',
      'number',
    ])
  })

  it('refuses that a caller confirms one more', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '1'
    const shared = '+15555550176'
    const patch = (userId: string, deviceId: string) =>
      invoke(updateHandler, { ...{ userId, deviceId }, body: { confirmed: true } })
    const users = [newUser(), newUser()]
    const devices = await Promise.all(users.map(userId => register(userId, shared)))

    const confirmed = [
      await patch(users[0]!, devices[0]!.id),
      await patch(users[1]!, devices[1]!.id),
    ]

    expect(confirmed.map(({ status }) => status)).toEqual([200, 409])
  })

  it('counts however many others come before', async () => {
    const shared = '+15555550175'
    for (let n = 0; n < 101; n++) await register(`many-${n}`, shared)
    const first = { number: shared, prefix: null, limit: 100, start: null }
    const { next } = await findDevices(store, first, signal)
    const { devices } = await findDevices(store, { ...first, start: next }, signal)
    const [last] = devices.map(({ userId, deviceId }) => ({ userId, deviceId }))
    await invoke(updateHandler, { ...last!, body: { confirmed: true } })
    process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '1'

    const { body } = await invoke(createHandler, { userId: newUser(), body: { number: shared } })

    expect(body.code).toBe('too_many_devices')
  })

  it('refuses that a device moves to it, and lets its own be changed', async () => {
    process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '1'
    const owned = '+15555550178'
    const userId = newUser()
    const own = await register(userId, owned, { confirmed: true })
    const stranger = newUser()
    const other = await register(stranger, '+15555550179')
    const patch = (whose: string, deviceId: string) =>
      invoke(updateHandler, {
        ...{ userId: whose, deviceId },
        body: { number: owned, confirmed: true },
      })

    const refused = await patch(stranger, other.id)
    const taken = await patch(userId, own.id)

    expect([refused.status, taken.status]).toEqual([409, 200])
  })
})

describe('GET /users/{userId}/devices', () => {
  it('lists the devices of its user alone from the oldest on', async () => {
    const userId = newUser()
    const ids = []
    for (const minute of [1, 2, 3]) {
      vi.setSystemTime(noon + minute * 60_000)
      ids.push((await register(userId)).id)
    }
    await register(newUser())

    const { status, body } = await invoke(listHandler, { method: 'GET', userId })

    expect(status).toBe(200)
    expect(body.devices.map(({ id }: { id: string }) => id)).toEqual(ids)
  })

  it('lists the confirmed devices or the others where that is asked for', async () => {
    const userId = newUser()
    const confirmed = await register(userId, '+15555550100', { confirmed: true })
    const unconfirmed = await register(userId)
    const list = (query: Record<string, string>) =>
      invoke(listHandler, { method: 'GET', userId, query })

    const [yes, no] = [await list({ confirmed: 'true' }), await list({ confirmed: 'false' })]

    expect(yes.body.devices).toMatchObject([{ id: confirmed.id }])
    expect(no.body.devices).toMatchObject([{ id: unconfirmed.id }])
  })

  it('reads on when one page of DynamoDB cannot hold them all', async () => {
    const userId = newUser()
    // A page is a megabyte: longer names than the API takes, or it would need thousands of devices.
    const name = 'x'.repeat(100_000)
    await Promise.all(Array.from({ length: 24 }, () => putDevice(store, { userId, name })))

    const { body } = await invoke(listHandler, { method: 'GET', userId })

    expect([body.devices.length, body.cursor]).toEqual([24, null])
  })

  it('comes in pages, each of which starts at the cursor of the one before', async () => {
    const userId = newUser()
    for (let n = 0; n < 5; n++) await putDevice(store, { userId, name: `${n}` })
    const names: string[] = []
    let cursor: string | null = ''

    while (cursor !== null) {
      const query: Record<string, string> = { limit: '2', ...(cursor && { cursor }) }
      const { body } = await invoke(listHandler, { method: 'GET', userId, query })
      names.push(...body.devices.map((one: { name: string }) => one.name))
      cursor = body.cursor
    }

    expect(names.toSorted()).toEqual(['0', '1', '2', '3', '4'])
  })

  it('takes no cursor of another user', async () => {
    const [userId, other] = [newUser(), newUser()]
    for (let n = 0; n < 2; n++) await putDevice(store, { userId })
    const page = await invoke(listHandler, { method: 'GET', userId, query: { limit: '1' } })

    const query = { cursor: page.body.cursor as string }
    const { status, body } = await invoke(listHandler, { method: 'GET', userId: other, query })

    expect([status, body.code]).toEqual([400, 'invalid_cursor'])
  })
})

describe('GET /users/{userId}/devices/{deviceId}', () => {
  /** A device with a pending token and one failure, and its item. */
  async function usedDevice() {
    process.env.OTP_TWILIO_COOLDOWN = '30'
    const device = await putDevice(store)
    await challenge(store, device, { now: noon })
    const pair = { userId: device.userId, deviceId: device.deviceId }
    await invoke(verifyHandler, { ...pair, body: { token: 'wrong' } })
    return { pair, item: await itemOf(store, device) }
  }

  it('shows throttle, cooldown and pending token as they are now', async () => {
    const { pair } = await usedDevice()

    const { status, body } = await invoke(getHandler, { ...pair, method: 'GET' })

    expect([status, body]).toMatchObject([
      200,
      {
        throttle: { allowed: false, failureCount: 1, lockedUntil: '2026-01-01T12:00:01.000Z' },
        cooldown: { allowed: false, nextChallengeAt: '2026-01-01T12:00:30.000Z' },
        pending: { validUntil: '2026-01-01T12:00:30.000Z' },
      },
    ])
  })

  it('never shows a digest', async () => {
    const { pair, item } = await usedDevice()

    const { body } = await invoke(getHandler, { ...pair, method: 'GET' })

    expect(JSON.stringify(body)).not.toContain(Object.keys(item.pending)[0])
  })

  it('answers 404 for a device that is not there', async () => {
    const missing = { method: 'GET', userId: 'unknown', deviceId: 'none' }

    const { status, body } = await invoke(getHandler, missing)

    expect([status, body.code]).toEqual([404, 'device_not_found'])
  })
})

describe('PATCH /users/{userId}/devices/{deviceId}', () => {
  it('changes the name alone', async () => {
    const userId = newUser()
    const device = await register(userId, '+15555550100', { confirmed: true, name: 'old' })

    const { status, body } = await invoke(updateHandler, {
      userId,
      deviceId: device.id,
      body: { name: 'new' },
    })

    expect([status, body]).toEqual([200, { ...device, name: 'new' }])
  })

  it('drops the pending token and the confirmation with a new number', async () => {
    const device = await putDevice(store, { confirmed: true })
    await challenge(store, device, { now: noon })
    const { userId, deviceId } = device

    const { body } = await invoke(updateHandler, {
      userId,
      deviceId,
      body: { number: '+1 555 555 0199' },
    })

    expect(body).toMatchObject({ number: '+15555550199', confirmed: false, pending: null })
  })

  it('forgets the last use with a new number, whatever the caller confirms', async () => {
    const { userId, deviceId } = await putDevice(store, { confirmed: true, usedBefore: noon })
    const body = { number: '+1 555 555 0199', confirmed: true }

    const changed = await invoke(updateHandler, { userId, deviceId, body })

    expect(changed.body).toMatchObject({ confirmed: true, lastUsedAt: null })
  })

  it('forgets the last use of a number to which it comes back', async () => {
    const { userId, deviceId } = await putDevice(store, { confirmed: true, usedNow: noon })
    const change = (number: string) =>
      invoke(updateHandler, { userId, deviceId, body: { number, confirmed: true } })

    await change('+15555550199')
    const { body } = await change('+15555550100')

    expect(body).toMatchObject({ number: '+15555550100', lastUsedAt: null })
  })

  it('keeps the last use with another spelling of the same number', async () => {
    const { userId, deviceId } = await putDevice(store, { confirmed: true, usedNow: noon })
    const body = { number: '+1 (555) 555-0100' }

    const { lastUsedAt } = (await invoke(updateHandler, { userId, deviceId, body })).body

    expect(lastUsedAt).toBe('2026-01-01T12:00:00.000Z')
  })

  it('keeps token and confirmation with another spelling of the same number', async () => {
    const device = await putDevice(store, { confirmed: true })
    await challenge(store, device, { now: noon })
    const { userId, deviceId } = device

    const { body } = await invoke(updateHandler, {
      userId,
      deviceId,
      body: { number: '+1 (555) 555-0100', name: 'n' },
    })

    expect(body).toMatchObject({ name: 'n', confirmed: true, pending: {} })
  })

  it('confirms and unconfirms', async () => {
    const userId = newUser()
    const { id: deviceId } = await register(userId)
    const patch = (body: object) => invoke(updateHandler, { userId, deviceId, body })

    const [yes, no] = [await patch({ confirmed: true }), await patch({ confirmed: false })]

    expect([yes.body.confirmed, no.body.confirmed]).toEqual([true, false])
  })

  it('with nothing to change answers the device as it is', async () => {
    const userId = newUser()
    const device = await register(userId)

    const { status, body } = await invoke(updateHandler, { userId, deviceId: device.id, body: {} })

    expect([status, body]).toEqual([200, device])
  })

  it('answers 404 for a device that is not there instead of making it', async () => {
    const missing = { userId: newUser(), deviceId: 'none' }

    const patched = await invoke(updateHandler, { ...missing, body: { name: 'n' } })
    const shown = await invoke(getHandler, { ...missing, method: 'GET' })

    expect([patched.status, shown.status]).toEqual([404, 404])
  })
})

describe('DELETE', () => {
  it('answers 204 for a device that was deleted before', async () => {
    const userId = newUser()
    const device = { userId, deviceId: (await register(userId)).id, method: 'DELETE' }

    const first = await invoke(deleteHandler, device)
    const again = await invoke(deleteHandler, device)
    const shown = await invoke(getHandler, { ...device, method: 'GET' })

    expect([first.status, first.body, again.status, shown.status]).toEqual([204, null, 204, 404])
  })

  it('deletes all devices of its user alone', async () => {
    const [userId, other] = [newUser(), newUser()]
    await Promise.all(Array.from({ length: 60 }, () => putDevice(store, { userId })))
    await register(other)

    const { status } = await invoke(deleteAllHandler, { method: 'DELETE', userId })

    const list = async (user: string) =>
      (await invoke(listHandler, { method: 'GET', userId: user })).body.devices.length
    expect([status, await list(userId), await list(other)]).toEqual([204, 0, 1])
  })

  it('answers 204 for a user without devices', async () => {
    const { status } = await invoke(deleteAllHandler, { method: 'DELETE', userId: newUser() })

    expect(status).toBe(204)
  })
})

describe('POST …/reset', () => {
  /** A device that is locked by one failure. */
  async function lockedDevice() {
    const userId = newUser()
    const pair = { userId, deviceId: (await register(userId)).id }
    await invoke(verifyHandler, { ...pair, body: { token: 'wrong' } })
    return pair
  }

  it('ends the lock of a device', async () => {
    const { status, body } = await invoke(resetHandler, await lockedDevice())

    expect([status, body.throttle]).toEqual([
      200,
      { allowed: true, failureCount: 0, lockedUntil: null },
    ])
  })

  it('keeps the failures before it out of the next lock', async () => {
    const pair = await lockedDevice()
    await invoke(resetHandler, pair)

    const { body } = await invoke(verifyHandler, { ...pair, body: { token: 'wrong' } })

    expect(body.lockedUntil).toBe('2026-01-01T12:00:01.000Z')
  })

  it('answers 404 for a device that is not there', async () => {
    const { status } = await invoke(resetHandler, { userId: 'unknown', deviceId: 'none' })

    expect(status).toBe(404)
  })
})

describe('GET /all/devices', () => {
  const find = (query: Record<string, string> = {}, headers = {}) =>
    invoke(findHandler, { method: 'GET', query, headers })

  it('like limits and allowances takes no number that is another one in a body', async () => {
    vi.stubEnv('OTP_TWILIO_DEFAULT_COUNTRY', 'US')
    const number = ' 659 312 3456'
    const created = await register(newUser(), number)

    const queried = await Promise.all([
      find({ number }),
      invoke(limitsHandler, { method: 'GET', query: { number } }),
      invoke(allowHandler, { method: 'PUT', query: { number } }),
    ])
    vi.unstubAllEnvs()

    expect(created.number).toBe('+16593123456')
    expect(queried.map(({ status, body }) => [status, body.code])).toEqual(
      Array(3).fill([422, 'invalid_number']),
    )
  })

  it('finds the devices of a number in any spelling over all users', async () => {
    const number = '+442071838799'
    const devices = [await register(newUser(), number), await register(newUser(), number)]
    await register(newUser(), '+442071838798')

    const spellings = ['+44 20 7183 8799', ' 442071838799']
    const pages = await Promise.all(spellings.map(spelling => find({ number: spelling })))

    const ids = devices.map(({ id }) => id).sort()
    for (const { status, body } of pages) {
      expect([status, body.cursor]).toEqual([200, null])
      expect(body.devices.map(({ id }: { id: string }) => id).sort()).toEqual(ids)
    }
  })

  it('pages through the devices of a number, each once', async () => {
    const number = '+33142685300'
    const wanted = await Promise.all(Array.from({ length: 7 }, () => register(newUser(), number)))
    const seen: string[] = []

    let cursor: string | undefined
    do {
      const page = await find({ number, limit: '3', ...(cursor && { cursor }) })
      seen.push(...page.body.devices.map(({ id }: { id: string }) => id))
      cursor = page.body.cursor ?? undefined
    } while (cursor)

    expect(seen.sort()).toEqual(wanted.map(({ id }) => id).sort())
  })

  it('pages through the whole table', async () => {
    const wanted = await Promise.all(Array.from({ length: 5 }, () => register(newUser())))
    const seen: string[] = []

    let cursor: string | undefined
    do {
      const page = await find({ limit: '100', ...(cursor && { cursor }) })
      seen.push(...page.body.devices.map(({ id }: { id: string }) => id))
      cursor = page.body.cursor ?? undefined
    } while (cursor)

    expect(seen).toEqual(expect.arrayContaining(wanted.map(({ id }) => id)))
    expect(new Set(seen).size).toBe(seen.length)
  })

  const number = '+33142685301'
  it.each<[string, (cursor: string) => ReturnType<typeof find>]>([
    ['was changed', cursor => find({ number, cursor: `A${cursor.slice(1)}` })],
    ['was never given', () => find({ number, cursor: 'nonsense' })],
    ['is another search’s', cursor => find({ cursor })],
    [
      'is another key’s',
      cursor => find({ number, cursor }, { authorization: `Bearer ${keyFor('admin')}` }),
    ],
  ])('refuses a cursor that %s', async (_, findWith) => {
    await Promise.all([register(newUser(), number), register(newUser(), number)])
    const { cursor } = (await find({ number, limit: '1' })).body

    const { status, body } = await findWith(cursor)

    expect([status, body.code]).toEqual([400, 'invalid_cursor'])
  })

  it('does not show a device under a number that it had before', async () => {
    const [userId, number] = [newUser(), '+33142685302']
    const { id: deviceId } = await register(userId, number)
    await invoke(updateHandler, { userId, deviceId, body: { number: '+33142685303' } })

    const { body } = await find({ number })

    expect(body.devices).toEqual([])
  })

  it.each(['0', '101', '1.5', 'ten'])('refuses the limit %s', async limit => {
    const { status, body } = await find({ limit })

    expect([status, body.code]).toEqual([400, 'invalid_query'])
  })
})
