// Searches the rows that point at devices, part after part, and reads the devices they point at.
import type { DeviceItem } from '../device/device.ts'
import { readDevices } from '../device/store.ts'
import type { Store } from '../dynamodb/client.ts'
import { type PageStart, queryPage } from '../dynamodb/query.ts'
import type { RowKey } from '../dynamodb/rows.ts'
import { searchExpression } from './expressions.ts'
import { deviceOfEntry } from './row.ts'
import type { SearchPart } from './text.ts'

/** A page of what was found, and where the next one starts. */
export interface FoundPage {
  devices: DeviceItem[]
  next: PageStart | null
}

/**
 * Finds a page of devices. A row that no longer leads to its device is passed over, so that a page
 * may have fewer devices than its limit while a next one follows.
 */
export async function searchDevices(
  store: Store,
  { parts, limit, start }: { parts: SearchPart[]; limit: number; start: PageStart | null },
  signal: AbortSignal,
): Promise<FoundPage> {
  const devices: DeviceItem[] = []
  const from = start === null ? 0 : parts.findIndex(({ subject }) => subject === start.subject)
  if (from < 0) return { devices, next: null }
  for (const [n, part] of parts.entries()) {
    if (n < from) continue
    const page = await queryPage<RowKey>(
      store,
      {
        query: { TableName: store.trafficTable, ...searchExpression(part.subject, part.start) },
        limit: limit - devices.length,
        start: n === from ? restOf(start) : null,
        keyNames: ['subject', 'entry'],
      },
      signal,
      part.keeps,
    )
    const found = await readDevices(store, page.items.map(deviceOfEntry), signal)
    devices.push(...found.filter(device => part.matches(device) && isNew(devices, device)))
    if (page.next !== null) return { devices, next: page.next }
    const following = parts[n + 1]
    // A page that is full ends here; the next one starts with the part that follows.
    if (devices.length >= limit && following) {
      return { devices, next: { subject: following.subject } }
    }
  }
  return { devices, next: null }
}

/** A start without an entry is the beginning of its part. */
function restOf(start: PageStart | null): PageStart | null {
  return start?.entry === undefined ? null : start
}

function isNew(devices: DeviceItem[], { userId, deviceId }: DeviceItem): boolean {
  return !devices.some(one => one.userId === userId && one.deviceId === deviceId)
}
