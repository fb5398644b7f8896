// The name of a request: by it a write knows its own retry, and a client's.
import { createHash, randomUUID } from 'node:crypto'
import { lengthPrefixed } from './length-prefixed.ts'

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
