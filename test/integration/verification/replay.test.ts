// django-otp-twilio's recorded behaviour, replayed through the real store:
// test/fixtures/vectors-open.json.
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startChallenge } from '../../../lib/challenge/store.ts'
import { type DeviceItem, livePending, newDevice } from '../../../lib/device/device.ts'
import { createDevice, getDevice, resetDevice } from '../../../lib/device/store.ts'
import { lockEnd, verifyIsAllowed } from '../../../lib/device/throttle.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { requestName } from '../../../lib/request-name.ts'
import { type DeviceSettings, deviceSettings } from '../../../lib/settings/device.ts'
import { establishedSettings } from '../../../lib/settings/established.ts'
import { digestToken } from '../../../lib/token/digest.ts'
import { drawToken } from '../../../lib/token/token.ts'
import { verifyGuess } from '../../../lib/verification/store.ts'
import {
  epoch,
  issuedTokens,
  type Recorded,
  recordedCases,
  type Step,
} from '../../support/recording.ts'

const store = connectStore()
const tokenKey = randomBytes(32)
const signal = new AbortController().signal
/** As the original resets: without a cooldown, and without a bound of guesses. */
const atOnce = { cooldownMs: 0, tokenGuesses: null, actor: '' }
const unlimited = { allowedCountries: null, established: establishedSettings({}) }

/** One case's devices and tokens, played against the store with the clock of the recording. */
function player(settings: DeviceSettings) {
  const users = new Map<string, string>()
  const devices = new Map<string, { userId: string; deviceId: string }>()
  const tokens = issuedTokens()
  const key = (device: string) => {
    const found = devices.get(device)
    if (found === undefined) throw new Error(`no device ${device}`)
    return found
  }
  const userOf = (user: string) => {
    const userId = users.get(user) ?? `${user}-${randomUUID()}`
    users.set(user, userId)
    return userId
  }

  async function challenge(device: string, now: number) {
    let drawn = await drawToken(tokenKey, key(device), settings, now)
    while (tokens.isIssued(drawn.token))
      drawn = await drawToken(tokenKey, key(device), settings, now)
    const { token, ...pending } = drawn
    const started = await startChallenge(
      { store, key: key(device), settings: { ...settings, ...unlimited }, signal },
      { ...pending, requestName: requestName(null), keyName: null, now },
    )
    tokens.add(device, token)
    return started.outcome === 'started' ? 'ok' : started.outcome
  }

  async function verify(device: string, token: string, now: number) {
    const guess = digestToken(tokenKey, { ...key(device), token })
    const attempt = { guess, attempt: requestName(null), now }
    const result = await verifyGuess(
      { store, key: key(device), throttle: settings.throttle, signal },
      attempt,
    )
    return result.outcome === 'accepted'
  }

  return {
    read: (device: string) => getDevice(store, key(device), signal),
    async play({ op, args, t }: Step): Promise<unknown> {
      const device = String(args.device)
      const now = epoch + t
      switch (op) {
        case 'advance':
          return null
        case 'create': {
          const fresh = { userId: userOf(String(args.user)), deviceId: randomUUID() }
          devices.set(device, fresh)
          const { factorMs } = settings.throttle
          const phone = { number: '+15555550100', country: '' }
          const given = { name: '', ...phone, confirmed: true }
          await createDevice(store, newDevice({ ...fresh, ...given, factorMs, now }), signal)
          return 'ok'
        }
        case 'challenge':
          return challenge(device, now)
        case 'verify':
          return verify(device, tokens.guess(device, String(args.kind)), now)
        case 'reset':
          return (await resetDevice(store, key(device), { now, ...atOnce }, signal)) ? 'ok' : null
        default:
          throw new Error(`unknown op ${op}`)
      }
    },
  }
}

/** An item in the words of the recording. */
function asRecorded(item: DeviceItem, settings: DeviceSettings, now: number) {
  const { allowed } = verifyIsAllowed(item, settings.throttle, now)
  const live = livePending(item, now)
  const lockedUntil = lockEnd(item, settings.throttle)
  return {
    throttling_failure_count: item.failures,
    throttling_failure_timestamp: item.failedAt === 0 ? null : item.failedAt - epoch,
    verify_is_allowed: {
      allowed,
      failure_count: allowed ? null : item.failures,
      locked_until: allowed || lockedUntil === null ? null : lockedUntil - epoch,
    },
    token_live: live !== null,
    ...(live !== null && { valid_until: live.validUntil - epoch }),
  }
}

function expected({ valid_until, ...recorded }: Recorded) {
  return { ...recorded, ...(recorded.token_live && { valid_until }) }
}

describe('every recorded step of django-otp-twilio ends the same', () => {
  it.each(recordedCases.map(({ id }) => id))('case %i', async id => {
    const { settings: given, steps } = recordedCases.find(one => one.id === id)!
    const settings = deviceSettings({
      OTP_TWILIO_THROTTLE_FACTOR: String(given.OTP_TWILIO_THROTTLE_FACTOR),
      OTP_TWILIO_TOKEN_VALIDITY: String(given.OTP_TWILIO_TOKEN_VALIDITY),
    })
    const game = player(settings)

    for (const [index, step] of steps.entries()) {
      const result = await game.play(step)

      expect({ index, result }).toEqual({ index, result: step.result })
      for (const [device, recorded] of Object.entries(step.after)) {
        const item = await game.read(device)
        const state = asRecorded(item!, settings, epoch + step.t)
        expect({ index, device, ...state }).toEqual({ index, device, ...expected(recorded) })
      }
    }
  })
})

it('the recording has 60 cases and 1,458 steps', () => {
  const steps = recordedCases.flatMap(one => one.steps)

  expect([recordedCases.length, steps.length]).toEqual([60, 1458])
})
