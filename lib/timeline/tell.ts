// What the stream's reader keeps of the writes to devices: their events for the timeline, and by
// what they are found.
import type { DeviceItem } from '../device/device.ts'
import { readDevices } from '../device/store.ts'
import type { Store } from '../dynamodb/client.ts'
import { type RowWrite, rowName, tryToWriteRows } from '../dynamodb/rows.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import { searchWrites } from '../search/row.ts'
import { throttleSettings } from '../settings/throttle.ts'
import { timelineDays } from '../settings/timeline.ts'
import type { DeviceChange } from '../stream/records.ts'
import { rowsOfChange } from './row.ts'
import { eraseTimeline } from './store.ts'

/**
 * Keeps what changes tell. Returns how many it kept before the first that it could not. Never
 * throws, and may be repeated. The last record of an erased user's device erases what the records
 * before it have brought.
 */
export async function tellTimeline(
  store: Store,
  changes: DeviceChange[],
  isReplay: boolean,
  signal: AbortSignal,
): Promise<number> {
  try {
    const writes = await writesOf(store, changes, isReplay, signal)
    const { left, cause } = await tryToWriteRows(store, writes.flat(), signal)
    if (left.length === 0) return changes.length
    reportUnwritten(cause)
    const names = new Set(left.map(rowName))
    return writes.findIndex(rows => rows.some(row => names.has(rowName(row))))
  } catch (error) {
    reportUnwritten(error)
    return 0
  }
}

function reportUnwritten(error: unknown): void {
  logger.error('timeline not written', { error: describeError(error) })
  countOutcome('audit', 'timeline_not_written')
}

/** Erases whom the changes erase; returns the rows that each change writes. */
async function writesOf(
  store: Store,
  changes: DeviceChange[],
  isReplay: boolean,
  signal: AbortSignal,
): Promise<RowWrite[][]> {
  const throttle = throttleSettings()
  const days = timelineDays()
  const alive = new Set(isReplay ? await aliveOf(store, changes, signal) : changes)
  const erased = erasures(changes)
  for (const userId of erased.keys()) await eraseTimeline(store, userId, signal)
  return changes.map((change, n): RowWrite[] => {
    if (!alive.has(change)) return []
    const { device } = change
    // A user may be there again right after.
    const isGone = device.erased || n <= (erased.get(device.userId) ?? -1)
    const rows = days === null || isGone ? [] : rowsOfChange(change, throttle, days)
    return [...rows.map(row => ({ put: row })), ...searchWrites(change, throttle)]
  })
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
