// GET /users/{userId}/devices: a page of the devices of a user, oldest first; `?confirmed=` narrows
// them.
import { readCursor, writeCursor } from '../lib/api/cursor.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { listDevices } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()

export const handler = endpoint(
  operation.listDevices,
  async ({ userId, query, principal: caller, now, signal, secrets }) => {
    const settings = deviceSettings()
    const confirmed = query.confirmed === undefined ? null : query.confirmed === 'true'
    const scope = {
      ...{ indexKey: indexKey(await secrets.load()), caller, now },
      ...{ operation: operation.listDevices.name, filter: `${confirmed} ${userId}` },
    }
    const start = query.cursor === undefined ? null : readCursor(query.cursor, scope)
    const search = { userId, confirmed, limit: query.limit, start }
    const { devices, next } = await listDevices(store, search, signal)
    return json(200, {
      devices: devices.map(device => deviceView(device, settings, now)),
      cursor: next && writeCursor(next, scope),
    })
  },
)
