// GET /users/{userId}/devices: all devices of a user, oldest first; `?confirmed=` narrows them.
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { listDevices } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'list-devices',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, query, now, signal }) => {
    const settings = deviceSettings()
    const confirmed = query.confirmed === undefined ? null : query.confirmed === 'true'
    const devices = await listDevices(store, { userId, confirmed }, signal)
    return json(200, { devices: devices.map(device => deviceView(device, settings, now)) })
  },
)
