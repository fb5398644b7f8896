// The token: HOTP (RFC 4226) with a secret derived for each device and a counter drawn for each challenge.
// It is never stored, and can be derived again for a resend. Not TOTP: a time step of a second or more
// would give two challenges of one step the same token.
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { HOTP } from 'otplib'
import {
  type DeviceItem,
  type DeviceKey,
  livePending,
  type PendingToken,
} from '../device/device.ts'
import type { DeviceSettings } from '../settings/device.ts'
import type { TokenLength } from '../settings/token.ts'
import { digestToken } from './digest.ts'
import { deriveKey } from './keys.ts'

const hotp = new HOTP({
  crypto: {
    name: 'node:crypto',
    // A key object is a third of the work that bare bytes are.
    hmac: (algorithm, key, data) =>
      createHmac(algorithm, createSecretKey(key)).update(data).digest(),
    randomBytes,
    constantTimeEqual: (a, b) => timingSafeEqual(Buffer.from(a), Buffer.from(b)),
  },
})

/** The HOTP value of RFC 4226 §5.3, leading zeros kept. */
export function hotpValue(secret: Uint8Array, counter: number, length: TokenLength) {
  return hotp.generate(counter, { secret, digits: length })
}

/** A counter of 48 fresh random bits: a safe integer, and no token tells the next one. */
export function drawCounter(): number {
  return randomBytes(6).readUIntBE(0, 6)
}

/** Derives the token of one challenge. */
export function deriveToken(
  tokenKey: Uint8Array,
  challenge: { userId: string; deviceId: string; counter: number; length: TokenLength },
): Promise<string> {
  const secret = deriveKey(tokenKey, ['token', challenge.userId, challenge.deviceId])
  return hotpValue(secret, challenge.counter, challenge.length)
}

/** A new token: itself, the digest it is kept under, and the entry that is kept. */
export interface DrawnToken {
  token: string
  digest: string
  entry: PendingToken
}

/** Draws a new token for a device. */
export async function drawToken(
  tokenKey: Uint8Array,
  { userId, deviceId }: DeviceKey,
  { throttle, token: { length, validityMs } }: DeviceSettings,
  now: number,
): Promise<DrawnToken> {
  const counter = drawCounter()
  const token = await deriveToken(tokenKey, { userId, deviceId, counter, length })
  const digest = digestToken(tokenKey, { userId, deviceId, token })
  const validUntil = now + validityMs
  return {
    token,
    digest,
    entry: { nil: 0, yes: true, backoff: throttle.factorMs, validUntil, counter },
  }
}

/** The same challenge with a token that was not drawn: a test number's own. */
export function withToken(
  tokenKey: Uint8Array,
  { userId, deviceId }: DeviceKey,
  drawn: DrawnToken,
  token: string,
): DrawnToken {
  return { ...drawn, token, digest: digestToken(tokenKey, { userId, deviceId, token }) }
}

const lengths: TokenLength[] = [6, 7, 8]

/**
 * Finds the pending token of a device by its digest, whatever length it was made with; `known` is one that was not
 * derived. Null when there is none, and when the token key was replaced.
 */
export async function findPendingToken(
  tokenKey: Uint8Array,
  device: DeviceItem,
  known: string | null,
  now: number,
): Promise<string | null> {
  const entry = livePending(device, now)
  if (entry === null) return null
  const { userId, deviceId } = device
  const derived = lengths.map(length =>
    deriveToken(tokenKey, { userId, deviceId, counter: entry.counter, length }),
  )
  const tokens = [...(await Promise.all(derived)), ...(known === null ? [] : [known])]
  const isPending = (token: string) =>
    device.pending[digestToken(tokenKey, { userId, deviceId, token })] !== undefined
  return tokens.find(isPending) ?? null
}
