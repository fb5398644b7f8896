// What a client is answered: code, sentence, members and Retry-After of the problems of a device
// and of the ends of a challenge.
import { describe, expect, it } from 'vitest'
import { answerChallenge } from '../../../lib/api/challenge-answer.ts'
import * as deviceProblems from '../../../lib/api/device-problems.ts'
import type { ChallengeOutcome, DeviceItem } from '../../../lib/device/device.ts'
import type { Problem } from '../../../lib/problem.ts'
import { channelNotEnabled, channels } from '../../../lib/settings/channels.ts'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { deviceOf, noon } from '../../support/device.ts'

const settings = deviceSettings({
  OTP_TWILIO_THROTTLE_FACTOR: '1',
  OTP_TWILIO_MAX_FAILURES: '10',
  OTP_TWILIO_COOLDOWN: '30',
})
const device = deviceOf({
  failures: 3,
  failedAt: noon,
  challengedAt: noon,
  unverified: 1,
  challenge: { keyName: '', requestName: 'r1', validUntil: noon + 300_000 },
})

/** Made within each test, so that it is the test's. */
const all = (): [string, Problem, { message?: string; members: object; headers: object }][] => [
  [
    'device_not_found',
    deviceProblems.deviceNotFound(),
    { message: 'The user has no such device; list the user’s devices.', members: {}, headers: {} },
  ],
  [
    'device_disabled',
    deviceProblems.deviceDisabled(device),
    {
      message: 'The device failed too often, until an admin resets it.',
      members: { failureCount: 3 },
      headers: {},
    },
  ],
  [
    'cooldown',
    deviceProblems.cooldownRunning(noon + 1001, noon),
    {
      message:
        'The last challenge was too short a time ago; nothing was sent; wait until nextChallengeAt.',
      members: { nextChallengeAt: '2026-01-01T12:00:01.001Z' },
      headers: { 'retry-after': '2' },
    },
  ],
  [
    'limit_reached',
    deviceProblems.limitReached('user', noon + 5000, noon),
    {
      message: 'Too many were sent in too short a time; nothing was sent; wait for Retry-After.',
      members: { limit: 'user' },
      headers: { 'retry-after': '5' },
    },
  ],
  [
    'suspended',
    deviceProblems.sendingSuspended('country', noon, noon),
    {
      message:
        'Sending to this number’s country is suspended; nothing was sent; wait for Retry-After.',
      members: { suspended: 'country' },
      headers: { 'retry-after': '1' },
    },
  ],
  [
    'challenge_not_found',
    deviceProblems.challengeNotFound(),
    { message: 'The device has had no challenge yet; challenge it.', members: {}, headers: {} },
  ],
  [
    'channel_not_enabled',
    channelNotEnabled(['sms']),
    {
      message: 'This channel is not on; nothing was sent.',
      members: { channels: ['sms'] },
      headers: {},
    },
  ],
  [
    'nothing_to_resend',
    deviceProblems.nothingToResend(),
    { message: 'The device has no live token; challenge it anew.', members: {}, headers: {} },
  ],
  [
    'challenge_in_progress',
    deviceProblems.challengeInProgress(),
    {
      message:
        'A challenge with this Idempotency-Key was started and has no outcome yet; nothing was sent again; ask again with the same key.',
      members: {},
      headers: {},
    },
  ],
  [
    'invalid_token',
    deviceProblems.invalidToken(device, settings.throttle, noon),
    {
      message: 'The token is wrong, used or expired; ask for it again, from lockedUntil on.',
      members: { failureCount: 3, lockedUntil: '2026-01-01T12:00:04.000Z' },
      headers: {},
    },
  ],
  [
    'invalid_token',
    deviceProblems.invalidToken(
      {
        ...device,
        guessesEnd: 5,
        pending: { digest: { nil: 0, yes: true, backoff: 1000, validUntil: noon, counter: 1 } },
      },
      { ...settings.throttle, tokenGuesses: 5 },
      noon,
    ),
    {
      members: { failureCount: 3, lockedUntil: '2026-01-01T12:00:04.000Z', guessesLeft: 2 },
      headers: {},
    },
  ],
  [
    'token_used_up',
    deviceProblems.tokenUsedUp(),
    {
      message: 'The token has taken all its guesses; ask for a new token.',
      members: {},
      headers: {},
    },
  ],
  [
    'no_token',
    deviceProblems.noToken(),
    {
      message: 'The device has no pending token; ask for a new token.',
      members: {},
      headers: {},
    },
  ],
  [
    'challenge_replaced',
    deviceProblems.challengeReplaced(),
    {
      message: 'The pending token is of another challenge; ask for a new token.',
      members: {},
      headers: {},
    },
  ],
  [
    'invalid_body',
    deviceProblems.challengeIdMissing(),
    { message: 'The member challengeId is missing.', members: {}, headers: {} },
  ],
  [
    'throttled',
    deviceProblems.throttled(device, settings.throttle, noon + 500),
    {
      message: 'The device is locked after failures; nothing was compared; wait until lockedUntil.',
      members: { failureCount: 3, lockedUntil: '2026-01-01T12:00:04.000Z' },
      headers: { 'retry-after': '4' },
    },
  ],
  [
    'throttled',
    deviceProblems.throttled({ ...device, failures: 0 }, settings.throttle, noon),
    { members: { failureCount: 0, lockedUntil: null }, headers: { 'retry-after': '1' } },
  ],
]

describe('a problem of a device', () => {
  it.each(all().map(([code], n) => [code, n] as const))(
    '%s has its own sentence, members and Retry-After',
    (code, n) => {
      const [, problem, expected] = all()[n]!
      expect(problem).toMatchObject({ code, ...expected })
      expect(problem.members).toEqual(expected.members)
    },
  )
})

function answer(result: ChallengeOutcome, given: Partial<DeviceItem> = {}, by = settings) {
  return answerChallenge(
    { outcome: 'ended', device: { ...device, ...given }, result, token: '' },
    { settings: by, messageFor: () => 'Sent', now: noon },
  )
}

describe('a challenge that was sent', () => {
  it('answers all that a waiting page needs', () => {
    const { statusCode, body } = answer({ code: 'sent' })

    expect(statusCode).toBe(200)
    expect(JSON.parse(body)).toEqual({
      challengeId: 'r1',
      message: 'Sent',
      number: '+1••••••••00',
      tokenLength: 6,
      validUntil: '2026-01-01T12:05:00.000Z',
      nextChallengeAt: '2026-01-01T12:00:30.000Z',
      lockedUntil: '2026-01-01T12:00:04.000Z',
      delivery: null,
    })
  })

  const ofTestNumber = { keyName: '', requestName: 'r1', test: true as const }

  it('is marked where it is a test number’s', () => {
    const { body } = answer({ code: 'sent' }, { challenge: ofTestNumber })

    expect(JSON.parse(body)).toMatchObject({ test: true })
  })

  it('is over where its token was rolled back', () => {
    const { body } = answer({ code: 'sent' }, { challenge: ofTestNumber })

    expect(JSON.parse(body)).toMatchObject({ validUntil: '1970-01-01T00:00:00.000Z' })
  })
})

describe('a challenge that was not sent', () => {
  it.each<[ChallengeOutcome, string, object, object]>([
    [
      { code: 'delivery_unknown' },
      'It is not known whether the message was sent; if it arrives, its token is good.',
      {
        challengeId: 'r1',
        validUntil: '2026-01-01T12:05:00.000Z',
        nextChallengeAt: '2026-01-01T12:00:30.000Z',
      },
      {},
    ],
    [
      { code: 'delivery_busy', retryAfterSeconds: 7 },
      'Twilio takes no more messages now; nothing was sent; try again with a new Idempotency-Key.',
      {},
      { 'retry-after': '7' },
    ],
    [
      { code: 'test_number_expired' },
      'The date of this test number has passed; nothing was sent; give it a later one.',
      {},
      {},
    ],
    [
      { code: 'undeliverable_number', twilioCode: 21211 },
      'Twilio does not send to this number; nothing was sent; offer what next says.',
      { twilioCode: 21211, next: 'another_number' },
      {},
    ],
    [
      { code: 'delivery_failed', twilioCode: null },
      'Twilio did not take the message; nothing was sent; try again with a new Idempotency-Key.',
      { twilioCode: null, next: 'retry' },
      {},
    ],
  ])('says why: %j', (outcome, message, members, headers) => {
    const problem = expect.objectContaining({ code: outcome.code, message, members, headers })

    expect(() => answer(outcome)).toThrow(problem)
  })

  it.each<[ChallengeOutcome['code'], number | null, string]>([
    ['undeliverable_number', 21_614, 'another_channel'],
    ['undeliverable_number', 21_211, 'another_number'],
    ['undeliverable_number', 21_610, 'another_number'],
    ['delivery_failed', 30_034, 'another_channel'],
    ['delivery_failed', 30_003, 'retry'],
    ['delivery_failed', null, 'retry'],
  ])('says what to offer where calls are on: %s (%s) is %s', (code, twilioCode, next) => {
    const members = { twilioCode, next }
    const withCalls = { ...settings, channels: channels.filter(one => one !== 'whatsapp') }

    expect(() => answer({ code, twilioCode } as ChallengeOutcome, {}, withCalls)).toThrow(
      expect.objectContaining({ members }),
    )
  })

  it.each<[ChallengeOutcome['code'], number]>([
    ['undeliverable_number', 21_614],
    ['delivery_failed', 30_034],
  ])('offers no channel where only one is on: %s (%s)', (code, twilioCode) => {
    const members = { twilioCode, next: 'another_number' }

    expect(() => answer({ code, twilioCode } as ChallengeOutcome)).toThrow(
      expect.objectContaining({ members }),
    )
  })
})
