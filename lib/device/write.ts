// Writes and reads one device.
import type { Store } from '../dynamodb/client.ts'
import { readItem } from '../dynamodb/read.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import {
  conditionalUpdate,
  type Decided,
  type ItemAddress,
  type WriteOptions,
} from '../dynamodb/write.ts'
import { type DeviceItem, type DeviceKey, wholeItem } from './device.ts'

/** What every write to one device needs. */
export interface DeviceContext {
  store: Store
  key: DeviceKey
  signal: AbortSignal
}

type Tries = 'once' | 'retrying'

interface DeviceWriteOptions extends Omit<WriteOptions, 'signal'> {
  tries?: Tries
}

/**
 * Updates a device in one try, or in up to three. Throws `unavailable` as conditionalUpdate does.
 */
export async function updateDevice(
  { store, key, signal }: DeviceContext,
  expression: ConditionalUpdate,
  { tries = 'retrying', ...options }: DeviceWriteOptions = {},
): Promise<Decided<DeviceItem>> {
  const address = addressOf(store, key)
  const decided = await conditionalUpdate<Partial<DeviceItem>>(store[tries], address, expression, {
    ...options,
    signal,
  })
  if ('applied' in decided) return { applied: wholeItem(decided.applied) }
  return { refused: decided.refused && wholeItem(decided.refused) }
}

/** Reads a device as it is now; undefined when there is none. */
export async function readDevice(
  { store, key, signal }: DeviceContext,
  tries: Tries = 'retrying',
): Promise<DeviceItem | undefined> {
  const address = addressOf(store, key)
  const item = await readItem<Partial<DeviceItem>>(store[tries], address, signal)
  return item && wholeItem(item)
}

function addressOf({ devicesTable: table }: Store, { userId, deviceId }: DeviceKey): ItemAddress {
  return { table, key: { userId, deviceId } }
}

/**
 * Opens the connection that the first request needs, by asking for a device that there is not.
 */
export function openConnection(store: Store, signal: AbortSignal): Promise<unknown> {
  return readDevice({ store, key: { userId: '-', deviceId: '-' }, signal }, 'retrying')
}
