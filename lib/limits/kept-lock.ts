// The lock of a number that its device no longer has, deleted or changed: whoever may manage
// devices must not clear a lock by it. It is kept under an HMAC of user and number for as long as
// it lasts, a day at most.
import { createHmac } from 'node:crypto'
import type { DeviceItem } from '../device/device.ts'
import { keptLockExpression } from '../device/expressions.ts'
import { isDisabled, lockEnd, rescaled } from '../device/throttle.ts'
import { updateDevice } from '../device/write.ts'
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

/** Keeps the lock of a device that is about to lose its number; nothing where there is none. */
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
    { signal },
  )
}

/** Gives a new device the lock that is kept for its user and number. */
export async function withKeptLock(context: LockContext, device: DeviceItem): Promise<DeviceItem> {
  const kept = await findLock(context, device)
  if (kept === null) return device
  const { failures, failedAt } = kept
  return { ...device, failures, failedAt, ...(rescaled(kept, device.factorMs) as object) }
}

/**
 * Before a device gets another number: keeps its lock for the one that it has, and locks it as is
 * kept for the one that it gets. Its failures are not made fewer.
 */
export async function carryLocks(
  context: LockContext,
  device: DeviceItem,
  number: string,
): Promise<void> {
  const { store, throttle, signal } = context
  await keepLock(context, device)
  const kept = await findLock(context, { ...device, number })
  if (kept === null || (lockEnd(device, throttle) ?? 0) >= kept.endsAt) return
  const { failedAt } = kept
  const failures = Math.max(kept.failures, device.failures)
  const { backoff, lockedUntil } = rescaled({ failures, failedAt }, device.factorMs)
  const { userId, deviceId } = device
  const expression = keptLockExpression({ failures, failedAt, backoff, lockedUntil })
  await updateDevice({ store, key: { userId, deviceId }, signal }, expression)
}

interface KeptLock {
  failures: number
  failedAt: number
  endsAt: number
}

/** Reads the lock that is kept for a user and a number; null where none runs. */
async function findLock(
  { store, indexKey, now, signal }: LockContext,
  owner: Owner,
): Promise<KeptLock | null> {
  const address = addressOf(store, indexKey, owner)
  const kept = await readItem<KeptLock>(store.retrying, address, signal)
  return kept !== undefined && now < kept.endsAt ? kept : null
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
