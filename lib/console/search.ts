// The meaning of the search field, and the devices that a search finds.
import { pathId } from '../formats.ts'
import type { DeviceState } from '../search/row.ts'
import { type Api, type Device, type DevicePage, mayFind, type Result } from './api.ts'

/** What is looked for: a text, or all devices in a state; neither is everything. */
export interface Wanted {
  text: string
  state: DeviceState | null
}

/** What a text can be beside what the API searches for: a whole user id, or a whole number. */
export function readSearch(text: string): { userId: string | null; number: string | null } {
  const isUserId = pathId.test(text)
  // The shortest number of E.164 has seven digits, and a national spelling may leave some out.
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  const isNumber = digits >= 5 && [...text].length <= longestNumber
  return { userId: isUserId ? text : null, number: isNumber ? text : null }
}

const longestNumber = 64

/** Whether the API takes a text, and whether one can be meant by it. */
export function canBeSearched(text: string): boolean {
  return text === '' || (/[\p{L}\p{Nd}]/u.test(text) && [...text].length <= 128)
}

/** Returns the searched user when the list is exactly that user's devices; otherwise null. */
export function searchedUser(text: string, { devices, cursor }: DevicePage): string | null {
  const areTheirs = devices.length > 0 && devices.every(({ userId }) => userId === text)
  return areTheirs && cursor === null ? text : null
}

const pageSize = 50

/**
 * Finds a page of devices. What is found by a whole user id or number comes first: these are read
 * as they are, and what else a text can be is known to the search seconds later.
 */
export async function findDevices(
  api: Api,
  { text, state }: Wanted,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Result<DevicePage>> {
  const find = (query: { number?: string; search?: string }) =>
    api.call(otp =>
      otp.devices.find({
        ...query,
        limit: pageSize,
        state: state ?? undefined,
        cursor: cursor ?? undefined,
        signal,
      }),
    )
  const { userId, number } = readSearch(text)
  const list = () => api.call(otp => otp.devices.list(userId ?? '', { signal }))
  if (!mayFind(api)) return userId === null ? nothing : list()
  if (text === '') return find({})
  if (cursor !== null) return find({ search: text })

  const found = await Promise.all([
    userId === null ? nothing : list(),
    number === null ? nothing : find({ number }),
    find({ search: text }),
  ])
  const [ofUser, withNumber, searched] = found
  if (!searched.ok) return searched
  // A text that looks like an id or a number need not be one, nor a user that the key is for.
  const exact = [ofUser, withNumber].flatMap(one => (one.ok ? one.value.devices : []))
  const devices = withoutDoubles([...exact, ...searched.value.devices])
  return { ok: true, value: { devices, cursor: searched.value.cursor } }
}

const nothing: Result<DevicePage> = { ok: true, value: { devices: [], cursor: null } }

/** Returns each device once: it may be found in several ways, or on two pages. */
export function withoutDoubles(devices: Device[]): Device[] {
  return [...new Map(devices.map(device => [`${device.userId} ${device.id}`, device])).values()]
}

/** By what a list can be sorted. */
export const orders = ['user', 'name', 'used', 'created'] as const

/** An order of the list. */
export type Order = (typeof orders)[number]

/** Sorts devices: ids and names as words, times newest first. */
export function sorted(devices: Device[], order: Order, language: string): Device[] {
  const words = new Intl.Collator(language, { numeric: true })
  const byUser = (a: Device, b: Device) =>
    words.compare(a.userId, b.userId) || a.id.localeCompare(b.id)
  const compare: Record<Order, (a: Device, b: Device) => number> = {
    user: byUser,
    // Those without a name come last.
    name: (a, b) =>
      Number(a.name === '') - Number(b.name === '') ||
      words.compare(a.name, b.name) ||
      byUser(a, b),
    used: (a, b) => (b.lastUsedAt ?? '').localeCompare(a.lastUsedAt ?? '') || byUser(a, b),
    created: (a, b) => b.createdAt.localeCompare(a.createdAt) || byUser(a, b),
  }
  return devices.toSorted(compare[order])
}
