// django-otp-twilio's recorded behaviour, replayed through the real handlers. Two kinds of guesses
// are answered otherwise, as docs/django.md says: an empty token is a bad request and is not
// counted, and spaces around a token are no part of it. In their places the replay gives a wrong
// token, which is what they were to the original.
import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { at } from '../../support/clock.ts'
import { type Answer, invoke, type Request } from '../../support/lambda.ts'
import {
  epoch,
  issuedTokens,
  type Recorded,
  recordedCases,
  type Step,
} from '../../support/recording.ts'
import { isLong } from '../../support/runs.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
afterAll(() => twilio.close())
const [create, get, challenge, verify, reset] = await Promise.all(
  ['create-device', 'get-device', 'challenge', 'verify', 'reset'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)

/** What the original takes for a wrong guess, and the API does not. */
const differing = { empty: 400, 'right-with-spaces': 200 } as const

const isRefused = ({ status, body }: Answer) =>
  (status === 403 && body.code === 'invalid_token') || (status === 429 && body.code === 'throttled')

/** One case's devices and tokens, played against the handlers with the clock of the recording. */
function player() {
  const users = new Map<string, string>()
  const devices = new Map<string, DeviceKey>()
  const tokens = issuedTokens()

  async function send(device: string, now: number): Promise<Answer> {
    const sent = await at(now, () => invoke(challenge, { ...devices.get(device) }))
    const token = twilio.messages.at(-1)!.body
    if (sent.status === 200 && tokens.isIssued(token)) return send(device, now)
    tokens.add(device, token)
    return sent
  }

  async function guess(device: string, kind: string, now: number): Promise<boolean> {
    const given = kind in differing ? 'wrong' : kind
    const request: Request = {
      ...devices.get(device),
      body: { token: tokens.guess(device, given) || tokens.guess(device, 'wrong') },
    }
    const answer = await at(now, () => invoke(verify, request))
    if (answer.status !== 200) expect(isRefused(answer)).toBe(true)
    return answer.status === 200
  }

  return {
    read: async (device: string, now: number) =>
      (await at(now, () => invoke(get, { method: 'GET', ...devices.get(device) }))).body,
    async play({ op, args, t }: Step): Promise<unknown> {
      const device = String(args.device)
      const now = epoch + t
      switch (op) {
        case 'create': {
          const userId = users.get(String(args.user)) ?? `user-${randomUUID()}`
          users.set(String(args.user), userId)
          const body = { number: '+15555550100', confirmed: true }
          const made = await at(now, () => invoke(create, { userId, body }))
          devices.set(device, { userId, deviceId: made.body.id })
          return made.status === 201 ? 'ok' : made.body.code
        }
        case 'challenge': {
          const sent = await send(device, now)
          return sent.status === 200 ? 'ok' : sent.body.code
        }
        case 'verify':
          return guess(device, String(args.kind), now)
        case 'reset': {
          const { status } = await at(now, () => invoke(reset, { ...devices.get(device) }))
          return status === 200 ? 'ok' : null
        }
        default:
          throw new Error(`unknown op ${op}`)
      }
    },
  }
}

const endOfTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
const moment = (at: number) => new Date(Math.min(epoch + at, endOfTime)).toISOString()

/** A device of the recording as the API shows it. */
function asShown({
  throttling_failure_count,
  verify_is_allowed,
  token_live,
  valid_until,
}: Recorded) {
  const { allowed, locked_until } = verify_is_allowed
  return {
    throttle: {
      allowed,
      failureCount: throttling_failure_count,
      lockedUntil: locked_until === null ? null : moment(locked_until),
    },
    pending: token_live ? { validUntil: moment(valid_until) } : null,
  }
}

/** Every third; all at full length. */
const replayed = recordedCases.filter(({ id }) => isLong || id % 3 === 0)

describe('every recorded step of django-otp-twilio ends the same by the API', () => {
  it.each(replayed.map(({ id }) => id))('case %i', async id => {
    const { settings, steps } = recordedCases.find(one => one.id === id)!
    process.env.OTP_TWILIO_THROTTLE_FACTOR = String(settings.OTP_TWILIO_THROTTLE_FACTOR)
    process.env.OTP_TWILIO_TOKEN_VALIDITY = String(settings.OTP_TWILIO_TOKEN_VALIDITY)
    const game = player()

    for (const [index, step] of steps.entries()) {
      // What only time changes is the store's replay's.
      if (step.op === 'advance') continue
      const result = await game.play(step)

      expect({ index, result }).toEqual({ index, result: step.result })
      for (const [device, recorded] of Object.entries(step.after)) {
        const { throttle, pending } = await game.read(device, epoch + step.t)
        const shown = asShown(recorded)
        expect({ index, device, throttle, pending }).toEqual({ index, device, ...shown })
      }
    }
  })
})

describe('a guess that was wrong in the original', () => {
  const given = recordedCases
    .flatMap(({ steps }) => steps)
    .filter(({ op, args }) => op === 'verify' && String(args.kind) in differing)

  it.each([
    ['empty', 'is a bad request, and is not counted', ''],
    ['right-with-spaces', 'is right', ' '],
  ] as const)('as %s %s', async (kind, _, spaces) => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '1'
    const body = { number: '+15555550100' }
    const { body: device } = await invoke(create, { userId: `user-${randomUUID()}`, body })
    const key = { userId: device.userId, deviceId: device.id }
    await invoke(challenge, key)
    const token = kind === 'empty' ? '' : `${spaces}${twilio.messages.at(-1)!.body}`

    const { status } = await invoke(verify, { ...key, body: { token } })

    expect(status).toBe(differing[kind])
    expect((await invoke(get, { method: 'GET', ...key })).body.throttle.failureCount).toBe(0)
    expect(given.some(({ args }) => args.kind === kind)).toBe(true)
  })
})
