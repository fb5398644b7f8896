// What the table keeps of a token: a keyed digest, bound to its device. Without the token key the
// million possible tokens cannot be tried against it, and on another device it means nothing.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'
import { deriveKey } from './keys.ts'

/**
 * Returns the HMAC-SHA-256-128 (RFC 4868) over user, device and token, base64url. It has 22
 * characters, so that the item is one write unit.
 */
export function digestToken(
  tokenKey: Uint8Array,
  guess: { userId: string; deviceId: string; token: string },
): string {
  return createHmac('sha256', digestKey(tokenKey))
    .update(lengthPrefixed([guess.userId, guess.deviceId, guess.token]))
    .digest()
    .subarray(0, 16)
    .toString('base64url')
}

/**
 * The key that was derived last. A deployment has one, and deriving it costs as much as
 * the rest of a digest.
 */
let last: { tokenKey: Buffer; digestKey: KeyObject } | null = null

function digestKey(tokenKey: Uint8Array): KeyObject {
  if (last === null || !last.tokenKey.equals(tokenKey)) {
    const derived = createSecretKey(deriveKey(tokenKey, ['digest']))
    last = { tokenKey: Buffer.from(tokenKey), digestKey: derived }
  }
  return last.digestKey
}
