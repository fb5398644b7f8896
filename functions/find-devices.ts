// GET /all/devices: a page of the devices of all users, for an admin, or of all that a key with a
// prefix is for; `?number=` finds the devices of a number.
import { actorOf } from '../lib/api/api-key.ts'
import { readCursor, writeCursor } from '../lib/api/cursor.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { parseNumber } from '../lib/device/number.ts'
import { findDevices } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.findDevices,
  async ({ query, principal: caller, now, signal, secrets }) => {
    const settings = deviceSettings()
    const number = query.number === undefined ? null : parseNumber(query.number, defaultCountry())
    const key = indexKey(await secrets.load())
    const scope = {
      indexKey: key,
      caller,
      operation: operation.findDevices.name,
      filter: number,
      now,
    }
    const start = query.cursor === undefined ? null : readCursor(query.cursor, scope)
    const search = { number, prefix: caller.prefix ?? null, limit: query.limit, start }
    const page = await findDevices(store, search, signal)
    const { length: count } = page.devices
    const actor = actorOf(caller)
    await report({
      type: 'devices_listed',
      actor,
      subject: { number: number ?? undefined },
      count,
      now,
    })
    return json(200, {
      devices: page.devices.map(device => deviceView(device, settings, now)),
      cursor: page.next && writeCursor(page.next, scope),
    })
  },
)
