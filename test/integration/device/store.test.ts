// The store of devices below the handlers: batches that DynamoDB leaves something out of, keys that
// are there already, requests that have ended, and reads that must be consistent.
import { randomUUID } from 'node:crypto'
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it, vi } from 'vitest'
import { checkResend, startChallenge } from '../../../lib/challenge/store.ts'
import { recordDelivery } from '../../../lib/delivery/store.ts'
import type { DeviceItem, DeviceKey } from '../../../lib/device/device.ts'
import * as devices from '../../../lib/device/store.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { deviceOf, someNumber } from '../../support/device.ts'
import { by, itemOf, noon, putDevice, settingsOf, signal } from '../../support/devices.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const settings = settingsOf()

const namesOf = (found: DeviceItem[]) => found.map(({ name }) => name)

/** A store whose first batch is not read whole: all but its first entry is left out. */
function busyStore(): Store {
  const busy = connectStore()
  const send = busy.retrying.send.bind(busy.retrying) as (...given: unknown[]) => Promise<object>
  let isFirst = true
  vi.spyOn(busy.retrying, 'send').mockImplementation((async (
    command: unknown,
    options: unknown,
  ) => {
    if (isFirst && command instanceof BatchGetCommand) {
      isFirst = false
      const { Keys = [], ...how } = command.input.RequestItems![busy.devicesTable]!
      command.input.RequestItems = { [busy.devicesTable]: { ...how, Keys: Keys.slice(0, 1) } }
      const left = { [busy.devicesTable]: { ...how, Keys: Keys.slice(1) } }
      return { ...(await send(command, options)), UnprocessedKeys: left }
    }
    return send(command, options)
  }) as never)
  return busy
}

/** The first page of a user's devices. */
const all = { confirmed: null, limit: 100, start: null }

describe('what DynamoDB leaves out of a batch', () => {
  it('is found in its order', async () => {
    const number = someNumber()
    for (const name of ['a', 'b', 'c']) await putDevice(store, { number, name })
    const search = { number, prefix: null, limit: 10, start: null }

    const whole = await devices.findDevices(store, search, signal)
    const inParts = await devices.findDevices(busyStore(), search, signal)

    expect(namesOf(whole.devices).toSorted()).toEqual(['a', 'b', 'c'])
    expect(inParts).toEqual(whole)
  })
})

describe('more devices than one batch takes', () => {
  it('are all deleted', async () => {
    const userId = `user-${randomUUID()}`
    await Promise.all(Array.from({ length: 26 }, () => putDevice(store, { userId })))

    await devices.deleteDevices(store, userId, by, signal)

    expect((await devices.listDevices(store, { userId, ...all }, signal)).devices).toEqual([])
  })
})

describe('devices', () => {
  it('are listed in the order in which they were made', async () => {
    const userId = `user-${randomUUID()}`
    for (const [deviceId, createdAt] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const) {
      await putDevice(store, { userId, deviceId, name: deviceId, createdAt })
    }

    const listed = await devices.listDevices(store, { userId, ...all }, signal)

    expect(namesOf(listed.devices)).toEqual(['b', 'c', 'a'])
  })

  it('of one number are found once each even if they share a user or an id', async () => {
    const number = someNumber()
    const [one, other] = [`user-${randomUUID()}`, `user-${randomUUID()}`]
    await putDevice(store, { number, userId: one, deviceId: 'x', name: 'one x' })
    await putDevice(store, { number, userId: one, deviceId: 'y', name: 'one y' })
    await putDevice(store, { number, userId: other, deviceId: 'x', name: 'other x' })

    const found = await devices.findDevices(
      store,
      { number, prefix: null, limit: 10, start: null },
      signal,
    )

    expect(namesOf(found.devices).toSorted()).toEqual(['one x', 'one y', 'other x'])
    expect(found.next).toBeNull()
  })

  it('that are there already are answered as they are', async () => {
    const device = await putDevice(store, { name: 'first' })

    const created = await devices.createDevice(store, { ...device, name: 'second' }, signal)

    expect(created).toEqual(device)
    expect((await itemOf(store, device)).name).toBe('first')
  })

  it('whose number keeps changing while they are patched throw', async () => {
    const device = await putDevice(store)
    const moving = connectStore()
    let number = device.number
    moving.retrying.middlewareStack.add(
      next => async args => {
        // Whatever number the write asks for, the device has the other one.
        const { ConditionExpression = '' } = args.input as { ConditionExpression?: string }
        number = ConditionExpression.includes('<>') ? '+15555550101' : '+15555550199'
        await putDevice(store, { ...device, number })
        return next(args)
      },
      { step: 'initialize', priority: 'high' },
    )
    const change = { number: '+15555550101', country: 'US', actor: 'key:a', now: noon }

    const changing = devices.patchDevice(moving, device, change, signal)

    await expect(changing).rejects.toThrow('to and fro')
  })
})

describe('a new number', () => {
  it('forgets the results of the attempts at the old one', async () => {
    const { attempts } = await putDevice(store)
    const yes = { ...attempts, ok1: true, ok2: true, ok3: true, ok4: true }
    const device = await putDevice(store, { attempts: yes })

    const change = { number: '+15555550101', country: 'US', actor: 'key:a', now: noon }
    const patched = await devices.patchDevice(store, device, change, signal)

    expect(patched?.attempts).toEqual(attempts)
  })

  it('is dated, in the place of what the create asked for', async () => {
    const device = await putDevice(store, { payload: 'abcdefgh', createdAt: noon - 1000 })

    const change = { number: '+15555550101', country: 'US', actor: 'key:a', now: noon }
    const patched = await devices.patchDevice(store, device, change, signal)

    expect(patched).toMatchObject({ numberAt: noon, createdAt: noon - 1000 })
    expect(patched).not.toHaveProperty('payload')
  })

  it('that is the one it has changes neither', async () => {
    const device = await putDevice(store, { payload: 'abcdefgh' })

    const change = { number: device.number, country: 'US', actor: 'key:a', now: noon }
    const patched = await devices.patchDevice(store, device, change, signal)

    expect(patched).toMatchObject({ payload: 'abcdefgh' })
    expect(patched).not.toHaveProperty('numberAt')
  })
})

describe('a reset', () => {
  it('sets the last challenge back by a cooldown', async () => {
    const device = await putDevice(store, { challengedAt: noon, unverified: 3 })

    const reset = await devices.resetDevice(
      store,
      device,
      { now: noon, cooldownMs: 30_000, tokenGuesses: null, actor: 'key:a' },
      signal,
    )

    expect(reset).toMatchObject({ challengedAt: noon - 30_000, unverified: 0 })
  })
})

describe('a search', () => {
  it('leaves out what the index still has under an old number', async () => {
    const number = someNumber()
    const stays = await putDevice(store, { number })
    const moves = await putDevice(store, { number })
    // The devices are read after the index was asked.
    const { watched } = watchedStore(async name => {
      if (name === 'BatchGetItemCommand') await putDevice(store, { ...moves, number: someNumber() })
    })

    const found = await devices.findDevices(
      watched,
      { number, prefix: null, limit: 10, start: null },
      signal,
    )

    expect(found).toEqual({ devices: [stays], next: null })
  })

  it('goes on where the page before ended', async () => {
    const number = someNumber()
    for (const name of ['a', 'b', 'c']) await putDevice(store, { number, name })
    const search = { number, prefix: null, limit: 2, start: null }

    const first = await devices.findDevices(store, search, signal)
    const last = await devices.findDevices(store, { ...search, start: first.next }, signal)

    const found = namesOf([...first.devices, ...last.devices])
    expect([first.devices.length, found.toSorted(), last.next]).toEqual([2, ['a', 'b', 'c'], null])
  })

  it('of all devices goes on where the page before ended', async () => {
    for (const name of ['a', 'b', 'c']) await putDevice(store, { name })
    const search = { number: null, prefix: null, limit: 1, start: null }

    const first = await devices.findDevices(store, search, signal)
    const second = await devices.findDevices(store, { ...search, start: first.next }, signal)

    const [one] = first.devices
    expect(first.next).toEqual({ userId: one?.userId, deviceId: one?.deviceId })
    expect(second.devices).toHaveLength(1)
    expect(second.devices).not.toEqual(first.devices)
  })
})

describe('a page', () => {
  async function devicesOf(userId: string, count: number) {
    for (let n = 1; n <= count; n++) {
      await putDevice(store, { userId, deviceId: `${n}`, createdAt: n, confirmed: n > 1 })
    }
  }
  const idsOf = (page: devices.DevicePage) => page.devices.map(({ deviceId }) => deviceId)

  it('of a user goes on where the page before ended', async () => {
    const userId = `user-${randomUUID()}`
    await devicesOf(userId, 5)
    const search = { userId, confirmed: null, limit: 2, start: null }

    const first = await devices.listDevices(store, search, signal)
    const second = await devices.listDevices(store, { ...search, start: first.next }, signal)
    const third = await devices.listDevices(store, { ...search, start: second.next }, signal)

    expect([first, second, third].map(idsOf)).toEqual([['1', '2'], ['3', '4'], ['5']])
    expect(third.next).toBeNull()
  })

  it('that has all there is is the last one', async () => {
    const userId = `user-${randomUUID()}`
    await devicesOf(userId, 2)

    const page = await devices.listDevices(store, { userId, ...all, limit: 2 }, signal)

    expect([idsOf(page), page.next]).toEqual([['1', '2'], null])
  })

  it('is full although a filter leaves something out', async () => {
    const userId = `user-${randomUUID()}`
    await devicesOf(userId, 4)
    const search = { userId, confirmed: true, limit: 2, start: null }

    const first = await devices.listDevices(store, search, signal)
    const second = await devices.listDevices(store, { ...search, start: first.next }, signal)

    expect([first, second].map(idsOf)).toEqual([['2', '3'], ['4']])
    expect(second.next).toBeNull()
  })

  it('is of those users alone whose id has the prefix', async () => {
    const number = someNumber()
    const tenant = `acme${randomUUID()}:`
    for (const userId of [`${tenant}a`, `${tenant}b`, tenant.slice(0, -1), 'other', `x${tenant}`]) {
      await putDevice(store, { userId, deviceId: 'x', number })
    }
    const usersOf = async (search: { number: string | null }) => {
      const found: string[] = []
      let start: devices.DevicePage['next'] = null
      do {
        const page: devices.DevicePage = await devices.findDevices(
          store,
          { ...search, prefix: tenant, limit: 1, start },
          signal,
        )
        found.push(...page.devices.map(({ userId }) => userId))
        start = page.next
      } while (start !== null)
      return found.toSorted()
    }

    expect(await usersOf({ number })).toEqual([`${tenant}a`, `${tenant}b`])
    expect(await usersOf({ number: null })).toEqual([`${tenant}a`, `${tenant}b`])
  })

  it('is given after ten reads, however little they found', async () => {
    const { watched, inputs } = watchedStore()
    // As of a table in which a read finds nothing and never comes to the end.
    watched.retrying.middlewareStack.add(
      next => async args => {
        const answer = await next(args)
        const LastEvaluatedKey = { userId: 'u', deviceId: 'd' }
        Object.assign(answer.output as object, { Items: [], LastEvaluatedKey })
        return answer
      },
      { step: 'initialize', priority: 'low' },
    )

    const page = await devices.findDevices(
      watched,
      { number: null, prefix: 'nobody:', limit: 5, start: null },
      signal,
    )

    expect([inputs.length, page]).toEqual([
      10,
      { devices: [], next: { userId: 'u', deviceId: 'd' } },
    ])
  })
})

describe('room for a device', () => {
  const caps = { perUser: null, perNumber: 1 }

  it('is not looked for where there is no cap', async () => {
    const { watched, commands } = watchedStore()

    await devices.assertRoom(
      watched,
      { ...missing, number: someNumber() },
      { perUser: null, perNumber: null },
      signal,
    )

    expect(commands).toEqual([])
  })

  it('is taken by the device of another user with its id', async () => {
    const other = await putDevice(store, { number: someNumber(), confirmed: true })
    const room = devices.assertRoom(store, { ...other, userId: 'another' }, caps, signal)

    await expect(room).rejects.toMatchObject({
      code: 'too_many_devices',
      message: 'The number has a device already; delete one first.',
    })
  })

  it('is not taken by the device itself, on whichever page of its number it is', async () => {
    const number = someNumber()
    for (let n = 0; n < 101; n++) await putDevice(store, { number })
    const first = { number, prefix: null, limit: 100, start: null }
    const page = await devices.findDevices(store, first, signal)
    const [last] = (await devices.findDevices(store, { ...first, start: page.next }, signal))
      .devices
    for (const one of [page.devices[0]!, last!]) {
      await devices.patchDevice(store, one, { confirmed: true, actor: 'key:a', now: noon }, signal)
    }

    await expect(devices.assertRoom(store, last!, caps, signal)).resolves.toBeUndefined()
  })

  it('is looked for no longer than until there is none', async () => {
    const number = someNumber()
    for (let n = 0; n < 101; n++) await putDevice(store, { number, confirmed: true })
    const { watched, commands } = watchedStore()

    await expect(
      devices.assertRoom(watched, { ...missing, number }, caps, signal),
    ).rejects.toMatchObject({ code: 'too_many_devices' })

    expect(commands).toEqual(['QueryCommand', 'BatchGetItemCommand'])
  })
})

describe('a deletion', () => {
  it('that fails by anything but its condition is not tried again', async () => {
    const device = await putDevice(store)
    const { watched, commands } = watchedStore(name => {
      if (name === 'DeleteItemCommand') throw new Error('The answer was lost.')
    })

    await expect(devices.deleteDevice(watched, device, by, signal)).rejects.toMatchObject({
      code: 'unavailable',
    })

    expect(commands).toEqual(['UpdateItemCommand', 'DeleteItemCommand'])
  })

  it.each([1, 4])('whose request ends before its delete number %i changes nothing', async last => {
    const device = await putDevice(store)
    const controller = new AbortController()
    let n = 0
    const { watched } = watchedStore(async name => {
      if (name !== 'DeleteItemCommand') return
      n += 1
      if (n === last) controller.abort()
      // Somebody else has written meanwhile.
      else await devices.patchDevice(store, device, { name: 'x', actor: 'b', now: noon }, signal)
    })

    await expect(
      devices.deleteDevice(watched, device, by, controller.signal),
    ).rejects.toMatchObject({ code: 'unavailable' })

    expect([n, await devices.getDevice(store, device, signal)]).toEqual([last, expect.anything()])
  })
})

describe('a deletion before its device is gone', () => {
  it.each([
    ['marks the device whose user is erased', true, true],
    ['marks no other', false, undefined],
  ])('%s', async (_, erases, mark) => {
    const device = await putDevice(store)
    const marks: unknown[] = []
    const before = async (seen: DeviceItem) => {
      marks.push(seen.erased)
    }

    await devices.deleteDevice(store, device, { actor: 'key:a', erases, before }, signal)
    await devices.deleteDevice(store, await putDevice(store), { actor: 'key:a', before }, signal)

    expect(marks).toEqual([mark, undefined])
  })
})

describe('a deletion that is overtaken each time', () => {
  it('is made by the fourth try, whoever is named', async () => {
    const device = await putDevice(store)
    const { watched, commands } = watchedStore(async name => {
      if (name !== 'DeleteItemCommand') return
      await devices.patchDevice(store, device, { name: 'x', actor: 'b', now: noon }, signal)
    })

    await devices.deleteDevice(watched, device, by, signal)

    expect(commands.filter(name => name === 'DeleteItemCommand')).toHaveLength(4)
    expect(await devices.getDevice(store, device, signal)).toBeNull()
  })
})

describe('a deletion of all', () => {
  it('misses no device that was made just before', async () => {
    const { userId } = await putDevice(store)
    const { watched, inputs } = watchedStore()

    await devices.deleteDevices(watched, userId, by, signal)

    expect(inputs[0]).toMatchObject({ ConsistentRead: true })
  })

  it('reads no more of a device than its key', async () => {
    const { userId } = await putDevice(store)
    const { watched, inputs } = watchedStore()

    await devices.listDevices(watched, { userId, ...all }, signal)
    await devices.deleteDevices(watched, userId, by, signal)

    expect(inputs.map(({ ProjectionExpression }) => ProjectionExpression)).toEqual([
      undefined,
      'userId, deviceId',
      // Naming the actor, and the deletion.
      undefined,
      undefined,
    ])
  })
})

const missing: DeviceKey = { userId: `user-${randomUUID()}`, deviceId: 'none' }
const resend = { requestName: 'r', keyName: null, now: noon }
const fresh = deviceOf(missing)

/** Every operation of the table of devices. */
const operations: Record<string, (store: Store, signal: AbortSignal) => Promise<unknown>> = {
  create: (store, signal) => devices.createDevice(store, fresh, signal),
  get: (store, signal) => devices.getDevice(store, missing, signal),
  list: (store, signal) => devices.listDevices(store, { ...missing, ...all }, signal),
  patch: (store, signal) =>
    devices.patchDevice(store, missing, { name: 'x', actor: 'key:a', now: noon }, signal),
  reset: (store, signal) =>
    devices.resetDevice(
      store,
      missing,
      { now: 0, cooldownMs: 0, tokenGuesses: null, actor: 'key:a' },
      signal,
    ),
  delete: (store, signal) => devices.deleteDevice(store, missing, by, signal),
  'delete all': (store, signal) => devices.deleteDevices(store, missing.userId, by, signal),
  find: (store, signal) =>
    devices.findDevices(
      store,
      { number: '+15555550100', prefix: null, limit: 1, start: null },
      signal,
    ),
  scan: (store, signal) =>
    devices.findDevices(store, { number: null, prefix: null, limit: 1, start: null }, signal),
  challenge: (store, signal) => {
    const entry = { nil: 0, yes: true, backoff: 0, validUntil: 0, counter: 0 } as const
    return startChallenge(
      { store, key: missing, settings, signal },
      { ...resend, digest: 'd', entry },
    )
  },
  'look at a resend': (store, signal) =>
    checkResend({ store, key: missing, settings, signal }, resend),
  'record a delivery': (store, signal) =>
    recordDelivery(
      { store, key: missing, signal },
      'c',
      { status: 'sent', reason: null, channel: null },
      noon,
    ),
}

describe('a request that has ended', () => {
  it.each(Object.entries(operations))('does not %s', async (_, operate) => {
    await expect(operate(store, AbortSignal.abort())).rejects.toThrow()
  })

  it.each(['delete all', 'find'])('does not go on to %s', async name => {
    const number = '+15555550100'
    await putDevice(store, { ...missing, number })
    const ending = connectStore()
    const controller = new AbortController()
    const commands: string[] = []
    ending.retrying.middlewareStack.add(
      (next, context) => async args => {
        commands.push(String(context.commandName))
        const answer = await next(args)
        controller.abort()
        return answer
      },
      { step: 'initialize', priority: 'high' },
    )

    await expect(operations[name]!(ending, controller.signal)).rejects.toThrow()

    expect(commands[0]).toBe('QueryCommand')
    expect(await devices.getDevice(store, missing, signal)).not.toBeNull()
  })
})

interface Read {
  ConsistentRead?: boolean
  IndexName?: string
  RequestItems?: Record<string, { ConsistentRead?: boolean }>
}

describe('a read that decides something', () => {
  it.each(['get', 'list', 'look at a resend', 'find'])('is consistent: %s', async name => {
    await putDevice(store, { ...missing })
    const { watched, inputs } = watchedStore()

    await operations[name]!(watched, signal)

    const consistent = (inputs as Read[]).flatMap(({ RequestItems, ...input }) => {
      const batch = RequestItems?.[store.devicesTable]
      // An index cannot be read consistently.
      return input.IndexName ? [] : [(batch ?? input).ConsistentRead]
    })
    expect(consistent).toEqual([true])
  })
})
