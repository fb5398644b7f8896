// POST /users/{userId}/devices/{deviceId}/reset: an admin unlocks a device, even a disabled one,
// and ends its cooldown.
import { actorOf } from '../lib/api/api-key.ts'
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { resetDevice } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { deviceSettings } from '../lib/settings/device.ts'

const store = connectStore()

export const handler = endpoint(
  operation.reset,
  async ({ userId, deviceId, principal, now, signal }) => {
    const settings = deviceSettings()
    const { cooldownMs } = settings.cooldown
    const { tokenGuesses } = settings.throttle
    const rules = { now, cooldownMs, tokenGuesses, actor: actorOf(principal) }
    const device = await resetDevice(store, { userId, deviceId }, rules, signal)
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
