// Page cursors: where the next page starts. A cursor is encrypted and authenticated (AES-256-GCM)
// with a key that no caller has, for its caller, route and search, and for an hour. So it shows
// nothing, and one that was changed, made, kept or lent is refused.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { parseJson } from '../json.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import { Problem } from '../problem.ts'
import { deriveKey } from '../token/keys.ts'
import type { Principal } from './api-key.ts'

/** What a cursor is good for. */
export interface CursorScope {
  indexKey: Uint8Array
  caller: Pick<Principal, 'hash' | 'prefix'>
  /** The operation, and what it was asked for; null where nothing was. */
  operation: string
  filter: string | null
  /** Milliseconds since the epoch. */
  now: number
}

const lifeMs = 3_600_000
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Writes a cursor. */
export function writeCursor(start: Record<string, string>, scope: CursorScope): string {
  const nonce = randomBytes(nonceBytes)
  const writing = createCipheriv(cipher, keyOf(scope), nonce).setAAD(boundTo(scope))
  const text = JSON.stringify({ start, endsAt: scope.now + lifeMs })
  const sealed = [writing.update(text, 'utf8'), writing.final()]
  return Buffer.concat([nonce, writing.getAuthTag(), ...sealed]).toString('base64url')
}

/** Reads a cursor. Throws `invalid_cursor` when it is none of this scope. */
export function readCursor(cursor: string, scope: CursorScope): Record<string, string> {
  const { start, endsAt } = open(cursor, scope) ?? {}
  if (start !== undefined && endsAt !== undefined && scope.now < endsAt) return start
  throw new Problem(
    'invalid_cursor',
    'The cursor is not one of this search and API key, or is older than an hour.',
  )
}

interface Sealed {
  start: Record<string, string>
  endsAt: number
}

/** What is sealed was written here, so that its shape is known. */
function open(cursor: string, scope: CursorScope): Sealed | undefined {
  const bytes = Buffer.from(cursor, 'base64url')
  // Base64 that says the same in other letters is another cursor.
  if (bytes.toString('base64url') !== cursor || bytes.length < nonceBytes + tagBytes) return
  const reading = createDecipheriv(cipher, keyOf(scope), bytes.subarray(0, nonceBytes))
    .setAAD(boundTo(scope))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    const text = [reading.update(bytes.subarray(nonceBytes + tagBytes)), reading.final()]
    return parseJson(Buffer.concat(text).toString('utf8')) as Sealed
  } catch {
    return
  }
}

function keyOf({ indexKey }: CursorScope): Buffer {
  return deriveKey(indexKey, ['cursor', cipher])
}

function boundTo({ caller: { hash, prefix = '' }, operation, filter }: CursorScope): Buffer {
  return lengthPrefixed([hash + prefix, operation, filter === null ? 'all' : `of ${filter}`])
}
