// GET /users/{userId}/devices/{deviceId}/challenge: what became of a challenge, for whoever waits for it.
import { challengeNotFound, deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { challengeView, wasChallenged } from '../lib/challenge/view.ts'
import { getDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'get-challenge',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, query, now, signal }) => {
    const settings = deviceSettings()
    const device = await getDevice(store, { userId, deviceId }, signal)
    if (device === null) throw deviceNotFound()
    if (!wasChallenged(device)) throw challengeNotFound()
    return json(200, challengeView(device, query.challengeId ?? null, settings, now))
  },
)
