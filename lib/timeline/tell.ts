// What the stream's reader keeps of the writes to devices: their events for the timeline, and by
// what they are found.
import type { DeviceKey } from '../device/device.ts'
import { readDevices } from '../device/store.ts'
import type { Store } from '../dynamodb/client.ts'
import { type RowWrite, rowName, tryToWriteRows } from '../dynamodb/rows.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import { searchRewrites, searchWrites } from '../search/row.ts'
import { throttleSettings } from '../settings/throttle.ts'
import { timelineDays } from '../settings/timeline.ts'
import type { DeviceChange } from '../stream/records.ts'
import { rowsOfChange } from './row.ts'
import { erasedUntil, eraseTimeline } from './store.ts'

/**
 * Keeps what changes tell. Returns how many it kept before the first that it could not. Never
 * throws, and may be repeated. The last record of a device of an erased user erases what the
 * records before it have brought. After a replay devices are found by what they are now.
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
  const erasures = [...erasuresIn(changes), ...(await erasuresBefore(store, changes, signal))]
  // One after the other a user's devices are gone: the last of these erases what all have left.
  const untils = new Map(
    erasures
      .toSorted((one, other) => one.until - other.until)
      .map(({ userId, until }) => [userId, until]),
  )
  for (const [userId, until] of untils) await eraseTimeline(store, userId, until, signal)
  const today = isReplay ? await readDevices(store, keysOf(changes), signal) : null
  return changes.map((change, n): RowWrite[] => {
    const { device } = change
    const now = today?.find(one => isSame(one, device))
    // Of a device that is gone nobody knows after a while whether its user was erased.
    const isTold = days !== null && !device.erased && (today === null || now !== undefined)
    const rows = isTold ? rowsOfChange(change, throttle, days) : []
    const isErased = (at: number) =>
      erasures.some(({ userId, covers }) => userId === device.userId && covers(n, at))
    const found =
      today === null ? searchWrites(change, throttle) : searchRewrites(change, now, throttle)
    return [...rows.filter(({ at }) => !isErased(at)).map(row => ({ put: row })), ...found]
  })
}

const keysOf = (changes: DeviceChange[]): DeviceKey[] => changes.map(({ device }) => device)

function isSame(one: DeviceKey, other: DeviceKey): boolean {
  return one.userId === other.userId && one.deviceId === other.deviceId
}

/** That a user was erased: the user may be there again right after. */
interface Erasure {
  userId: string
  /** Milliseconds since the epoch: older rows are erased. */
  until: number
  /** Whether it was after what the n-th record tells of a time. */
  covers(n: number, at: number): boolean
}

/** The erasures of which these are the records. */
function erasuresIn(changes: DeviceChange[]): Erasure[] {
  return changes.flatMap(({ device: { userId, erased }, isDeleted, at }, n) =>
    // The stream tells the second.
    isDeleted && erased ? [{ userId, until: at + 999, covers: m => m <= n }] : [],
  )
}

/** The erasures of users whose devices had been deleted one by one. */
async function erasuresBefore(
  store: Store,
  changes: DeviceChange[],
  signal: AbortSignal,
): Promise<Erasure[]> {
  const deleted = changes.filter(({ device, isDeleted }) => isDeleted && !device.erased)
  const users = [...new Set(deleted.map(({ device }) => device.userId))]
  const erasures = await Promise.all(
    users.map(async (userId): Promise<Erasure[]> => {
      const until = await erasedUntil(store, userId, signal)
      return until === null ? [] : [{ userId, until, covers: (_, at) => at <= until }]
    }),
  )
  return erasures.flat()
}
