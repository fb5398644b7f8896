// POST /users/{userId}/devices/{deviceId}/challenge: makes a token and delivers it. One write, one
// more per limit on sends, one message.
import { answerChallenge } from '../lib/api/challenge-answer.ts'
import {
  challengeInProgress,
  channelNotEnabled,
  cooldownRunning,
  deviceDisabled,
  deviceNotFound,
  limitReached,
  nothingToResend,
  sendingSuspended,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { challengeDevice } from '../lib/challenge/challenge.ts'
import {
  callbackBase,
  channelTo,
  prepareDelivery,
  warnOfLongMessages,
} from '../lib/delivery/deliver.ts'
import { toDeliveryRecord } from '../lib/device/delivery-record.ts'
import type { ChallengeOutcome, DeviceItem } from '../lib/device/device.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import {
  allowedCountries,
  checkRouteChannels,
  countryNotAllowed,
  messageRoutes,
} from '../lib/settings/countries.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { messageSettings } from '../lib/settings/messages.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { answerMessage, deliverySettings, deviceSettings } from '../lib/settings/settings.ts'
import { renderTemplate } from '../lib/settings/template.ts'
import { testNumbers } from '../lib/settings/test-numbers.ts'
import { drawToken, findPendingToken } from '../lib/token/token.ts'

const store = connectStore()
const secrets = secretSource([
  'OTP_API_KEYS',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
  'OTP_TWILIO_SIGNATURE_TOKEN',
  'OTP_TWILIO_TEST_NUMBERS',
])
warnOfLongMessages()

export const handler = endpoint(
  'challenge',
  { secrets, deadlineMs: 20_000 },
  async ({ userId, deviceId, body, idempotencyKey, now, signal }) => {
    const key = { userId, deviceId }
    const { channel = null, resend, locale = null, clientIp = null } = body
    const settings = { ...deviceSettings(), allowedCountries: allowedCountries() }
    const { channels } = settings
    const setup = { ...deliverySettings(), ...messageSettings() }
    const limited = { ...limitSettings(), breaker: breakerSettings() }
    const way = { channel, locale }
    const routes = messageRoutes()
    checkRouteChannels(routes, channels)
    if (!channels.includes(channel ?? routes.byDefault.channel)) throw channelNotEnabled(channels)
    const deliver = await prepareDelivery(setup, way, routes, secrets)
    const loaded = await secrets.load()
    const theTokenKey = tokenKey(loaded)
    const tests = testNumbers(loaded)
    const isTold = callbackBase(setup, loaded) !== null

    const challenge = {
      drawn: resend ? null : await drawToken(theTokenKey, key, settings, now),
      deliver,
      limits: { ...limited, tokenKey: theTokenKey, clientIp },
      idempotencyKey,
      delivery: isTold ? toDeliveryRecord({ status: 'queued', reason: null }, now) : null,
      tokenKey: theTokenKey,
      testNumbers: tests,
      now,
    }
    const challenged = await challengeDevice(store, key, challenge, settings, signal)

    const answer = (end: ChallengeOutcome, device: DeviceItem, token: string) => {
      const message = renderTemplate(
        answerMessage(setup.challengeMessage, channelTo(device, way, routes)),
        token,
      )
      return answerChallenge(end, { device, message, now }, settings)
    }
    switch (challenged.outcome) {
      case 'ended':
        return answer(challenged.end, challenged.device, challenged.token)
      case 'retried': {
        const { device } = challenged
        const { outcome } = device.challenge
        if (outcome === undefined) throw challengeInProgress()
        const known = tests.find(({ number }) => number === device.number)?.token ?? null
        const token = await findPendingToken(theTokenKey, device, known, now)
        return answer(outcome, device, token ?? '')
      }
      case 'cooldown':
        throw cooldownRunning(challenged.nextChallengeAt, now)
      case 'limited':
        throw limitReached(challenged.limit, challenged.until, now)
      case 'suspended':
        throw sendingSuspended(challenged.suspended, challenged.until, now)
      case 'country_not_allowed':
        throw countryNotAllowed()
      case 'disabled':
        throw deviceDisabled(challenged.device)
      case 'nothing_to_resend':
        throw nothingToResend()
      case 'not_found':
        throw deviceNotFound()
    }
  },
)
