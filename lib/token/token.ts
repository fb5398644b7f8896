// The token: HOTP (RFC 4226) with a secret derived for each device and a counter drawn for each
// challenge. It is never stored, and can be derived again for a resend. Not TOTP: its time step of
// at least a second would give two challenges in one step the same token.
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
    // A key object takes a third of the time that bare bytes take.
    hmac: (algorithm, key, data) =>
      createHmac(algorithm, createSecretKey(key)).update(data).digest(),
    randomBytes,
    constantTimeEqual: (a, b) => timingSafeEqual(Buffer.from(a), Buffer.from(b)),
  },
})

/** Returns the HOTP value of RFC 4226 §5.3, with its leading zeros. */
export function hotpValue(secret: Uint8Array, counter: number, length: TokenLength) {
  return hotp.generate(counter, { secret, digits: length })
}

/** Draws a counter of 48 random bits: a safe integer, and no token reveals the next one. */
export function drawCounter(): number {
  return randomBytes(6).readUIntBE(0, 6)
}

/** Derives the token of a challenge. */
export function deriveToken(
  tokenKey: Uint8Array,
  challenge: { userId: string; deviceId: string; counter: number; length: TokenLength },
): Promise<string> {
  const secret = deriveKey(tokenKey, ['token', challenge.userId, challenge.deviceId])
  return hotpValue(secret, challenge.counter, challenge.length)
}

/** A new token, its digest, and the entry that is stored. */
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

/** Replaces the token of a drawn challenge with a test number's own. */
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
 * Finds the pending token of a device by its digest, whatever its length. `known` is a token that
 * was not derived. Null when there is none, and when the token key was replaced.
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
