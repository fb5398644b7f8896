// The name of a request. By it a write recognises its own retry, and a client's.
import { createHash, randomUUID } from 'node:crypto'
import { lengthPrefixed } from './length-prefixed.ts'

/**
 * 60 bits: a name is compared only with the few that one item remembers, and the item
 * has to stay small.
 */
const nameLength = 10

/**
 * Names a request with 10 characters. The name is random, or the same for the same idempotency key
 * and `bound` value: one key with another token is another attempt.
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

/** Half of a challenge's name, 30 bits. */
const tagLength = 5

/**
 * Names a challenge: half of the name is its device's tag, the other half is random. So its device
 * is found by it, and no challenge has to be written down for that.
 */
export function challengeName(deviceId: string): string {
  return deviceTag(deviceId) + requestName(null).slice(tagLength)
}

/** Returns what the names of a device's challenges begin with. Few devices share it. */
export function deviceTag(deviceId: string): string {
  return createHash('sha256').update(deviceId).digest('base64url').slice(0, tagLength)
}

/** Returns the tag in the name of a challenge; null where a text is no such name. */
export function tagOfChallenge(text: string): string | null {
  return /^[\w-]{10}$/.test(text) ? text.slice(0, tagLength) : null
}

/**
 * Takes the 80 bits of a UUID before and after its version. Node.js keeps random bytes ready for
 * UUIDs, and asks the system for others each time.
 */
function randomBits(): Buffer {
  const uuid = randomUUID()
  return Buffer.from(uuid.slice(0, 8) + uuid.slice(-12), 'hex')
}
