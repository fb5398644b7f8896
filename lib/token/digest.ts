// What the table keeps of a token: a keyed digest bound to its device. Without the token key it cannot be
// searched for the million tokens there are, and it means nothing on another device.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'
import { deriveKey } from './keys.ts'

/** HMAC-SHA-256-128 (RFC 4868) over user, device and token, base64url (22 characters: the item is one write unit). */
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

/** The key that was derived last: a deployment has one, and deriving it costs as much as all else of a digest. */
let last: { tokenKey: Buffer; digestKey: KeyObject } | null = null

function digestKey(tokenKey: Uint8Array): KeyObject {
  if (last === null || !last.tokenKey.equals(tokenKey)) {
    const derived = createSecretKey(deriveKey(tokenKey, ['digest']))
    last = { tokenKey: Buffer.from(tokenKey), digestKey: derived }
  }
  return last.digestKey
}
