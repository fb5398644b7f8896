// POST /users/{userId}/devices/{deviceId}/verify: presents a token. One write decides.
import {
  challengeIdMissing,
  challengeReplaced,
  deviceDisabled,
  deviceNotFound,
  invalidToken,
  noToken,
  throttled,
  tokenUsedUp,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { requestName } from '../lib/request-name.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { tokenKey } from '../lib/settings/secrets.ts'
import { requiresChallengeId } from '../lib/settings/throttle.ts'
import { digestToken } from '../lib/token/digest.ts'
import { verifyGuess } from '../lib/verification/store.ts'

const store = connectStore()

export const handler = endpoint(
  operation.verify,
  async ({ userId, deviceId, body, idempotencyKey, now, signal, secrets }) => {
    const settings = deviceSettings()
    const { throttle } = settings
    const { token, challengeId = null } = body
    if (challengeId === null && requiresChallengeId()) throw challengeIdMissing()
    const key = { userId, deviceId }
    const guess = digestToken(tokenKey(await secrets.load()), { ...key, token })
    const attempt = { guess, attempt: requestName(idempotencyKey, guess), challengeId, now }
    const result = await verifyGuess({ store, key, throttle, signal }, attempt)
    switch (result.outcome) {
      case 'accepted':
        return json(200, { verified: true, device: deviceView(result.device, settings, now) })
      case 'rejected':
        throw invalidToken(result.device, throttle, now)
      case 'locked':
        throw throttled(result.device, throttle, now)
      case 'disabled':
        throw deviceDisabled(result.device)
      case 'used_up':
        throw tokenUsedUp()
      case 'no_token':
        throw noToken()
      case 'replaced':
        throw challengeReplaced()
      case 'not_found':
        throw deviceNotFound()
    }
  },
)
