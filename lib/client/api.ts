// What the API is asked and what it answers. npm run openapi writes this file out of the
// OpenAPI document.

/** A phone of a user. Without a country `country` is null; `test` is of test numbers only. */
export interface Device {
  id: string
  userId: string
  name: string
  number: string
  country: string | null
  confirmed: boolean
  established: boolean
  createdAt: string
  lastUsedAt: string | null
  throttle: Throttle
  cooldown: Cooldown
  pending: Pending | null
  delivery: Delivery | null
  test?: boolean
}

/** A page of devices; the cursor is null on the last one. */
export interface DevicePage {
  devices: Device[]
  cursor: string | null
}

/** A page of events, newest first. */
export interface EventPage {
  events: Event[]
  cursor: string | null
}

/** A challenge that was sent. `number` is masked. */
export interface Challenge {
  challengeId: string
  message: string
  number: string
  tokenLength: number
  validUntil: string
  nextChallengeAt: string | null
  lockedUntil: string | null
  delivery: Delivery | null
  test?: boolean
}

/** The limits on sends in force. `testNumber` is null where the query names none. */
export interface Limits {
  mode: 'on' | 'record' | 'off'
  limits: Limit[]
  testNumber: TestNumber | null
}

/** What the breaker suspends, and what is always allowed. */
export interface Suspensions {
  mode: 'on' | 'record' | 'off'
  rules: BreakerRules
  suspended: (SuspendedPrefix | SuspendedCountry)[]
  allowed: (AllowedNumber | AllowedPrefix | AllowedCountry)[]
}

/** What was sent and verified by the hour, oldest first. The last hour is still running. */
export interface Figures {
  hours: TrafficOfHour[]
  totals: Traffic
}

/**
 * An API key; `until` and `prefix` are null where it has none. `channels` are those that are on,
 * `countries` those that are sent to: null is all.
 */
export interface Key {
  name: string
  scopes: ('devices:read' | 'devices:write' | 'challenge' | 'verify' | 'admin')[]
  until: string | null
  prefix: string | null
  channels: Channel[]
  countries: string[] | null
}

/** What became of a challenge. `number` is masked. */
export interface ChallengeState {
  challengeId: string
  state: 'pending' | 'verified' | 'used_up' | 'expired' | 'replaced' | 'disabled'
  number: string
  validUntil: string | null
  nextChallengeAt: string | null
  failureCount: number
  lockedUntil: string | null
  delivery: Delivery | null
  test?: boolean
}

/** A token that was right; `proof` where one was asked for. */
export interface Verified {
  verified: true
  device: Device
  proof?: string
  proofExpiresAt?: string
}

/** An event of a device: what its type has not is absent. */
export interface Event {
  id: string
  type:
    | 'created'
    | 'challenged'
    | 'challenge_refused'
    | 'challenge_failed'
    | 'delivery'
    | 'verified'
    | 'failed'
    | 'used_up'
    | 'locked'
    | 'disabled'
    | 'confirmed'
    | 'number_changed'
    | 'reset'
    | 'deleted'
  at: string
  deviceId: string
  actor: string | null
  challengeId?: string
  resent?: boolean
  channel?: Channel
  code?: string
  limit?: string
  status?: 'queued' | 'sent' | 'failed' | 'undelivered' | 'delivered'
  reason?: DeliveryReason
  twilioCode?: number
  messageSid?: string
  failureCount?: number
  lockedUntil?: string | null
}

/** Whether a token may be verified now. Not allowed without `lockedUntil` is a disabled device. */
export interface Throttle {
  allowed: boolean
  failureCount: number
  lockedUntil: string | null
}

/** Whether a message may be sent now. */
export interface Cooldown {
  allowed: boolean
  nextChallengeAt: string | null
}

/** The token that lives, without the token. */
export interface Pending {
  validUntil: string
}

/**
 * What became of a message, as Twilio reported it last. `channel` is null where it is not known.
 */
export interface Delivery {
  status: 'queued' | 'sent' | 'failed' | 'undelivered' | 'delivered'
  reason: DeliveryReason | null
  channel: Channel | null
  at: string
  next: NextStep | null
}

export type Channel = 'sms' | 'call' | 'whatsapp'

export type DeliveryReason =
  | 'unreachable'
  | 'landline'
  | 'blocked_by_carrier'
  | 'opted_out'
  | 'unknown'

export type NextStep = 'retry' | 'another_channel' | 'another_number'

/** A limit on sends; `sent` is null where the query names no subject to count for. */
export interface Limit {
  limit: 'number' | 'number_all' | 'user' | 'client' | 'country' | 'deployment'
  most: number
  seconds: number
  sent: number | null
  strangers: Strangers | null
  resetsAt: string
}

/** What devices that are not established have taken of a shared limit, and may take. */
export interface Strangers {
  most: number
  sent: number
}

export type TestNumber = 'in_use' | 'over'

/** From so many sends on, fewer verified than so many percent within so many seconds suspend. */
export interface BreakerRule {
  sends: number
  percent: number
  seconds: number
}

/** The rules of the breaker; null is none. */
export interface BreakerRules {
  prefix: BreakerRule | null
  country: BreakerRule | null
}

/** A prefix that nothing is sent to. */
export interface SuspendedPrefix {
  prefix: string
  until: string
  times: number
  sends: number
  verified: number
}

/** A country that nothing is sent to. */
export interface SuspendedCountry {
  country: string
  until: string
  times: number
  sends: number
  verified: number
}

/** A number that is never suspended; it is masked. */
export interface AllowedNumber {
  number: string
}

/** A prefix that is never suspended. */
export interface AllowedPrefix {
  prefix: string
}

/** A country that is never suspended. */
export interface AllowedCountry {
  country: string
}

/**
 * What was sent, and what became of it. `conversion` is verified of sent, `estimatedSpend` in
 * dollars.
 */
export interface Traffic {
  sent: number
  notSent: number
  verified: number
  failed: number
  delivery: DeliveryCounts
  conversion: number | null
  estimatedSpend: number | null
  established: TrafficOfClass
  others: TrafficOfClass
  countries: TrafficOfCountry[]
}

/** What was sent in an hour, and what became of it. */
export interface TrafficOfHour {
  hour: string
  sent: number
  notSent: number
  verified: number
  failed: number
  delivery: DeliveryCounts
  conversion: number | null
  estimatedSpend: number | null
  established: TrafficOfClass
  others: TrafficOfClass
  countries: TrafficOfCountry[]
}

/** What was sent to a country, and what became of it. */
export interface TrafficOfCountry {
  country: string
  sent: number
  notSent: number
  verified: number
  failed: number
  delivery: DeliveryCounts
  conversion: number | null
  estimatedSpend: number | null
}

/** What was sent to one class of devices, and verified. */
export interface TrafficOfClass {
  sent: number
  verified: number
  conversion: number | null
}

/** Messages by what Twilio reported of them last. */
export interface DeliveryCounts {
  delivered: number
  undelivered: number
  failed: number
}

/**
 * An id in the path has a form that is not allowed. Take an id of the allowed characters, and
 * percent-encode it.
 */
export interface InvalidIdProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_id'
  title: 'Invalid identifier'
  status: 400
  detail: string
  code: 'invalid_id'
}

/** The body is not JSON. Mend the request; sent again it fails again. */
export interface InvalidJsonProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_json'
  title: 'Malformed JSON'
  status: 400
  detail: string
  code: 'invalid_json'
}

/**
 * A member is missing, unknown or malformed; `detail` says which. Mend the request; what somebody
 * typed, such as a blank token, ask for again.
 */
export interface InvalidBodyProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_body'
  title: 'Invalid request body'
  status: 400
  detail: string
  code: 'invalid_body'
}

/**
 * A parameter is unknown or malformed; `detail` says which. Mend the request; sent again it fails
 * again.
 */
export interface InvalidQueryProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_query'
  title: 'Invalid query'
  status: 400
  detail: string
  code: 'invalid_query'
}

/**
 * It is not a cursor of this search and API key, or is older than an hour. Begin with the first
 * page.
 */
export interface InvalidCursorProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_cursor'
  title: 'Invalid cursor'
  status: 400
  detail: string
  code: 'invalid_cursor'
}

/**
 * The `Idempotency-Key` has a form that is not allowed. Take 1 to 255 printable ASCII characters
 * without spaces.
 */
export interface InvalidIdempotencyKeyProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_idempotency_key'
  title: 'Invalid idempotency key'
  status: 400
  detail: string
  code: 'invalid_idempotency_key'
}

/** There is no `Authorization: Bearer`. Paths that do not exist answer it, too. Send an API key. */
export interface MissingApiKeyProblem {
  type: 'urn:serverless-otp-twilio:problem:missing_api_key'
  title: 'Missing API key'
  status: 401
  detail: string
  code: 'missing_api_key'
}

/**
 * The key is not known, was revoked, or has ended. Take a key that `npm run api-key` made for this
 * stage; a new one is known after at most five minutes.
 */
export interface InvalidApiKeyProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_api_key'
  title: 'Invalid API key'
  status: 401
  detail: string
  code: 'invalid_api_key'
}

/** The key lacks the scope that `detail` names. Take a key with that scope. */
export interface MissingScopeProblem {
  type: 'urn:serverless-otp-twilio:problem:missing_scope'
  title: 'Missing scope'
  status: 403
  detail: string
  code: 'missing_scope'
}

/**
 * The token is wrong, used or expired. It counts as a failure (`failureCount`). Ask again, from
 * `lockedUntil` on; `guessesLeft` is how often this token can be guessed yet.
 */
export interface InvalidTokenProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_token'
  title: 'Invalid token'
  status: 403
  detail: string
  code: 'invalid_token'
  failureCount: number
  lockedUntil: string | null
  guessesLeft?: number
}

/**
 * The token has taken all its guesses. Nothing was compared or counted. Offer a new token:
 * challenge anew.
 */
export interface TokenUsedUpProblem {
  type: 'urn:serverless-otp-twilio:problem:token_used_up'
  title: 'Token used up'
  status: 403
  detail: string
  code: 'token_used_up'
}

/**
 * Nothing is pending: no token was sent, or it was used. Nothing was compared or counted. Offer a
 * new token: challenge anew.
 */
export interface NoTokenProblem {
  type: 'urn:serverless-otp-twilio:problem:no_token'
  title: 'No token'
  status: 403
  detail: string
  code: 'no_token'
}

/**
 * The token that lives is not of your `challengeId`. Nothing was compared or counted. Offer a new
 * token: challenge anew.
 */
export interface ChallengeReplacedProblem {
  type: 'urn:serverless-otp-twilio:problem:challenge_replaced'
  title: 'Challenge replaced'
  status: 403
  detail: string
  code: 'challenge_replaced'
}

/**
 * A delivery status was not signed by Twilio. Only Twilio calls that route. Give
 * OTP_TWILIO_SIGNATURE_TOKEN the auth token of the account that sends.
 */
export interface InvalidSignatureProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_signature'
  title: 'Invalid signature'
  status: 403
  detail: string
  code: 'invalid_signature'
}

/**
 * The device failed too often (OTP_TWILIO_MAX_FAILURES). Nothing is sent or compared. Lead the user
 * to support: only a reset lets the device in again.
 */
export interface DeviceDisabledProblem {
  type: 'urn:serverless-otp-twilio:problem:device_disabled'
  title: 'Device disabled'
  status: 403
  detail: string
  code: 'device_disabled'
  failureCount: number
}

/** The user has no such device. List the devices of the user, or register the phone. */
export interface DeviceNotFoundProblem {
  type: 'urn:serverless-otp-twilio:problem:device_not_found'
  title: 'Device not found'
  status: 404
  detail: string
  code: 'device_not_found'
}

/** The device has had no challenge, or none with this `challengeId`. Challenge the device. */
export interface ChallengeNotFoundProblem {
  type: 'urn:serverless-otp-twilio:problem:challenge_not_found'
  title: 'Challenge not found'
  status: 404
  detail: string
  code: 'challenge_not_found'
}

/**
 * The first request with this `Idempotency-Key` has no outcome yet. It was not sent again. Ask
 * again with the same key after a second; where it stays so, challenge with a new key.
 */
export interface ChallengeInProgressProblem {
  type: 'urn:serverless-otp-twilio:problem:challenge_in_progress'
  title: 'Challenge in progress'
  status: 409
  detail: string
  code: 'challenge_in_progress'
}

/**
 * The user (`of`) has OTP_TWILIO_DEVICES_PER_USER devices, or the number is on
 * OTP_TWILIO_DEVICES_PER_NUMBER. Delete a device that is no longer used.
 */
export interface TooManyDevicesProblem {
  type: 'urn:serverless-otp-twilio:problem:too_many_devices'
  title: 'Too many devices'
  status: 409
  detail: string
  code: 'too_many_devices'
  of: 'user' | 'number'
  most: number
}

/**
 * No token lives that could be sent once more. Nothing was sent. Challenge anew, without `resend`.
 */
export interface NothingToResendProblem {
  type: 'urn:serverless-otp-twilio:problem:nothing_to_resend'
  title: 'Nothing to resend'
  status: 409
  detail: string
  code: 'nothing_to_resend'
}

/**
 * The body has more than 16 KB. Mend the request; what somebody typed, such as a blank token, ask
 * for again.
 */
export interface BodyTooLargeProblem {
  type: 'urn:serverless-otp-twilio:problem:body_too_large'
  title: 'Body too large'
  status: 413
  detail: string
  code: 'body_too_large'
}

/** A body came without `Content-Type: application/json`. Send that header. */
export interface UnsupportedMediaTypeProblem {
  type: 'urn:serverless-otp-twilio:problem:unsupported_media_type'
  title: 'Unsupported media type'
  status: 415
  detail: string
  code: 'unsupported_media_type'
}

/**
 * The `Idempotency-Key` of this create or challenge was used for another payload. Nothing was done.
 * Take a new key.
 */
export interface IdempotencyKeyReusedProblem {
  type: 'urn:serverless-otp-twilio:problem:idempotency_key_reused'
  title: 'Idempotency key reused'
  status: 422
  detail: string
  code: 'idempotency_key_reused'
}

/**
 * The API key does not list this audience, or proofs are off. Nothing was attempted. List it on the
 * key (`npm run api-key -- --audience`), or ask for no proof.
 */
export interface AudienceNotAllowedProblem {
  type: 'urn:serverless-otp-twilio:problem:audience_not_allowed'
  title: 'Audience not allowed'
  status: 422
  detail: string
  code: 'audience_not_allowed'
}

/**
 * OTP_TWILIO_ALLOWED_COUNTRIES has not the country of the number. Ask for a number of an allowed
 * country.
 */
export interface CountryNotAllowedProblem {
  type: 'urn:serverless-otp-twilio:problem:country_not_allowed'
  title: 'Country not allowed'
  status: 422
  detail: string
  code: 'country_not_allowed'
}

/**
 * The number costs too much: premium, shared cost, pager, satellite, global network.
 * OTP_TWILIO_NUMBER_TYPES allows more. Ask for a mobile or a landline.
 */
export interface NumberTypeNotAllowedProblem {
  type: 'urn:serverless-otp-twilio:problem:number_type_not_allowed'
  title: 'Number type not allowed'
  status: 422
  detail: string
  code: 'number_type_not_allowed'
  numberType: 'premium_rate' | 'shared_cost' | 'pager' | 'satellite' | 'global_network'
}

/** It is not a possible phone number. Ask for the number again, with its country code. */
export interface InvalidNumberProblem {
  type: 'urn:serverless-otp-twilio:problem:invalid_number'
  title: 'Invalid number'
  status: 422
  detail: string
  code: 'invalid_number'
}

/**
 * Twilio does not send to this number; `twilioCode` says why. Nothing was sent. Ask for another
 * number; where `next` is `another_channel`, offer that first.
 */
export interface UndeliverableNumberProblem {
  type: 'urn:serverless-otp-twilio:problem:undeliverable_number'
  title: 'Undeliverable number'
  status: 422
  detail: string
  code: 'undeliverable_number'
  twilioCode: number | null
  next: NextStep
}

/** The channel is not one of OTP_TWILIO_CHANNELS. Nothing was sent. Take one of `channels`. */
export interface ChannelNotEnabledProblem {
  type: 'urn:serverless-otp-twilio:problem:channel_not_enabled'
  title: 'Channel not enabled'
  status: 422
  detail: string
  code: 'channel_not_enabled'
  channels: ('sms' | 'call' | 'whatsapp')[]
}

/** The date of this test number has passed. Nothing was sent. Give the test number a later date. */
export interface TestNumberExpiredProblem {
  type: 'urn:serverless-otp-twilio:problem:test_number_expired'
  title: 'Test number expired'
  status: 422
  detail: string
  code: 'test_number_expired'
}

/**
 * The last challenge was too short a time ago. Nothing was sent. Ask for the token that was sent
 * before, which may still live, or wait until `nextChallengeAt`.
 */
export interface CooldownProblem {
  type: 'urn:serverless-otp-twilio:problem:cooldown'
  title: 'Cooldown'
  status: 429
  detail: string
  code: 'cooldown'
  nextChallengeAt: string | null
}

/**
 * Too many were sent in too short a time; `limit` says which limit is full. Nothing was sent. Wait
 * for `Retry-After`, or offer another way in.
 */
export interface LimitReachedProblem {
  type: 'urn:serverless-otp-twilio:problem:limit_reached'
  title: 'Limit reached'
  status: 429
  detail: string
  code: 'limit_reached'
  limit: 'number' | 'number_all' | 'user' | 'client' | 'country' | 'deployment'
}

/**
 * Hardly any token of this `suspended` (prefix or country) is verified, as in a pump. Nothing was
 * sent. Wait for `Retry-After`, or offer another way in. An admin can lift it.
 */
export interface SuspendedProblem {
  type: 'urn:serverless-otp-twilio:problem:suspended'
  title: 'Suspended'
  status: 429
  detail: string
  code: 'suspended'
  suspended: 'prefix' | 'country'
}

/**
 * The device is locked after failures. Nothing was compared or counted. Wait until `lockedUntil`,
 * and ask for the token again.
 */
export interface ThrottledProblem {
  type: 'urn:serverless-otp-twilio:problem:throttled'
  title: 'Throttled'
  status: 429
  detail: string
  code: 'throttled'
  failureCount: number
  lockedUntil: string | null
}

/** A fault of the service. Find `requestId`, which every 5xx has, in the logs. */
export interface InternalErrorProblem {
  type: 'urn:serverless-otp-twilio:problem:internal_error'
  title: 'Internal error'
  status: 500
  detail: string
  code: 'internal_error'
  requestId: string
}

/**
 * A setting is missing or malformed; `detail` names it. Mend the setting and deploy: `npm run
 * doctor` says more. No retry helps before.
 */
export interface NotConfiguredProblem {
  type: 'urn:serverless-otp-twilio:problem:not_configured'
  title: 'Not configured'
  status: 500
  detail: string
  code: 'not_configured'
  requestId: string
}

/**
 * Twilio did not take the message; `twilioCode` says why, where it did say. Nothing was sent. Try
 * again with a new `Idempotency-Key`, or offer what `next` says.
 */
export interface DeliveryFailedProblem {
  type: 'urn:serverless-otp-twilio:problem:delivery_failed'
  title: 'Delivery failed'
  status: 502
  detail: string
  code: 'delivery_failed'
  twilioCode: number | null
  next: NextStep
  requestId: string
}

/**
 * Twilio takes no more messages now. Nothing was sent. Try again after `Retry-After`, with a new
 * `Idempotency-Key`.
 */
export interface DeliveryBusyProblem {
  type: 'urn:serverless-otp-twilio:problem:delivery_busy'
  title: 'Delivery busy'
  status: 503
  detail: string
  code: 'delivery_busy'
  requestId: string
}

/**
 * The request was not decided in time; whether it was done is not known. Try again after
 * `Retry-After`, with the same `Idempotency-Key`.
 */
export interface UnavailableProblem {
  type: 'urn:serverless-otp-twilio:problem:unavailable'
  title: 'Unavailable'
  status: 503
  detail: string
  code: 'unavailable'
  requestId: string
}

/**
 * It is not known whether the message was sent. Ask for the token: if it arrives, it is good. It is
 * never sent again by itself.
 */
export interface DeliveryUnknownProblem {
  type: 'urn:serverless-otp-twilio:problem:delivery_unknown'
  title: 'Delivery unknown'
  status: 504
  detail: string
  code: 'delivery_unknown'
  challengeId: string
  validUntil: string
  nextChallengeAt: string | null
  requestId: string
}

export interface GatewayThrottled {
  message: string
  code?: 'gateway_throttled'
}

/** The operations, by their names in the document. */
export interface Operations {
  /** Register a phone: POST /users/{userId}/devices. */
  createDevice: {
    query: Record<never, never>
    body: {
      number: string
      name?: string
      confirmed?: boolean
    }
    answer: Device
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidJsonProblem
      | InvalidBodyProblem
      | InvalidIdempotencyKeyProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | TooManyDevicesProblem
      | BodyTooLargeProblem
      | UnsupportedMediaTypeProblem
      | InvalidNumberProblem
      | CountryNotAllowedProblem
      | NumberTypeNotAllowedProblem
      | IdempotencyKeyReusedProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** List the devices of a user: GET /users/{userId}/devices. */
  listDevices: {
    query: {
      confirmed?: boolean
      cursor?: string
      limit?: number
    }
    body: Record<never, never>
    answer: DevicePage
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidCursorProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Delete all devices of a user: DELETE /users/{userId}/devices. */
  deleteDevices: {
    query: Record<never, never>
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Show a device: GET /users/{userId}/devices/{deviceId}. */
  getDevice: {
    query: Record<never, never>
    body: Record<never, never>
    answer: Device
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | DeviceNotFoundProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Change a device: PATCH /users/{userId}/devices/{deviceId}. */
  updateDevice: {
    query: Record<never, never>
    body: {
      number?: string
      name?: string
      confirmed?: boolean
    }
    answer: Device
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidJsonProblem
      | InvalidBodyProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | DeviceNotFoundProblem
      | TooManyDevicesProblem
      | BodyTooLargeProblem
      | UnsupportedMediaTypeProblem
      | InvalidNumberProblem
      | CountryNotAllowedProblem
      | NumberTypeNotAllowedProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Delete a device: DELETE /users/{userId}/devices/{deviceId}. */
  deleteDevice: {
    query: Record<never, never>
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Send a token: POST /users/{userId}/devices/{deviceId}/challenge. */
  challenge: {
    query: Record<never, never>
    body: {
      clientIp?: string
      channel?: 'sms' | 'call' | 'whatsapp'
      resend?: boolean
      locale?: string
    }
    answer: Challenge
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidJsonProblem
      | InvalidBodyProblem
      | InvalidIdempotencyKeyProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | DeviceDisabledProblem
      | DeviceNotFoundProblem
      | NothingToResendProblem
      | ChallengeInProgressProblem
      | BodyTooLargeProblem
      | UnsupportedMediaTypeProblem
      | ChannelNotEnabledProblem
      | TestNumberExpiredProblem
      | UndeliverableNumberProblem
      | CountryNotAllowedProblem
      | IdempotencyKeyReusedProblem
      | CooldownProblem
      | LimitReachedProblem
      | SuspendedProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | DeliveryFailedProblem
      | UnavailableProblem
      | DeliveryBusyProblem
      | DeliveryUnknownProblem
  }
  /** Show the state of a challenge: GET /users/{userId}/devices/{deviceId}/challenge. */
  getChallenge: {
    query: {
      challengeId?: string
    }
    body: Record<never, never>
    answer: ChallengeState
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | DeviceNotFoundProblem
      | ChallengeNotFoundProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Verify a token: POST /users/{userId}/devices/{deviceId}/verify. */
  verify: {
    query: Record<never, never>
    body: {
      token: string
      challengeId?: string
      clientIp?: string
      audience?: string
      nonce?: string
    }
    answer: Verified
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidJsonProblem
      | InvalidBodyProblem
      | InvalidIdempotencyKeyProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidTokenProblem
      | TokenUsedUpProblem
      | NoTokenProblem
      | ChallengeReplacedProblem
      | DeviceDisabledProblem
      | DeviceNotFoundProblem
      | BodyTooLargeProblem
      | UnsupportedMediaTypeProblem
      | AudienceNotAllowedProblem
      | ThrottledProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Unlock a device: POST /users/{userId}/devices/{deviceId}/reset. */
  reset: {
    query: Record<never, never>
    body: Record<never, never>
    answer: Device
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | DeviceNotFoundProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Find devices of all users: GET /all/devices. */
  findDevices: {
    query: {
      number?: string
      search?: string
      state?: 'locked' | 'disabled' | 'unconfirmed'
      cursor?: string
      limit?: number
    }
    body: Record<never, never>
    answer: DevicePage
    problem:
      | InvalidQueryProblem
      | InvalidCursorProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** List what happened to a device: GET /users/{userId}/devices/{deviceId}/events. */
  listDeviceEvents: {
    query: {
      cursor?: string
      limit?: number
    }
    body: Record<never, never>
    answer: EventPage
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidCursorProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** List what happened to all devices of a user: GET /users/{userId}/events. */
  listUserEvents: {
    query: {
      cursor?: string
      limit?: number
    }
    body: Record<never, never>
    answer: EventPage
    problem:
      | InvalidQueryProblem
      | InvalidIdProblem
      | InvalidCursorProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Show the limits on sends: GET /limits. */
  getLimits: {
    query: {
      number?: string
      userId?: string
      deviceId?: string
      clientIp?: string
      country?: string
    }
    body: Record<never, never>
    answer: Limits
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Empty limits on sends: DELETE /limits. */
  deleteLimits: {
    query: {
      number?: string
      userId?: string
      deviceId?: string
      clientIp?: string
      country?: string
    }
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Show what was sent and verified: GET /figures. */
  getFigures: {
    query: {
      hours?: number
    }
    body: Record<never, never>
    answer: Figures
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Show the own API key: GET /key. */
  getKey: {
    query: Record<never, never>
    body: Record<never, never>
    answer: Key
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Show what is suspended: GET /suspensions. */
  getSuspensions: {
    query: {
      number?: string
    }
    body: Record<never, never>
    answer: Suspensions
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Lift a suspension: DELETE /suspensions. */
  deleteSuspensions: {
    query: {
      prefix?: string
      country?: string
    }
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Always allow a number, a prefix or a country: PUT /always-allow. */
  putAlwaysAllow: {
    query: {
      number?: string
      prefix?: string
      country?: string
    }
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
  /** Take back an allowance: DELETE /always-allow. */
  deleteAlwaysAllow: {
    query: {
      number?: string
      prefix?: string
      country?: string
    }
    body: Record<never, never>
    answer: Record<never, never>
    problem:
      | InvalidQueryProblem
      | MissingApiKeyProblem
      | InvalidApiKeyProblem
      | MissingScopeProblem
      | InvalidNumberProblem
      | InternalErrorProblem
      | NotConfiguredProblem
      | UnavailableProblem
  }
}
