// GET /all/devices: a page of the devices of all users, for an admin, or of all that a key with a
// prefix is for. `?number=` finds the devices of a number, `?search=` those that a text leads to,
// and `?state=` those that are locked, disabled or unconfirmed.
import { actorOf } from '../lib/api/api-key.ts'
import { readCursor, writeCursor } from '../lib/api/cursor.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { parseQueriedNumber } from '../lib/device/number.ts'
import { findDevices } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { searchDevices } from '../lib/search/store.ts'
import { searchParts } from '../lib/search/text.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

/** What a cursor goes on with: a text is another search than the number or state of its letters. */
function filterOf(
  { search, state }: { search?: string | undefined; state?: string | undefined },
  number: string | null,
): string | null {
  if (search !== undefined) return `search ${search}`
  return state === undefined ? number : `state ${state}`
}

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.findDevices,
  async ({ query, principal: caller, now, signal, secrets }) => {
    const settings = deviceSettings()
    const number =
      query.number === undefined ? null : parseQueriedNumber(query.number, defaultCountry())
    const key = indexKey(await secrets.load())
    const scope = {
      indexKey: key,
      caller,
      operation: operation.findDevices.name,
      filter: filterOf(query, number),
      now,
    }
    const start = query.cursor === undefined ? null : readCursor(query.cursor, scope)
    const { limit } = query
    const parts = searchParts(query, caller.prefix ?? null, { throttle: settings.throttle, now })
    const page =
      parts === null
        ? await findDevices(store, { number, prefix: caller.prefix ?? null, limit, start }, signal)
        : await searchDevices(store, { parts, limit, start }, signal)
    const { length: count } = page.devices
    const actor = actorOf(caller)
    const { search, state } = query
    const subject = { number: number ?? undefined, search, state }
    await report({ type: 'devices_listed', actor, subject, count, now })
    return json(200, {
      devices: page.devices.map(device => deviceView(device, settings, now)),
      cursor: page.next && writeCursor(page.next, scope),
    })
  },
)
