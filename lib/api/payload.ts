// What a request with an idempotency key asked for, as eight characters: the same key with another
// payload is refused. They are kept in the item, so they are made with a key: a number that the
// device had once cannot be guessed from them.
import { createHmac } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'
import { Problem } from '../problem.ts'
import { deriveKey } from '../token/keys.ts'

/** 48 bits: two payloads are mixed up once in a quarter of a million billion times. */
const length = 8

/** Names a payload. What a phone changes by itself, such as its address, is no part of it. */
export function payloadName(indexKey: Uint8Array, parts: (string | boolean | null)[]): string {
  return createHmac('sha256', deriveKey(indexKey, ['payload']))
    .update(lengthPrefixed(parts.map(part => JSON.stringify(part))))
    .digest('base64url')
    .slice(0, length)
}

/** The problem of a key that was used for something else. */
export function idempotencyKeyReused(): Problem {
  return new Problem(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request; take a new one.',
  )
}
