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
import vectors from '../../fixtures/vectors-open.json' with { type: 'json' }

const store = connectStore()
const tokenKey = randomBytes(32)
const epoch = Date.UTC(2024, 0, 1)
const signal = new AbortController().signal
/** As the original resets: without a cooldown, and without a bound of guesses. */
const atOnce = { cooldownMs: 0, tokenGuesses: null }
const unlimited = { allowedCountries: null, established: establishedSettings({}) }

interface Step {
  op: string
  args: Record<string, string | number>
  t: number
  result: unknown
  after: Record<string, Recorded>
}
interface Recorded {
  throttling_failure_count: number
  throttling_failure_timestamp: number | null
  verify_is_allowed: { allowed: boolean; failure_count: number | null; locked_until: number | null }
  token_live: boolean
  valid_until: number
}

/** One case's devices and tokens, played against the store with the clock of the recording. */
function player(settings: DeviceSettings) {
  const users = new Map<string, string>()
  const devices = new Map<string, { userId: string; deviceId: string }>()
  const issued = new Map<string, string[]>()
  const isIssued = (token: string) => [...issued.values()].flat().includes(token)
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
    while (isIssued(drawn.token)) drawn = await drawToken(tokenKey, key(device), settings, now)
    const { token, ...pending } = drawn
    const started = await startChallenge(
      { store, key: key(device), settings: { ...settings, ...unlimited }, signal },
      { ...pending, requestName: requestName(null), keyName: null, now },
    )
    issued.set(device, [...(issued.get(device) ?? []), token])
    return started.outcome === 'started' ? 'ok' : started.outcome
  }

  function tokenFor(device: string, kind: string): string {
    const own = issued.get(device) ?? []
    const [other = ''] = [...issued]
      .filter(([name]) => name !== device)
      .map(([, all]) => all.at(-1))
    const unissued = () => {
      let token = '000000'
      while (isIssued(token)) token = String(Number(token) + 1).padStart(6, '0')
      return token
    }
    const tokens: Record<string, () => string> = {
      right: () => own.at(-1) ?? '',
      previous: () => own.at(-2) ?? '',
      other: () => other ?? '',
      'right-with-spaces': () => ` ${own.at(-1)}`,
      empty: () => '',
      wrong: unissued,
    }
    const find = tokens[kind]
    if (find === undefined) throw new Error(`unknown kind ${kind}`)
    return find()
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
          return verify(device, tokenFor(device, String(args.kind)), now)
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
  it.each(vectors.cases.map(({ id }) => id))('case %i', async id => {
    const { settings: given, steps } = vectors.cases.find(one => one.id === id)!
    const settings = deviceSettings({
      OTP_TWILIO_THROTTLE_FACTOR: String(given.OTP_TWILIO_THROTTLE_FACTOR),
      OTP_TWILIO_TOKEN_VALIDITY: String(given.OTP_TWILIO_TOKEN_VALIDITY),
    })
    const game = player(settings)

    for (const [index, step] of (steps as unknown as Step[]).entries()) {
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
  const steps = vectors.cases.flatMap(one => one.steps as unknown[])

  expect([vectors.cases.length, steps.length]).toEqual([60, 1458])
})
