// Creates, finds, changes and deletes devices.

import { setTimeout as wait } from 'node:timers/promises'
import { BatchGetCommand, DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { type PageStart, queryAll, queryPage } from '../dynamodb/query.ts'
import { refusal } from '../dynamodb/write.ts'
import { Problem } from '../problem.ts'
import type { DeviceCaps } from '../settings/device-caps.ts'
import { type DeviceItem, type DeviceKey, wholeItem } from './device.ts'
import {
  actorExpression,
  createClauses,
  type DevicePatch,
  deleteClauses,
  findExpression,
  keyProjection,
  ofUserExpression,
  patchExpression,
  resetExpression,
} from './expressions.ts'
import { readDevice, updateDevice } from './write.ts'

/** Pause before unprocessed batch items are sent again. */
const throttledMs = 100

/**
 * Creates a device. When one with this key exists, returns that one as it is: null where it was
 * made of another payload, or has another number by now.
 */
export async function createDevice(
  store: Store,
  device: DeviceItem,
  abortSignal: AbortSignal,
): Promise<DeviceItem | null> {
  try {
    await store.retrying.send(
      new PutCommand({
        TableName: store.devicesTable,
        Item: device,
        ConditionExpression: createClauses.isNew,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal },
    )
    return device
  } catch (error) {
    const { refused } = refusal<DeviceItem>(error)
    if (refused === undefined) return device
    const { payload = device.payload, number } = refused
    return payload === device.payload && number === device.number ? wholeItem(refused) : null
  }
}

/**
 * Throws `too_many_devices` where a cap leaves no room for a device. One that is there already
 * takes none. Requests at the same time may each find the last room.
 */
export async function assertRoom(
  store: Store,
  device: DeviceKey & { number: string },
  { perUser, perNumber }: DeviceCaps,
  signal: AbortSignal,
): Promise<void> {
  const others = (found: DeviceKey[]) =>
    found.some(({ userId, deviceId }) => userId === device.userId && deviceId === device.deviceId)
      ? 0
      : found.length
  const [ofUser, ofNumber] = await Promise.all([
    perUser === null ? [] : keysOfUser(store, device.userId, signal),
    perNumber === null ? [] : confirmedOf(store, device.number, perNumber, signal),
  ])
  if (perUser !== null && others(ofUser) >= perUser) throw tooManyDevices('user', perUser)
  if (perNumber !== null && others(ofNumber) >= perNumber) throw tooManyDevices('number', perNumber)
}

/** Finds confirmed devices of a number, more than so many if there are more. */
async function confirmedOf(
  store: Store,
  number: string,
  most: number,
  signal: AbortSignal,
): Promise<DeviceItem[]> {
  const found: DeviceItem[] = []
  let start: PageStart | null = null
  do {
    const search: Search = { number, prefix: null, limit: 100, start }
    const { devices, next }: DevicePage = await findDevices(store, search, signal)
    found.push(...devices.filter(({ confirmed }) => confirmed))
    start = next
  } while (start !== null && found.length <= most)
  return found
}

function tooManyDevices(of: 'user' | 'number', most: number): Problem {
  const whose = of === 'user' ? 'The user' : 'The number'
  const held = most === 1 ? 'a device' : `${most} devices`
  const detail = `${whose} has ${held} already; delete one first.`
  return new Problem('too_many_devices', detail, { members: { of, most } })
}

/** Reads a device; null when there is none. */
export async function getDevice(
  store: Store,
  key: DeviceKey,
  signal: AbortSignal,
): Promise<DeviceItem | null> {
  return (await readDevice({ store, key, signal })) ?? null
}

/** A page of devices. */
export interface DevicePage {
  devices: DeviceItem[]
  /** Where the next page starts; null on the last page. */
  next: PageStart | null
}

interface PageOf {
  /** The most devices of the page. */
  limit: number
  /** Null is the first page. */
  start: PageStart | null
}

/** Reads a page of a user's devices, oldest first; `confirmed` null reads both kinds. */
export async function listDevices(
  store: Store,
  { userId, confirmed, ...page }: { userId: string; confirmed: boolean | null } & PageOf,
  signal: AbortSignal,
): Promise<DevicePage> {
  const query = {
    TableName: store.devicesTable,
    ...ofUserExpression(userId, confirmed),
    ConsistentRead: true,
  }
  const { items, next } = await queryPage<DeviceItem>(
    store,
    { query, ...page, keyNames: deviceKeyNames },
    signal,
  )
  return { devices: items.map(wholeItem).sort((a, b) => a.createdAt - b.createdAt), next }
}

/** Changes a device; null when there is none. */
export async function patchDevice(
  store: Store,
  key: DeviceKey,
  change: DevicePatch,
  signal: AbortSignal,
): Promise<DeviceItem | null> {
  for (const numberIs of ['new', 'same'] as const) {
    const expression = patchExpression(change, numberIs)
    const decided = await updateDevice({ store, key, signal }, expression)
    if ('applied' in decided) return decided.applied
    if (decided.refused === undefined) return null
  }
  throw new Error('The number changed to and fro while the device was patched.')
}

interface ResetRules {
  now: number
  cooldownMs: number
  /** Null is no bound. */
  tokenGuesses: number | null
  actor: string
}

/** Clears throttle and cooldown; null when there is no such device. */
export async function resetDevice(
  store: Store,
  key: DeviceKey,
  { now, cooldownMs, ...rules }: ResetRules,
  signal: AbortSignal,
): Promise<DeviceItem | null> {
  const expression = resetExpression({ cooldownStart: now - cooldownMs, ...rules })
  const decided = await updateDevice({ store, key, signal }, expression)
  return 'applied' in decided ? decided.applied : null
}

/** As often a deletion names its actor anew, where others write meanwhile. */
const mostNamings = 3

/** Who deletes, and what has to be done before a device is gone. */
export interface Deletion {
  actor: string
  /** Its user is erased, and so is what the stream brings of it. */
  erases?: boolean
  before: (device: DeviceItem) => Promise<unknown>
}

/** Deletes a device, which may already be gone; the stream's last record of it names the actor. */
export async function deleteDevice(
  store: Store,
  key: DeviceKey,
  { actor, erases, before }: Deletion,
  signal: AbortSignal,
): Promise<void> {
  const deletion = { TableName: store.devicesTable, Key: keyOf(key) }
  for (let n = 0; n < mostNamings; n++) {
    const named = await updateDevice({ store, key, signal }, actorExpression(actor, erases))
    if ('refused' in named) return
    await before(named.applied)
    const command = new DeleteCommand({
      ...deletion,
      ConditionExpression: deleteClauses.sameActor,
      ExpressionAttributeValues: { ':actor': actor },
    })
    try {
      await store.retrying.send(command, { abortSignal: signal })
      return
    } catch (error) {
      refusal(error)
    }
  }
  await store.retrying.send(new DeleteCommand(deletion), { abortSignal: signal })
}

function keyOf({ userId, deviceId }: DeviceKey): DeviceKey {
  return { userId, deviceId }
}

/** So many devices are deleted at once. */
const mostAtOnce = 25

/** Deletes all devices of a user. */
export async function deleteDevices(
  store: Store,
  userId: string,
  by: Deletion,
  signal: AbortSignal,
): Promise<void> {
  const keys = await keysOfUser(store, userId, signal)
  while (keys.length > 0) {
    const batch = keys.splice(0, mostAtOnce)
    await Promise.all(batch.map(key => deleteDevice(store, key, by, signal)))
  }
}

/** Of the table; an index has its own beside them. */
const deviceKeyNames = ['userId', 'deviceId']

/** Which devices are found. */
interface Search extends PageOf {
  /** E.164; null is any. */
  number: string | null
  /** What the ids of their users begin with; null is anything. */
  prefix: string | null
}

/** Reads a page of devices of all users, from where the last page ended. */
export async function findDevices(
  store: Store,
  { number, prefix, ...page }: Search,
  abortSignal: AbortSignal,
): Promise<DevicePage> {
  const query = { TableName: store.devicesTable, ...findExpression(number, prefix) }
  const keyNames = number === null ? deviceKeyNames : [...deviceKeyNames, 'number']
  const { items, next } = await queryPage<DeviceItem>(
    store,
    { query, ...page, keyNames },
    abortSignal,
  )
  if (number === null) return { devices: items.map(wholeItem), next }
  const devices = await readDevices(store, items, abortSignal)
  // The index lags behind the table: a device may have changed its number since.
  return { devices: devices.filter(device => device.number === number), next }
}

/** Reads the keys of all devices of a user. */
function keysOfUser(store: Store, userId: string, abortSignal: AbortSignal): Promise<DeviceKey[]> {
  const query = {
    TableName: store.devicesTable,
    ...ofUserExpression(userId, null),
    ProjectionExpression: keyProjection,
    ConsistentRead: true,
  }
  return queryAll(store, query, abortSignal)
}

/** Reads up to 100 devices in the order of their keys; those that are gone are left out. */
export async function readDevices(
  store: Store,
  keys: DeviceKey[],
  abortSignal: AbortSignal,
): Promise<DeviceItem[]> {
  const found: DeviceItem[] = []
  // A request must not name one key twice.
  const named = new Map(keys.map(key => [`${key.userId} ${key.deviceId}`, keyOf(key)]))
  let wanted = [...named.values()]
  while (wanted.length > 0) {
    const answer = await store.retrying.send(
      new BatchGetCommand({
        RequestItems: { [store.devicesTable]: { Keys: wanted, ConsistentRead: true } },
      }),
      { abortSignal },
    )
    found.push(...(answer.Responses?.[store.devicesTable] ?? []).map(wholeItem))
    wanted = (answer.UnprocessedKeys?.[store.devicesTable]?.Keys ?? []) as typeof wanted
    if (wanted.length > 0) await wait(throttledMs)
  }
  return [...named.values()].flatMap(key =>
    found.filter(item => item.userId === key.userId && item.deviceId === key.deviceId),
  )
}
