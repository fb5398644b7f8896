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
  const erased = erasures(changes)
  for (const userId of erased.keys()) await eraseTimeline(store, userId, signal)
  const writes = alive.flatMap((change): RowWrite[] => {
    const { device } = change
    // A user may be there again right after.
    const isGone = device.erased || changes.indexOf(change) <= (erased.get(device.userId) ?? -1)
    const rows = days === null || isGone ? [] : rowsOfChange(change, throttle, days)
    return [...rows.map(row => ({ put: row })), ...searchWrites(change, throttle)]
  })
  await writeRows(store, writes, signal)
}

/** The users that were erased, and which record was their last one. */
function erasures(changes: DeviceChange[]): Map<string, number> {
  const last = changes.flatMap(({ device, isDeleted }, n): [string, number][] =>
    isDeleted && device.erased ? [[device.userId, n]] : [],
  )
  return new Map(last)
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
