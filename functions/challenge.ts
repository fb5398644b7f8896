// POST /users/{userId}/devices/{deviceId}/challenge: makes a token and delivers it. One write, one SMS.
import { answerChallenge } from '../lib/api/challenge-answer.ts'
import {
  challengeInProgress,
  cooldownRunning,
  deviceDisabled,
  deviceNotFound,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { prepareDelivery } from '../lib/delivery/deliver.ts'
import { challengeOutcome, isGivenBack } from '../lib/delivery/outcome.ts'
import type { ChallengeOutcome, DeviceItem } from '../lib/device/device.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { deliverySettings, deviceSettings } from '../lib/settings/settings.ts'
import { renderTemplate } from '../lib/settings/template.ts'
import { beginChallenge, settleChallenge } from '../lib/store/challenge.ts'
import { connectStore } from '../lib/store/client.ts'
import { requestName } from '../lib/token/digest.ts'
import { drawToken, pendingToken } from '../lib/token/token.ts'

const store = connectStore()
const secrets = secretSource([
  'OTP_API_KEYS',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
])

/** Nobody waits long for what only a retry would read. */
const longestSettleMs = 1_200

export const handler = endpoint(
  'challenge',
  { secrets, deadlineMs: 20_000 },
  async ({ userId, deviceId, idempotencyKey, now, signal }) => {
    const key = { userId, deviceId }
    const settings = deviceSettings()
    const templates = deliverySettings()
    const deliver = await prepareDelivery(templates, secrets)
    const theTokenKey = tokenKey(await secrets.load())

    const { token, digest, entry } = await drawToken(theTokenKey, key, settings, now)
    const ownName = requestName(null)
    const keyName = idempotencyKey === null ? null : requestName(idempotencyKey)
    const challenge = { digest, entry, requestName: ownName, keyName, now }
    const beginning = await beginChallenge(store, key, challenge, settings, signal)

    const answer = (outcome: ChallengeOutcome, device: DeviceItem, shown: string) => {
      const message = renderTemplate(templates.challengeMessage, shown)
      return answerChallenge(outcome, { device, message, now }, settings)
    }
    switch (beginning.outcome) {
      case 'begun': {
        const message = renderTemplate(templates.tokenTemplate, token)
        const delivery = await deliver(beginning.device.number, message, signal)
        const outcome = challengeOutcome(delivery)
        const end = {
          requestName: ownName,
          giveBack: isGivenBack(outcome),
          outcome: keyName === null ? null : outcome,
        }
        await settleChallenge(store, key, end, AbortSignal.timeout(longestSettleMs))
        return answer(outcome, beginning.device, token)
      }
      case 'retried': {
        const { device } = beginning
        const { outcome } = device.challenge
        if (outcome === undefined) throw challengeInProgress()
        return answer(outcome, device, await pendingToken(theTokenKey, device, settings, now))
      }
      case 'cooldown':
        throw cooldownRunning(beginning.nextChallengeAt, now)
      case 'disabled':
        throw deviceDisabled(beginning.device)
      case 'not_found':
        throw deviceNotFound()
    }
  },
)
