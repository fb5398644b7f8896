// What the table keeps of a token: a keyed digest bound to its device. Without the token key it cannot be
// searched for the million tokens there are, and it means nothing on another device.
import { createHash, createHmac, createSecretKey, type KeyObject, randomUUID } from 'node:crypto'
import { deriveKey, lengthPrefixed } from './keys.ts'

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

/** 60 bits: names are only ever compared with the few that one item remembers, which has to stay small. */
const nameLength = 10

/**
 * Names one request, 10 characters: random, or the same for the same idempotency key and `bound` value, so
 * that one key with another token is another attempt.
 */
export function requestName(idempotencyKey: string | null, bound = ''): string {
  const bits =
    idempotencyKey === null
      ? randomBits()
      : createHash('sha256')
          .update(lengthPrefixed([idempotencyKey, bound]))
          .digest()
  return bits.toString('base64url').slice(0, nameLength)
}

/** The 80 bits of a UUID before and behind its version: Node has those at hand, and asks for others each time. */
function randomBits(): Buffer {
  const uuid = randomUUID()
  return Buffer.from(uuid.slice(0, 8) + uuid.slice(-12), 'hex')
}
