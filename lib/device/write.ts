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
import type { DeviceItem, DeviceKey } from './device.ts'

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
export function updateDevice(
  { store, key, signal }: DeviceContext,
  expression: ConditionalUpdate,
  { tries = 'retrying', ...options }: DeviceWriteOptions = {},
): Promise<Decided<DeviceItem>> {
  return conditionalUpdate(store[tries], addressOf(store, key), expression, { ...options, signal })
}

/** Reads a device as it is now; undefined when there is none. */
export function readDevice(
  { store, key, signal }: DeviceContext,
  tries: Tries = 'retrying',
): Promise<DeviceItem | undefined> {
  return readItem(store[tries], addressOf(store, key), signal)
}

function addressOf({ devicesTable: table }: Store, { userId, deviceId }: DeviceKey): ItemAddress {
  return { table, key: { userId, deviceId } }
}
