// GET /users/{userId}/devices: all devices of a user, oldest first; `?confirmed=` narrows them.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { listDevices } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { deviceSettings } from '../lib/settings/device.ts'

const store = connectStore()

export const handler = endpoint(operation.listDevices, async ({ userId, query, now, signal }) => {
  const settings = deviceSettings()
  const confirmed = query.confirmed === undefined ? null : query.confirmed === 'true'
  const devices = await listDevices(store, { userId, confirmed }, signal)
  return json(200, { devices: devices.map(device => deviceView(device, settings, now)) })
})
