// GET /users/{userId}/devices/{deviceId}: one device.
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { getDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'get-device',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, now, signal }) => {
    const settings = deviceSettings()
    const device = await getDevice(store, { userId, deviceId }, signal)
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
