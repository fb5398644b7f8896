// What the stream's reader keeps of the writes to devices: their events for the timeline, and by
// what they are found.
import type { DeviceItem } from '../device/device.ts'
import { readDevices } from '../device/store.ts'
import type { Store } from '../dynamodb/client.ts'
import { type RowWrite, writeRows } from '../dynamodb/rows.ts'
import { searchWrites } from '../search/row.ts'
import { throttleSettings } from '../settings/throttle.ts'
import { timelineDays } from '../settings/timeline.ts'
import type { DeviceChange } from '../stream/records.ts'
import { rowsOfChange } from './row.ts'
import { eraseTimeline } from './store.ts'

/**
 * Keeps what changes tell. May be repeated. The last record of an erased user's device erases what
 * the records before it have brought.
 */
export async function tellTimeline(
  store: Store,
  changes: DeviceChange[],
  isReplay: boolean,
  signal: AbortSignal,
): Promise<void> {
  const throttle = throttleSettings()
  const days = timelineDays()
  const alive = isReplay ? await aliveOf(store, changes, signal) : changes
  const writes = alive.flatMap((change): RowWrite[] => {
    const rows = days === null || change.device.erased ? [] : rowsOfChange(change, throttle, days)
    return [...rows.map(row => ({ put: row })), ...searchWrites(change, throttle, days)]
  })
  await writeRows(store, writes, signal)
  const erased = changes.filter(({ device, isDeleted }) => isDeleted && device.erased)
  for (const userId of new Set(erased.map(({ device }) => device.userId))) {
    await eraseTimeline(store, userId, signal)
  }
}

/** Of what is put in again, only what is of a device that is there still: not of an erased one. */
async function aliveOf(
  store: Store,
  changes: DeviceChange[],
  signal: AbortSignal,
): Promise<DeviceChange[]> {
  const found = await readDevices(
    store,
    changes.map(({ device }) => device),
    signal,
  )
  const isThere = ({ userId, deviceId }: DeviceItem) =>
    found.some(one => one.userId === userId && one.deviceId === deviceId)
  return changes.filter(({ device }) => isThere(device))
}
