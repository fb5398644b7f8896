// POST /users/{userId}/devices/{deviceId}/challenge: makes a token and delivers it. One write, one
// more per limit on sends, one SMS.
import { answerChallenge } from '../lib/api/challenge-answer.ts'
import {
  challengeInProgress,
  cooldownRunning,
  deviceDisabled,
  deviceNotFound,
  limitReached,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { challengeDevice } from '../lib/delivery/challenge.ts'
import { prepareDelivery } from '../lib/delivery/deliver.ts'
import type { ChallengeOutcome, DeviceItem } from '../lib/device/device.ts'
import { allowedCountries, countryNotAllowed, messageRoutes } from '../lib/settings/countries.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { deliverySettings, deviceSettings } from '../lib/settings/settings.ts'
import { renderTemplate } from '../lib/settings/template.ts'
import { connectStore } from '../lib/store/client.ts'
import { drawToken, pendingToken } from '../lib/token/token.ts'

const store = connectStore()
const secrets = secretSource([
  'OTP_API_KEYS',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
])

export const handler = endpoint(
  'challenge',
  { secrets, deadlineMs: 20_000 },
  async ({ userId, deviceId, body, idempotencyKey, now, signal }) => {
    const key = { userId, deviceId }
    const settings = { ...deviceSettings(), allowedCountries: allowedCountries() }
    const { challengeMessage, ...delivery } = deliverySettings()
    const limited = limitSettings()
    const deliver = await prepareDelivery(delivery, messageRoutes(), secrets)
    const theTokenKey = tokenKey(await secrets.load())
    const drawn = await drawToken(theTokenKey, key, settings, now)
    const limits = { ...limited, tokenKey: theTokenKey, clientIp: body.clientIp ?? null }

    const challenge = { drawn, deliver, limits, idempotencyKey, now }
    const challenged = await challengeDevice(store, key, challenge, settings, signal)

    const answer = (end: ChallengeOutcome, device: DeviceItem, token: string) => {
      const shown = renderTemplate(challengeMessage, token)
      return answerChallenge(end, { device, message: shown, now }, settings)
    }
    switch (challenged.outcome) {
      case 'ended':
        return answer(challenged.end, challenged.device, drawn.token)
      case 'retried': {
        const { device } = challenged
        const { outcome } = device.challenge
        if (outcome === undefined) throw challengeInProgress()
        return answer(outcome, device, await pendingToken(theTokenKey, device, settings, now))
      }
      case 'cooldown':
        throw cooldownRunning(challenged.nextChallengeAt, now)
      case 'limited':
        throw limitReached(challenged.limit, challenged.until, now)
      case 'country_not_allowed':
        throw countryNotAllowed()
      case 'disabled':
        throw deviceDisabled(challenged.device)
      case 'not_found':
        throw deviceNotFound()
    }
  },
)
