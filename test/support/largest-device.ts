// The largest device that can come to be, and how many bytes DynamoDB counts for it.
import { type ChallengeOutcome, type DeviceItem, newDevice } from '../../lib/device/device.ts'
import { rescaled } from '../../lib/device/throttle.ts'
import { requestName } from '../../lib/request-name.ts'
import { digestToken } from '../../lib/token/digest.ts'

const noon = Date.UTC(2026, 0, 1, 12)
const ids = { userId: 'u'.repeat(128), deviceId: '0190f5a0-0000-7000-8000-000000000001' }

/**
 * Everything as long as it gets, the throttle included: a hundred failures at the largest factor.
 */
export function largestDevice(outcome: ChallengeOutcome): DeviceItem {
  const name = requestName(null)
  const digest = digestToken(Buffer.alloc(32), { ...ids, token: '123456' })
  const throttle = rescaled({ failures: 100, failedAt: noon }, 3_600_000)
  const largestName = '🔑'.repeat(32)
  const phone = { number: '+123456789012345', country: 'GB' }
  const given = { ...ids, ...phone, name: largestName, confirmed: false, factorMs: 3_600_000 }
  return {
    ...newDevice({ ...given, payload: name.slice(0, 8), now: noon }),
    failures: 100,
    failedAt: noon,
    // Ninety-nine failures, and a hundred guesses more.
    guessesEnd: 199,
    backoff: Number(throttle.backoff),
    lockedUntil: Number(throttle.lockedUntil),
    usedBefore: noon,
    challengedAt: noon,
    // One a second for thirty years.
    unverified: 999_999_999,
    challenge: {
      keyName: name,
      payload: name.slice(0, 8),
      requestName: name,
      id: name,
      firstId: name,
      test: true,
      validUntil: noon,
      outcome,
      progress: 5,
      // By WhatsApp, and not known why.
      reason: 35,
      reportedAt: noon,
      // A test number's, and sent in every way.
      via: 0x1ff_ffff,
    },
    viaNow: 0,
    viaOld: 0x1ff_ffff,
    actor: name,
    replaced: name,
    pending: {
      [digest]: {
        ...{ nil: 0, yes: true, backoff: 3_600_000, validUntil: noon },
        counter: 281_474_976_710_655,
      },
    },
    attempts: {
      ...{ id1: name, id2: name, id3: name, id4: name },
      ...{ ok1: false, ok2: false, ok3: false, ok4: false },
      ...{ was1: true, was2: true, was3: true, was4: true },
    },
  }
}

/**
 * DynamoDB's rules of item size: names and values in UTF-8, numbers two digits a byte and one more.
 */
export function sizeOfItem(members: object): number {
  return Object.entries(members).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value),
    0,
  )
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value === 'boolean') return 1
  if (typeof value === 'number') return Math.ceil(BigInt(value).toString().length / 2) + 1
  const members = value as object
  return 3 + Object.keys(members).length + sizeOfItem(members)
}
