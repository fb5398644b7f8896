// GET /users/{userId}/devices/{deviceId}/challenge: the state of a challenge, for a page that waits
// for it.
import { challengeNotFound, deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { challengeView, wasChallenged } from '../lib/challenge/view.ts'
import { getDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { deviceSettings } from '../lib/settings/device.ts'

const store = connectStore()

export const handler = endpoint(
  operation.getChallenge,
  async ({ userId, deviceId, query, now, signal }) => {
    const settings = deviceSettings()
    const device = await getDevice(store, { userId, deviceId }, signal)
    if (device === null) throw deviceNotFound()
    if (!wasChallenged(device)) throw challengeNotFound()
    return json(200, challengeView(device, query.challengeId ?? null, settings, now))
  },
)
