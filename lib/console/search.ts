// The meaning of the search field, and the devices that a search finds.
import { pathId } from '../formats.ts'
import type { Api, Device, DevicePage, Result } from './api.ts'

/** Returns what a text can be: a user id, a number, either, or neither. */
export function readSearch(text: string): { userId: string | null; number: string | null } {
  const isUserId = pathId.test(text)
  // The shortest number of E.164 has seven digits, and a national spelling may
  // leave some of them out.
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  return { userId: isUserId ? text : null, number: digits >= 5 ? text : null }
}

/** Returns the searched user when the list is exactly that user's devices; otherwise null. */
export function searchedUser(text: string, { devices, cursor }: DevicePage): string | null {
  const areTheirs = devices.length > 0 && devices.every(({ userId }) => userId === text)
  return areTheirs && cursor === null ? text : null
}

const pageSize = 25

/** Finds a page of devices; the empty search finds everything. The devices of a user come first. */
export async function findDevices(
  api: Api,
  text: string,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Result<DevicePage>> {
  const { userId, number } = readSearch(text)
  const query = {
    limit: pageSize,
    number: text === '' ? undefined : (number ?? undefined),
    cursor: cursor ?? undefined,
    signal,
  }
  const findPage = () => api.call(otp => otp.devices.find(query))
  if (text === '' || cursor !== null || userId === null) return findPage()

  const [ofUser, withNumber] = await Promise.all([
    api.call(otp => otp.devices.list(userId, { signal })),
    number === null ? null : findPage(),
  ])
  if (!ofUser.ok) return ofUser
  // A text that may be a user id need not be a number.
  if (withNumber?.ok === false && withNumber.failure.code !== 'invalid_number') return withNumber
  const page = withNumber?.ok ? withNumber.value : { devices: [], cursor: null }
  const devices = withoutDoubles([...ofUser.value.devices, ...page.devices])
  return { ok: true, value: { devices, cursor: page.cursor } }
}

/**
 * Returns each device once: the list may have moved between two pages, and a user id may
 * look like a number.
 */
export function withoutDoubles(devices: Device[]): Device[] {
  return [...new Map(devices.map(device => [`${device.userId} ${device.id}`, device])).values()]
}
