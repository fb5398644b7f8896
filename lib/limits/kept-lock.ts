// The lock of a device that was deleted: whoever may delete and register devices must not clear a
// lock by it. It is kept under an HMAC of user and number for as long as it lasts, a day at most.
import { createHmac } from 'node:crypto'
import type { DeviceItem } from '../device/device.ts'
import { isDisabled, lockEnd, rescaled } from '../device/throttle.ts'
import type { Store } from '../dynamodb/client.ts'
import { readItem } from '../dynamodb/read.ts'
import { conditionalUpdate, type ItemAddress } from '../dynamodb/write.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import { deriveKey } from '../token/keys.ts'
import { keepLockExpression } from './expressions.ts'

/** Whose lock it is. */
type Owner = Pick<DeviceItem, 'userId' | 'number'>

/** What is needed to keep one, and to find it. */
export interface LockContext {
  store: Store
  indexKey: Uint8Array
  throttle: ThrottleSettings
  now: number
  signal: AbortSignal
}

const longestMs = 86_400_000

/** Keeps the lock of a device that is about to be deleted; nothing where there is none. */
export async function keepLock(
  { store, indexKey, throttle, now, signal }: LockContext,
  device: DeviceItem,
): Promise<void> {
  const endsAt = isDisabled(device, throttle) ? now + longestMs : (lockEnd(device, throttle) ?? 0)
  if (endsAt <= now) return
  const { failures, failedAt } = device
  const kept = { failures, failedAt, endsAt: Math.min(endsAt, now + longestMs) }
  await conditionalUpdate(
    store.retrying,
    addressOf(store, indexKey, device),
    keepLockExpression(kept),
    {
      signal,
    },
  )
}

/** Gives a new device the lock that is kept for its user and number. */
export async function withKeptLock(
  { store, indexKey, now, signal }: LockContext,
  device: DeviceItem,
): Promise<DeviceItem> {
  const address = addressOf(store, indexKey, device)
  const kept = await readItem<{ failures: number; failedAt: number; endsAt: number }>(
    store.retrying,
    address,
    signal,
  )
  if (kept === undefined || kept.endsAt <= now) return device
  const { failures, failedAt } = kept
  return { ...device, failures, failedAt, ...(rescaled(kept, device.factorMs) as object) }
}

function addressOf(
  { limitsTable: table }: Store,
  indexKey: Uint8Array,
  { userId, number }: Owner,
): ItemAddress {
  const name = createHmac('sha256', deriveKey(indexKey, ['kept lock']))
    .update(lengthPrefixed([userId, number]))
    .digest()
    .toString('base64url', 0, 16)
  return { table, key: { limitKey: `lock:${name}` } }
}
