// How a challenge's outcome is told: the first time, and again to a retry with the same idempotency key.
import type { ChallengeOutcome, DeviceItem } from '../device/device.ts'
import { deliveryView, challengeId as idOf, rfc3339, rfc3339OrNull } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { generateIsAllowed, verifyIsAllowed } from '../device/throttle.ts'
import { Problem } from '../problem.ts'
import type { DeviceSettings } from '../settings/settings.ts'
import { type ApiResponse, json } from './response.ts'

/** Answers 200 for what was sent, and throws the problem of everything else. */
export function answerChallenge(
  outcome: ChallengeOutcome,
  { device, message, now }: { device: DeviceItem; message: string; now: number },
  settings: DeviceSettings,
): ApiResponse {
  const challengeId = idOf(device)
  const { test } = device.challenge
  const validUntil = rfc3339(device.challenge.validUntil ?? 0)
  const cooldown = generateIsAllowed(device, settings.token, now)
  const nextChallengeAt = rfc3339OrNull(cooldown.nextChallengeAt)
  switch (outcome.code) {
    case 'sent':
      return json(200, {
        challengeId,
        message,
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
        outcome.code,
        'It is not known whether the message was sent; if it arrives, its token is good.',
        { members: { challengeId, validUntil, nextChallengeAt } },
      )
    case 'delivery_busy':
      throw new Problem(outcome.code, 'Twilio takes no more messages now; nothing was sent.', {
        retryAfterSeconds: outcome.retryAfterSeconds,
      })
    case 'test_number_expired':
      throw new Problem(outcome.code, 'The date of this test number has passed; nothing was sent.')
    case 'undeliverable_number':
      throw new Problem(outcome.code, 'Twilio does not send to this number; nothing was sent.', {
        members: { twilioCode: outcome.twilioCode },
      })
    case 'delivery_failed':
      throw new Problem(outcome.code, 'Twilio did not take the message; nothing was sent.', {
        members: { twilioCode: outcome.twilioCode },
      })
  }
}
