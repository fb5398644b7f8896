// POST /users/{userId}/devices/{deviceId}/verify: presents a token. Only a right one gets a 2xx.

import {
  deviceDisabled,
  deviceNotFound,
  invalidToken,
  throttled,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { deviceSettings } from '../lib/settings/settings.ts'
import { digestToken, requestName } from '../lib/token/digest.ts'
import { verifyGuess } from '../lib/verification/store.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])

export const handler = endpoint(
  'verify',
  { secrets, deadlineMs: 4_500 },
  async ({ userId, deviceId, body, idempotencyKey, now, signal }) => {
    const settings = deviceSettings()
    const key = tokenKey(await secrets.load())
    const guess = digestToken(key, { userId, deviceId, token: body.token })
    const attempt = { guess, attempt: requestName(idempotencyKey, guess), now }
    const verdict = await verifyGuess(
      store,
      { userId, deviceId },
      attempt,
      settings.throttle,
      signal,
    )
    switch (verdict.outcome) {
      case 'accepted':
        return json(200, { verified: true, device: deviceView(verdict.device, settings, now) })
      case 'rejected':
        throw invalidToken(verdict.device, settings.throttle, now)
      case 'locked':
        throw throttled(verdict.device, settings.throttle, now)
      case 'disabled':
        throw deviceDisabled(verdict.device)
      case 'not_found':
        throw deviceNotFound()
    }
  },
)
