// The store of devices where no handler leads: batches that DynamoDB leaves something out of, keys that are there
// already, requests that have ended, and reads that must not be old.
import { randomUUID } from 'node:crypto'
import { BatchGetCommand, BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it, vi } from 'vitest'
import { checkResend, startChallenge } from '../../../lib/challenge/store.ts'
import { recordDelivery } from '../../../lib/delivery/store.ts'
import { type DeviceItem, type DeviceKey, newDevice } from '../../../lib/device/device.ts'
import * as devices from '../../../lib/device/store.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { itemOf, noon, putDevice, settingsOf, signal } from '../../support/devices.ts'

const store = connectStore()
const settings = settingsOf()
const someNumber = () => `+1${randomUUID().replace(/\D/g, '').padEnd(10, '5').slice(0, 10)}`
const namesOf = (found: DeviceItem[]) => found.map(({ name }) => name)

/** A store whose first batch is not done whole: all but its first entry is left out. */
function busyStore(): Store {
  const busy = connectStore()
  const send = busy.retrying.send.bind(busy.retrying) as (...given: unknown[]) => Promise<object>
  let isFirst = true
  vi.spyOn(busy.retrying, 'send').mockImplementation((async (
    command: unknown,
    options: unknown,
  ) => {
    if (isFirst && command instanceof BatchWriteCommand) {
      isFirst = false
      const [only, ...rest] = command.input.RequestItems![busy.devicesTable]!
      command.input.RequestItems = { [busy.devicesTable]: [only!] }
      return { ...(await send(command, options)), UnprocessedItems: { [busy.devicesTable]: rest } }
    }
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

describe('what DynamoDB leaves out of a batch', () => {
  it('is deleted all the same', async () => {
    const userId = `user-${randomUUID()}`
    for (const name of ['a', 'b', 'c']) await putDevice(store, { userId, name })

    await devices.deleteDevices(busyStore(), userId, signal)

    expect(await devices.listDevices(store, { userId, confirmed: null }, signal)).toEqual([])
  })

  it('is found all the same, in its order', async () => {
    const number = someNumber()
    for (const name of ['a', 'b', 'c']) await putDevice(store, { number, name })
    const search = { number, limit: 10, start: null }

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

    await devices.deleteDevices(store, userId, signal)

    expect(await devices.listDevices(store, { userId, confirmed: null }, signal)).toEqual([])
  })
})

describe('devices', () => {
  it('are listed by when they were made, whatever their ids are', async () => {
    const userId = `user-${randomUUID()}`
    for (const [deviceId, createdAt] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
    ] as const) {
      await putDevice(store, { userId, deviceId, name: deviceId, createdAt })
    }

    const listed = await devices.listDevices(store, { userId, confirmed: null }, signal)

    expect(namesOf(listed)).toEqual(['b', 'c', 'a'])
  })

  it('of one number are found each once, where users and ids are the same by halves', async () => {
    const number = someNumber()
    const [one, other] = [`user-${randomUUID()}`, `user-${randomUUID()}`]
    await putDevice(store, { number, userId: one, deviceId: 'x', name: 'one x' })
    await putDevice(store, { number, userId: one, deviceId: 'y', name: 'one y' })
    await putDevice(store, { number, userId: other, deviceId: 'x', name: 'other x' })

    const found = await devices.findDevices(store, { number, limit: 10, start: null }, signal)

    expect(namesOf(found.devices).toSorted()).toEqual(['one x', 'one y', 'other x'])
    expect(found.next).toBeNull()
  })

  it('that are there already are answered as they are', async () => {
    const device = await putDevice(store, { name: 'first' })

    const created = await devices.createDevice(store, { ...device, name: 'second' }, signal)

    expect(created).toEqual(device)
    expect((await itemOf(store, device)).name).toBe('first')
  })

  it('whose number changes to and fro while they are changed are nobody’s fault', async () => {
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
    const change = { number: '+15555550101', country: 'US' }

    const changing = devices.patchDevice(moving, device, change as never, signal)

    await expect(changing).rejects.toThrow('to and fro')
  })
})

describe('a new number', () => {
  it('forgets what a retry of an attempt at the old one would be told', async () => {
    const { attempts } = await putDevice(store)
    const yes = { ...attempts, ok1: true, ok2: true, ok3: true, ok4: true }
    const device = await putDevice(store, { attempts: yes })

    const change = { number: '+15555550101', country: 'US' }
    const patched = await devices.patchDevice(store, device, change, signal)

    expect(patched?.attempts).toEqual(attempts)
  })
})

describe('a reset', () => {
  it('sets the last challenge back by a cooldown', async () => {
    const device = await putDevice(store, { challengedAt: noon, unverified: 3 })

    const reset = await devices.resetDevice(
      store,
      device,
      { now: noon, cooldownMs: 30_000 },
      signal,
    )

    expect(reset).toMatchObject({ challengedAt: noon - 30_000, unverified: 0 })
  })
})

/** A store that shows what is asked of it, and does something once a query was answered. */
function watchedStore(after: () => unknown = () => undefined) {
  const watched = connectStore()
  const asked: Record<string, unknown>[] = []
  watched.retrying.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        asked.push({ commandName, ...(args.input as object) })
        const answer = await next(args)
        if (commandName === 'QueryCommand') await after()
        return answer
      },
    { step: 'initialize', priority: 'high' },
  )
  return { watched, asked }
}

describe('a search', () => {
  it('leaves out what has another number by now, though the index has it still', async () => {
    const number = someNumber()
    const stays = await putDevice(store, { number })
    const moves = await putDevice(store, { number })
    const { watched } = watchedStore(() => putDevice(store, { ...moves, number: someNumber() }))

    const found = await devices.findDevices(watched, { number, limit: 10, start: null }, signal)

    expect(found).toEqual({ devices: [stays], next: null })
  })

  it('goes on where the page before ended', async () => {
    const number = someNumber()
    for (const name of ['a', 'b', 'c']) await putDevice(store, { number, name })
    const search = { number, limit: 2, start: null }

    const first = await devices.findDevices(store, search, signal)
    const last = await devices.findDevices(store, { ...search, start: first.next }, signal)

    const found = namesOf([...first.devices, ...last.devices])
    expect([first.devices.length, found.toSorted(), last.next]).toEqual([2, ['a', 'b', 'c'], null])
  })

  it('of all devices goes on where the page before ended', async () => {
    for (const name of ['a', 'b', 'c']) await putDevice(store, { name })
    const search = { number: null, limit: 1, start: null }

    const first = await devices.findDevices(store, search, signal)
    const second = await devices.findDevices(store, { ...search, start: first.next }, signal)

    const [one] = first.devices
    expect(first.next).toEqual({ userId: one?.userId, deviceId: one?.deviceId })
    expect(second.devices).toHaveLength(1)
    expect(second.devices).not.toEqual(first.devices)
  })
})

describe('a deletion of all', () => {
  it('reads no more of a device than its key', async () => {
    const { userId } = await putDevice(store)
    const { watched, asked } = watchedStore()

    await devices.listDevices(watched, { userId, confirmed: null }, signal)
    await devices.deleteDevices(watched, userId, signal)

    expect(asked.map(({ ProjectionExpression }) => ProjectionExpression)).toEqual([
      undefined,
      'userId, deviceId',
      undefined,
    ])
  })
})

const nobody: DeviceKey = { userId: `user-${randomUUID()}`, deviceId: 'none' }
const resend = { requestName: 'r', keyName: null, now: noon }
const fresh = newDevice({
  ...nobody,
  name: '',
  number: '+15555550100',
  country: '',
  confirmed: false,
  factorMs: 1000,
  now: noon,
})

/** Every way to the table of devices that reads or writes. */
const ways: Record<string, (store: Store, signal: AbortSignal) => Promise<unknown>> = {
  create: (store, signal) => devices.createDevice(store, fresh, signal),
  get: (store, signal) => devices.getDevice(store, nobody, signal),
  list: (store, signal) => devices.listDevices(store, { ...nobody, confirmed: null }, signal),
  patch: (store, signal) => devices.patchDevice(store, nobody, { name: 'x' }, signal),
  reset: (store, signal) => devices.resetDevice(store, nobody, { now: 0, cooldownMs: 0 }, signal),
  delete: (store, signal) => devices.deleteDevice(store, nobody, signal),
  'delete all': (store, signal) => devices.deleteDevices(store, nobody.userId, signal),
  find: (store, signal) =>
    devices.findDevices(store, { number: '+15555550100', limit: 1, start: null }, signal),
  scan: (store, signal) =>
    devices.findDevices(store, { number: null, limit: 1, start: null }, signal),
  challenge: (store, signal) => {
    const entry = { nil: 0, yes: true, backoff: 0, validUntil: 0, counter: 0 } as const
    return startChallenge(
      { store, key: nobody, settings, signal },
      { ...resend, digest: 'd', entry },
    )
  },
  'look at a resend': (store, signal) =>
    checkResend({ store, key: nobody, settings, signal }, resend),
  'record a delivery': (store, signal) =>
    recordDelivery({ store, key: nobody, signal }, 'c', { status: 'sent', reason: null }, noon),
}

describe('a request that has ended', () => {
  it.each(Object.entries(ways))('does not %s', async (_, way) => {
    await expect(way(store, AbortSignal.abort())).rejects.toThrow()
  })

  it.each(['delete all', 'find'])('does not go on to %s', async name => {
    const number = '+15555550100'
    await putDevice(store, { ...nobody, number })
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

    await expect(ways[name]!(ending, controller.signal)).rejects.toThrow()

    expect(commands[0]).toBe('QueryCommand')
    expect(await devices.getDevice(store, nobody, signal)).not.toBeNull()
  })
})

describe('a read that decides something', () => {
  it.each(['get', 'list', 'look at a resend', 'find'])('is never an old one: %s', async name => {
    await putDevice(store, { ...nobody })
    const watched = connectStore()
    const consistent: unknown[] = []
    watched.retrying.middlewareStack.add(
      next => args => {
        const { RequestItems, ...input } = args.input as {
          ConsistentRead?: boolean
          IndexName?: string
          RequestItems?: Record<string, { ConsistentRead?: boolean }>
        }
        const batch = RequestItems?.[watched.devicesTable]
        // An index cannot be read consistently.
        if (!input.IndexName) consistent.push((batch ?? input).ConsistentRead)
        return next(args)
      },
      { step: 'initialize', priority: 'high' },
    )

    await ways[name]!(watched, signal)

    expect(consistent).toEqual([true])
  })
})
