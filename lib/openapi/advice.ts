// What each code means and what to do then, for people: the document, its reference page and
// docs/api.md say it in these words. Settings are named without quotes: a quoted name is one that
// the function reads (npm run function-settings).
import type { ProblemCode } from '../problem.ts'

/** Where a code is answered first of all. */
export type AdviceGroup = 'any route' | 'devices' | 'a challenge' | 'verify' | 'support'

/** The meaning of a code, and the next step of the one who gets it; whole sentences. */
export interface Advice {
  group: AdviceGroup
  meaning: string
  next: string
}

const mistake = 'Mend the request; sent again it fails again.'
const typed = 'Mend the request; what somebody typed, such as a blank token, ask for again.'
const notSent = 'Nothing was sent.'
const anew = 'Offer a new token: challenge anew.'

/** The advice, by code. */
export const advice: Record<ProblemCode, Advice> = {
  invalid_id: {
    group: 'any route',
    meaning: 'An id in the path has a form that is not allowed.',
    next: 'Take an id of the allowed characters, and percent-encode it.',
  },
  invalid_json: {
    group: 'any route',
    meaning: 'The body is not JSON.',
    next: mistake,
  },
  invalid_body: {
    group: 'any route',
    meaning: 'A member is missing, unknown or malformed; `detail` says which.',
    next: typed,
  },
  invalid_query: {
    group: 'any route',
    meaning: 'A parameter is unknown or malformed; `detail` says which.',
    next: mistake,
  },
  invalid_idempotency_key: {
    group: 'any route',
    meaning: 'The `Idempotency-Key` has a form that is not allowed.',
    next: 'Take 1 to 255 printable ASCII characters without spaces.',
  },
  missing_api_key: {
    group: 'any route',
    meaning: 'There is no `Authorization: Bearer`. Paths that do not exist answer it, too.',
    next: 'Send an API key.',
  },
  invalid_api_key: {
    group: 'any route',
    meaning: 'The key is not known, was revoked, or has ended.',
    next: 'Take a key that `npm run api-key` made for this stage; a new one is known after at most five minutes.',
  },
  missing_scope: {
    group: 'any route',
    meaning: 'The key lacks the scope that `detail` names.',
    next: 'Take a key with that scope.',
  },
  route_not_found: {
    group: 'any route',
    meaning: 'There is no such path.',
    next: 'Look at the routes; a path with a slash at its end is another path.',
  },
  method_not_allowed: {
    group: 'any route',
    meaning: 'The path does not take this method.',
    next: 'Take one of the header `Allow`.',
  },
  body_too_large: {
    group: 'any route',
    meaning: 'The body has more than 16 KB.',
    next: typed,
  },
  unsupported_media_type: {
    group: 'any route',
    meaning: 'A body came without `Content-Type: application/json`.',
    next: 'Send that header.',
  },
  not_configured: {
    group: 'any route',
    meaning: 'A setting is missing or malformed; `detail` names it.',
    next: 'Mend the setting and deploy: `npm run doctor` says more. No retry helps before.',
  },
  internal_error: {
    group: 'any route',
    meaning: 'A fault of the service.',
    next: 'Find `requestId`, which every 5xx has, in the logs.',
  },
  unavailable: {
    group: 'any route',
    meaning: 'The request was not decided in time; whether it was done is not known.',
    next: 'Try again after `Retry-After`, with the same `Idempotency-Key`.',
  },

  device_not_found: {
    group: 'devices',
    meaning: 'The user has no such device.',
    next: 'List the devices of the user, or register the phone.',
  },
  invalid_number: {
    group: 'devices',
    meaning: 'It is not a possible phone number.',
    next: 'Ask for the number again, with its country code.',
  },
  too_many_devices: {
    group: 'devices',
    meaning:
      'The user (`of`) has OTP_TWILIO_DEVICES_PER_USER devices, or the number is on OTP_TWILIO_DEVICES_PER_NUMBER.',
    next: 'Delete a device that is no longer used.',
  },
  number_type_not_allowed: {
    group: 'devices',
    meaning:
      'The number costs too much: premium, shared cost, pager, satellite, global network. OTP_TWILIO_NUMBER_TYPES allows more.',
    next: 'Ask for a mobile or a landline.',
  },
  audience_not_allowed: {
    group: 'verify',
    meaning: 'The API key does not list this audience, or proofs are off. Nothing was attempted.',
    next: 'List it on the key (`npm run api-key -- --audience`), or ask for no proof.',
  },
  country_not_allowed: {
    group: 'devices',
    meaning: 'OTP_TWILIO_ALLOWED_COUNTRIES has not the country of the number.',
    next: 'Ask for a number of an allowed country.',
  },
  idempotency_key_reused: {
    group: 'devices',
    meaning:
      'The `Idempotency-Key` of this create or challenge was used for another payload. Nothing was done.',
    next: 'Take a new key.',
  },
  invalid_cursor: {
    group: 'devices',
    meaning: 'It is not a cursor of this search and API key, or is older than an hour.',
    next: 'Begin with the first page.',
  },

  cooldown: {
    group: 'a challenge',
    meaning: `The last challenge was too short a time ago. ${notSent}`,
    next: 'Ask for the token that was sent before, which may still live, or wait until `nextChallengeAt`.',
  },
  limit_reached: {
    group: 'a challenge',
    meaning: `Too many were sent in too short a time; \`limit\` says which limit is full. ${notSent}`,
    next: 'Wait for `Retry-After`, or offer another way in.',
  },
  suspended: {
    group: 'a challenge',
    meaning: `Hardly any token of this \`suspended\` (prefix or country) is verified, as in a pump. ${notSent}`,
    next: 'Wait for `Retry-After`, or offer another way in. An admin can lift it.',
  },
  challenge_in_progress: {
    group: 'a challenge',
    meaning:
      'The first request with this `Idempotency-Key` has no outcome yet. It was not sent again.',
    next: 'Ask again with the same key after a second; where it stays so, challenge with a new key.',
  },
  nothing_to_resend: {
    group: 'a challenge',
    meaning: `No token lives that could be sent once more. ${notSent}`,
    next: 'Challenge anew, without `resend`.',
  },
  undeliverable_number: {
    group: 'a challenge',
    meaning: `Twilio does not send to this number; \`twilioCode\` says why. ${notSent}`,
    next: 'Ask for another number; where `next` is `another_channel`, offer that first.',
  },
  channel_not_enabled: {
    group: 'a challenge',
    meaning: `The channel is not one of OTP_TWILIO_CHANNELS. ${notSent}`,
    next: 'Take one of `channels`.',
  },
  test_number_expired: {
    group: 'a challenge',
    meaning: `The date of this test number has passed. ${notSent}`,
    next: 'Give the test number a later date.',
  },
  delivery_failed: {
    group: 'a challenge',
    meaning: `Twilio did not take the message; \`twilioCode\` says why, where it did say. ${notSent}`,
    next: 'Try again with a new `Idempotency-Key`, or offer what `next` says.',
  },
  delivery_busy: {
    group: 'a challenge',
    meaning: `Twilio takes no more messages now. ${notSent}`,
    next: 'Try again after `Retry-After`, with a new `Idempotency-Key`.',
  },
  delivery_unknown: {
    group: 'a challenge',
    meaning: 'It is not known whether the message was sent.',
    next: 'Ask for the token: if it arrives, it is good. It is never sent again by itself.',
  },

  invalid_token: {
    group: 'verify',
    meaning: 'The token is wrong, used or expired. It counts as a failure (`failureCount`).',
    next: 'Ask again, from `lockedUntil` on; `guessesLeft` is how often this token can be guessed yet.',
  },
  token_used_up: {
    group: 'verify',
    meaning: 'The token has taken all its guesses. Nothing was compared or counted.',
    next: anew,
  },
  no_token: {
    group: 'verify',
    meaning:
      'Nothing is pending: no token was sent, or it was used. Nothing was compared or counted.',
    next: anew,
  },
  challenge_replaced: {
    group: 'verify',
    meaning: 'The token that lives is not of your `challengeId`. Nothing was compared or counted.',
    next: anew,
  },
  throttled: {
    group: 'verify',
    meaning: 'The device is locked after failures. Nothing was compared or counted.',
    next: 'Wait until `lockedUntil`, and ask for the token again.',
  },
  device_disabled: {
    group: 'verify',
    meaning: 'The device failed too often (OTP_TWILIO_MAX_FAILURES). Nothing is sent or compared.',
    next: 'Lead the user to support: only a reset lets the device in again.',
  },

  challenge_not_found: {
    group: 'support',
    meaning: 'The device has had no challenge, or none with this `challengeId`.',
    next: 'Challenge the device.',
  },
  invalid_signature: {
    group: 'support',
    meaning: 'A delivery status was not signed by Twilio. Only Twilio calls that route.',
    next: 'Give OTP_TWILIO_SIGNATURE_TOKEN the auth token of the account that sends.',
  },
}
