// What the OpenAPI document says of each operation, beyond the table of operations.
import type { OperationName } from '../api/operations.ts'
import type { ProblemCode } from '../problem.ts'
import type { AnswerName } from './answer-schemas.ts'
import type { Json } from './json-schema.ts'

/** The operations that clients of the API call. */
export type DocumentedName = Exclude<
  OperationName,
  'not-found' | 'openapi' | 'admin' | 'status-callback' | 'proof-keys' | 'proof-discovery'
>

/** The documentation of an operation. */
export interface Documentation {
  summary: string
  description: string
  /** Status, its meaning, and the schema and example of its body. */
  success: [status: 200 | 201 | 204, meaning: string, schema?: AnswerName, example?: unknown]
  problems: ProblemCode[]
  /** What an Idempotency-Key does here; absent where none is taken. */
  idempotencyKey?: string
  example?: Json
}

/** A device, as an example. */
export const device = {
  id: '019b796d-d600-756a-9047-1f34b39285e6',
  userId: 'alice',
  name: 'Phone',
  number: '+14155552671',
  country: 'US',
  confirmed: true,
  established: true,
  createdAt: '2026-01-01T12:00:00.000Z',
  lastUsedAt: '2026-01-01T12:01:30.000Z',
  throttle: { allowed: true, failureCount: 0, lockedUntil: null },
  cooldown: { allowed: false, nextChallengeAt: '2026-01-01T12:01:50.000Z' },
  pending: null,
  delivery: {
    status: 'delivered',
    reason: null,
    channel: 'sms',
    at: '2026-01-01T12:01:24.000Z',
    next: null,
  },
}

const eventsOfLogin = [
  {
    id: 'MTc2NzI2ODg5MDAwMCB2',
    at: '2026-01-01T12:01:30.000Z',
    type: 'verified',
    deviceId: device.id,
    challengeId: 'q1Rk5f0eXb',
    actor: null,
  },
  {
    id: 'MTc2NzI2ODg4NDAwMCBk',
    at: '2026-01-01T12:01:24.000Z',
    type: 'delivery',
    deviceId: device.id,
    challengeId: 'q1Rk5f0eXb',
    status: 'delivered',
    messageSid: 'SM00000000000000000000000000000001',
    actor: null,
  },
]

const traffic = {
  sent: 40,
  notSent: 1,
  verified: 36,
  failed: 5,
  delivery: { delivered: 38, undelivered: 1, failed: 0 },
  conversion: 0.9,
  estimatedSpend: 3.2,
}
const trafficByCountry = {
  ...traffic,
  established: { sent: 30, verified: 29, conversion: 0.9667 },
  others: { sent: 10, verified: 7, conversion: 0.7 },
  countries: [{ country: 'US', ...traffic }],
}

/** The documentation, by operation. */
export const documentation: Record<DocumentedName, Documentation> = {
  'create-device': {
    summary: 'Register a phone',
    description: 'Creates a device of the user. It is unconfirmed until a right token confirms it.',
    success: [
      201,
      'The device.',
      'Device',
      { ...device, confirmed: false, established: false, lastUsedAt: null },
    ],
    problems: [
      'invalid_number',
      'country_not_allowed',
      'number_type_not_allowed',
      'too_many_devices',
      'idempotency_key_reused',
    ],
    idempotencyKey: 'A retry with the same key answers the same device.',
    example: { number: '+14155552671', name: 'Phone' },
  },
  'list-devices': {
    summary: 'List the devices of a user',
    description:
      'A page of the devices of the user, oldest first; the next one starts at its cursor.',
    success: [200, 'The page.', 'DevicePage', { devices: [device], cursor: null }],
    problems: ['invalid_cursor'],
  },
  'delete-devices': {
    summary: 'Delete all devices of a user',
    description: 'For example when the user is deleted.',
    success: [204, 'The user has no devices.'],
    problems: [],
  },
  'get-device': {
    summary: 'Show a device',
    description: 'The device with its throttle, cooldown and pending token as they are now.',
    success: [200, 'The device.', 'Device', device],
    problems: ['device_not_found'],
  },
  'update-device': {
    summary: 'Change a device',
    description:
      'A new number drops the pending token, the last use, and the confirmation unless one is given.',
    success: [200, 'The device.', 'Device', { ...device, name: 'Work phone' }],
    problems: [
      'device_not_found',
      'invalid_number',
      'country_not_allowed',
      'number_type_not_allowed',
      'too_many_devices',
    ],
    example: { name: 'Work phone' },
  },
  'delete-device': {
    summary: 'Delete a device',
    description: 'The answer is the same when it was already deleted.',
    success: [204, 'The device is deleted.'],
    problems: [],
  },
  challenge: {
    summary: 'Send a token',
    description:
      'Makes a token that replaces any older one, and sends it. With `resend`, sends the live token again.',
    success: [
      200,
      'The message is on its way.',
      'Challenge',
      {
        challengeId: 'Vh1kq3ZcW0AQ',
        message: 'Sent by SMS',
        number: '+1••••••••71',
        tokenLength: 6,
        validUntil: '2026-01-01T12:05:00.000Z',
        nextChallengeAt: '2026-01-01T12:00:30.000Z',
        lockedUntil: null,
        delivery: {
          ...{ status: 'queued', reason: null, channel: 'sms' },
          ...{ at: '2026-01-01T12:00:00.000Z', next: null },
        },
      },
    ],
    problems: [
      'channel_not_enabled',
      'test_number_expired',
      'nothing_to_resend',
      'device_disabled',
      'device_not_found',
      'challenge_in_progress',
      'undeliverable_number',
      'country_not_allowed',
      'idempotency_key_reused',
      'cooldown',
      'limit_reached',
      'suspended',
      'delivery_failed',
      'delivery_busy',
      'delivery_unknown',
    ],
    idempotencyKey: 'A retry with the same key sends nothing, and gets the same outcome.',
    example: { channel: 'sms', locale: 'de-AT', clientIp: '203.0.113.7' },
  },
  'get-challenge': {
    summary: 'Show the state of a challenge',
    description:
      'Everything that a page needs while it waits for the token, and after the challenge has ended. Without `challengeId`, it is the last one.',
    success: [
      200,
      'The challenge.',
      'ChallengeState',
      {
        challengeId: 'Vh1kq3ZcW0AQ',
        state: 'pending',
        number: '+1••••••••71',
        validUntil: '2026-01-01T12:05:00.000Z',
        nextChallengeAt: null,
        failureCount: 0,
        lockedUntil: null,
        delivery: {
          status: 'undelivered',
          reason: 'landline',
          channel: 'sms',
          at: '2026-01-01T12:00:04.000Z',
          next: 'another_channel',
        },
      },
    ],
    problems: ['device_not_found', 'challenge_not_found'],
  },
  verify: {
    summary: 'Verify a token',
    description:
      'Only a right token gets a 2xx. Call it after the first factor, because its caller can lock a device. With `challengeId` only the token of that challenge is compared; `OTP_REQUIRE_CHALLENGE_ID` makes it a must. With `clientIp` a wrong guess counts on the limit of that client, and changes no answer of verify. `guessesLeft` is there where `OTP_TWILIO_TOKEN_GUESSES` is set; only then is `token_used_up` or `no_token` answered. Where proofs are on, an `audience` that the API key lists asks for one: a JWT, bound to that audience and to the `nonce`.',
    success: [200, 'The token was right, and is used now.', 'Verified', { verified: true, device }],
    problems: [
      'audience_not_allowed',
      'invalid_token',
      'token_used_up',
      'no_token',
      'challenge_replaced',
      'device_disabled',
      'device_not_found',
      'throttled',
    ],
    idempotencyKey:
      'A retry with the same key, token, audience and nonce counts once; the answer to a right token is repeated for 60 seconds.',
    example: { token: '402517', challengeId: 'Vh1kq3ZcW0AQ', clientIp: '203.0.113.7' },
  },
  reset: {
    summary: 'Unlock a device',
    description: 'Clears failures, lock and cooldown, also of a disabled device.',
    success: [200, 'The device.', 'Device', device],
    problems: ['device_not_found'],
  },
  'find-devices': {
    summary: 'Find devices of all users',
    description:
      'A page of all devices; of those with one `number`; of those that a `search` leads to, which is the end of a number, the beginning of a user id or device id, a challenge id, or the SID of a message that did not arrive; or of those in a `state`. A search is seconds late. A key with a prefix of user ids needs `devices:read`, and sees its own users alone: a page may then have fewer devices than its limit, even none, while its cursor leads on.',
    success: [200, 'The page.', 'DevicePage', { devices: [device], cursor: null }],
    problems: ['invalid_number', 'invalid_cursor'],
  },
  'list-device-events': {
    summary: 'List what happened to a device',
    description:
      'Newest first, for as long as `OTP_TIMELINE_DAYS` says. An event comes seconds after what it tells. `code` of a challenge that was refused or not sent is that of its problem. Nothing holds a number or a token.',
    success: [200, 'The page.', 'EventPage', { events: eventsOfLogin, cursor: null }],
    problems: ['invalid_cursor'],
  },
  'list-user-events': {
    summary: 'List what happened to all devices of a user',
    description: 'As of one device; also of devices that were deleted since.',
    success: [200, 'The page.', 'EventPage', { events: eventsOfLogin, cursor: null }],
    problems: ['invalid_cursor'],
  },
  'get-limits': {
    summary: 'Show the limits on sends',
    description:
      'Each limit in force, and how many sends it has counted for the deployment and for the subjects that the query names. An established device has the limit of its number to itself: `userId` and `deviceId` name it. `strangers` is what devices that are not established have taken of a shared limit, and may take. `testNumber` says whether `number` is a test number of `userId`, which nothing counts or suspends, and whether its date has passed.',
    success: [
      200,
      'The limits.',
      'Limits',
      {
        mode: 'on',
        limits: [
          {
            limit: 'number',
            most: 5,
            seconds: 600,
            sent: 3,
            strangers: null,
            resetsAt: '2026-01-01T12:10:00.000Z',
          },
        ],
        testNumber: null,
      },
    ],
    problems: ['invalid_number'],
  },
  'delete-limits': {
    summary: 'Empty limits on sends',
    description:
      'Forgets what was counted for the subjects that the query names, or else for the deployment.',
    success: [204, 'The limits are empty.'],
    problems: ['invalid_number'],
  },
  'get-figures': {
    summary: 'Show what was sent and verified',
    description:
      'Hour by hour, oldest first; the last hour is still running. A message and its verification count in the hour in which its challenge started. `ZZ` stands for numbers without a known country, and for the countries beyond the first 40 of an hour. `established` is what was sent to devices that were established at the time, `others` the rest. The stream of the table delivers at least once, so counts may be a little too high.',
    success: [
      200,
      'The figures.',
      'Figures',
      {
        hours: [{ hour: '2026-01-01T12:00:00.000Z', ...trafficByCountry }],
        totals: trafficByCountry,
      },
    ],
    problems: [],
  },
  'get-key': {
    summary: 'Show the own API key',
    description:
      'What the key of this request may do, its last day in UTC, and what the ids of its users begin with; and the channels and countries that messages go by and to.',
    success: [
      200,
      'The key.',
      'Key',
      {
        ...{ name: 'backend', scopes: ['challenge', 'verify'], until: '2026-12-31', prefix: null },
        ...{ channels: ['sms', 'call'], countries: ['DE', 'US'] },
      },
    ],
    problems: [],
  },
  'get-suspensions': {
    summary: 'Show what is suspended',
    description:
      'The rules of the breaker, the prefixes and countries that it suspends, and what admins always allow. With `number`, only what decides about that number: what admins always allow of it, or else what holds it; nothing where `OTP_TWILIO_ALWAYS_ALLOW` has it. An established device is never suspended.',
    success: [
      200,
      'The suspensions.',
      'Suspensions',
      {
        mode: 'on',
        rules: { prefix: { sends: 20, percent: 10, seconds: 3600 }, country: null },
        suspended: [
          {
            prefix: '+4470050',
            until: '2026-01-01T12:15:00.000Z',
            times: 1,
            sends: 24,
            verified: 0,
          },
        ],
        allowed: [{ country: 'CH' }],
      },
    ],
    problems: ['invalid_number'],
  },
  'delete-suspensions': {
    summary: 'Lift a suspension',
    description:
      'Of the prefix or the country that the query names. What was sent before no longer counts.',
    success: [204, 'It is not suspended.'],
    problems: [],
  },
  'put-always-allow': {
    summary: 'Always allow a number, a prefix or a country',
    description:
      'The number, prefix or country that the query names is never suspended, and its suspension ends.',
    success: [204, 'It is always allowed.'],
    problems: ['invalid_number'],
  },
  'delete-always-allow': {
    summary: 'Take back an allowance',
    description: 'The number, prefix or country that the query names is judged as any other.',
    success: [204, 'It is no longer always allowed.'],
    problems: ['invalid_number'],
  },
}
