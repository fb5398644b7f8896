// The API's answer to a challenge: the first time, and again to a retry with the
// same idempotency key.
import type { Challenged } from '../challenge/outcome.ts'
import { type ChallengeOutcome, type DeviceItem, challengeId as idOf } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { generateIsAllowed, verifyIsAllowed } from '../device/throttle.ts'
import { deliveryView } from '../device/view.ts'
import { Problem } from '../problem.ts'
import { countryNotAllowed } from '../settings/countries.ts'
import type { DeviceSettings } from '../settings/device.ts'
import { rfc3339, rfc3339OrNull } from '../time.ts'
import {
  challengeInProgress,
  cooldownRunning,
  deliveryFailed,
  deviceDisabled,
  deviceNotFound,
  limitReached,
  nothingToResend,
  sendingSuspended,
  undeliverableNumber,
} from './device-problems.ts'
import { idempotencyKeyReused } from './payload.ts'
import { type ApiResponse, json } from './response.ts'

/** What an answer is made with. */
interface AnswerContext {
  settings: DeviceSettings
  /** Renders the message that the caller may show to its user. */
  messageFor(device: DeviceItem, token: string): string
  now: number
}

/** Answers 200 for a sent message, and throws the problem of every other outcome. */
export function answerChallenge(challenged: Challenged, context: AnswerContext): ApiResponse {
  const { now } = context
  switch (challenged.outcome) {
    case 'ended':
      return answerOutcome(challenged, context)
    case 'in_progress':
      throw challengeInProgress()
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
    case 'key_reused':
      throw idempotencyKeyReused()
    case 'not_found':
      throw deviceNotFound()
  }
}

function answerOutcome(
  { device, result, token }: { device: DeviceItem; result: ChallengeOutcome; token: string },
  { settings, messageFor, now }: AnswerContext,
): ApiResponse {
  const challengeId = idOf(device)
  const { test } = device.challenge
  const validUntil = rfc3339(device.challenge.validUntil ?? 0)
  const cooldown = generateIsAllowed(device, settings.cooldown, now)
  const nextChallengeAt = rfc3339OrNull(cooldown.nextChallengeAt)
  switch (result.code) {
    case 'sent':
      return json(200, {
        challengeId,
        message: messageFor(device, token),
        number: maskNumber(device.number),
        tokenLength: settings.token.length,
        validUntil,
        nextChallengeAt,
        lockedUntil: rfc3339OrNull(verifyIsAllowed(device, settings.throttle, now).lockedUntil),
        delivery: deliveryView(device, settings),
        ...(test && { test }),
      })
    case 'delivery_unknown':
      throw new Problem(
        result.code,
        'It is not known whether the message was sent; if it arrives, its token is good.',
        { members: { challengeId, validUntil, nextChallengeAt } },
      )
    case 'delivery_busy':
      throw new Problem(
        result.code,
        'Twilio takes no more messages now; nothing was sent; try again with a new Idempotency-Key.',
        {
          retryAfterSeconds: result.retryAfterSeconds,
        },
      )
    case 'test_number_expired':
      throw new Problem(
        result.code,
        'The date of this test number has passed; nothing was sent; give it a later one.',
      )
    case 'undeliverable_number':
      throw undeliverableNumber(result.twilioCode, settings.channels)
    case 'delivery_failed':
      throw deliveryFailed(result.twilioCode, settings.channels)
  }
}
