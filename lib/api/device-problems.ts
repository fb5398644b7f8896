// The problems of a device and of its challenges.

import { nextStep } from '../device/delivery-record.ts'
import type { DeviceItem } from '../device/device.ts'
import { guessesLeft, lockEnd, verifyIsAllowed } from '../device/throttle.ts'
import { Problem } from '../problem.ts'
import type { SuspendedKind } from '../settings/breaker.ts'
import type { Channel } from '../settings/channels.ts'
import type { LimitName } from '../settings/limits.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import { rfc3339, rfc3339OrNull } from '../time.ts'
import { reasonOf } from '../twilio/codes.ts'

/** 404: the device was deleted, never existed, or is another user's; the answer is the same. */
export function deviceNotFound(): Problem {
  return new Problem('device_not_found', 'The user has no such device; list the user’s devices.')
}

/** 403: only a reset enables the device again. */
export function deviceDisabled({ failures }: DeviceItem): Problem {
  return new Problem('device_disabled', 'The device failed too often, until an admin resets it.', {
    members: { failureCount: failures },
  })
}

/** 429: the cooldown of the last challenge has not passed. */
export function cooldownRunning(nextChallengeAt: number, now: number): Problem {
  return new Problem(
    'cooldown',
    'The last challenge was too short a time ago; nothing was sent; wait until nextChallengeAt.',
    {
      members: { nextChallengeAt: rfc3339(nextChallengeAt) },
      retryAfterSeconds: secondsUntil(nextChallengeAt, now),
    },
  )
}

/** 429: a limit on sends is full until its window ends. */
export function limitReached(limit: LimitName, until: number, now: number): Problem {
  return new Problem(
    'limit_reached',
    'Too many were sent in too short a time; nothing was sent; wait for Retry-After.',
    {
      members: { limit },
      retryAfterSeconds: secondsUntil(until, now),
    },
  )
}

/** 429: too few of the tokens that are sent to this prefix or country are verified. */
export function sendingSuspended(suspended: SuspendedKind, until: number, now: number): Problem {
  const detail = `Sending to this number’s ${suspended} is suspended; nothing was sent; wait for Retry-After.`
  return new Problem('suspended', detail, {
    members: { suspended },
    retryAfterSeconds: secondsUntil(until, now),
  })
}

/** 422: Twilio does not send to the number, and another try fails, too. */
export function undeliverableNumber(
  twilioCode: number | null,
  enabled: readonly Channel[],
): Problem {
  const next = nextStep(reasonOf(twilioCode), enabled)
  return new Problem(
    'undeliverable_number',
    'Twilio does not send to this number; nothing was sent; offer what next says.',
    { members: { twilioCode, next: next === 'retry' ? 'another_number' : next } },
  )
}

/** 502: Twilio did not take the message. */
export function deliveryFailed(twilioCode: number | null, enabled: readonly Channel[]): Problem {
  return new Problem(
    'delivery_failed',
    'Twilio did not take the message; nothing was sent; try again with a new Idempotency-Key.',
    { members: { twilioCode, next: nextStep(reasonOf(twilioCode), enabled) } },
  )
}

/** 404: the device was never challenged. */
export function challengeNotFound(): Problem {
  return new Problem('challenge_not_found', 'The device has had no challenge yet; challenge it.')
}

/** 409: there is no live token. */
export function nothingToResend(): Problem {
  return new Problem('nothing_to_resend', 'The device has no live token; challenge it anew.')
}

/**
 * 409: the request that this one retries has not finished, or was cut off before its
 * outcome was written.
 */
export function challengeInProgress(): Problem {
  return new Problem(
    'challenge_in_progress',
    'A challenge with this Idempotency-Key was started and has no outcome yet; nothing was sent again; ask again with the same key.',
  )
}

/** 403: the token is not the pending one; the failure was counted. */
export function invalidToken(device: DeviceItem, settings: ThrottleSettings, now: number): Problem {
  const left = guessesLeft(device, settings)
  return new Problem(
    'invalid_token',
    'The token is wrong, used or expired; ask for it again, from lockedUntil on.',
    {
      members: {
        ...failureMembers(device, settings, now),
        ...(left !== null && { guessesLeft: left }),
      },
    },
  )
}

/** 403: the token has taken all the wrong guesses that it may; nothing was compared or counted. */
export function tokenUsedUp(): Problem {
  return new Problem('token_used_up', 'The token has taken all its guesses; ask for a new token.')
}

/** 403: no token is pending; nothing was compared or counted. */
export function noToken(): Problem {
  return new Problem('no_token', 'The device has no pending token; ask for a new token.')
}

/** 403: the pending token is of another challenge than the one named; nothing was compared. */
export function challengeReplaced(): Problem {
  const detail = 'The pending token is of another challenge; ask for a new token.'
  return new Problem('challenge_replaced', detail)
}

/** 400: a setting asks every verification for its challenge. */
export function challengeIdMissing(): Problem {
  return new Problem('invalid_body', 'The member challengeId is missing.')
}

/** 429: the device is locked; nothing was compared or counted. */
export function throttled(device: DeviceItem, settings: ThrottleSettings, now: number): Problem {
  return new Problem(
    'throttled',
    'The device is locked after failures; nothing was compared; wait until lockedUntil.',
    {
      members: failureMembers(device, settings, now),
      retryAfterSeconds: secondsUntil(lockEnd(device, settings) ?? now, now),
    },
  )
}

/** `lockedUntil` is null when this failure has locked nothing, or has disabled the device. */
function failureMembers(device: DeviceItem, settings: ThrottleSettings, now: number) {
  const { failureCount, lockedUntil } = verifyIsAllowed(device, settings, now)
  return { failureCount, lockedUntil: rfc3339OrNull(lockedUntil) }
}

/** Whole seconds, rounded up, at least one. */
function secondsUntil(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 1000))
}
