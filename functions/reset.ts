// POST /users/{userId}/devices/{deviceId}/reset: an admin lets a device in again, a disabled one included.
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { resetDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'reset',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, now, signal }) => {
    const settings = deviceSettings()
    const device = await resetDevice(
      store,
      { userId, deviceId },
      { now, cooldownMs: settings.token.cooldownMs },
      signal,
    )
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
