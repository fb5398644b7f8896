// Page cursors: where the next page starts. A cursor is sealed with a key that no caller has, and
// bound to the caller and to the search. So a changed cursor, one that a caller made, and another
// caller's cursor are refused.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'
import { Problem } from '../problem.ts'
import { deriveKey } from '../token/keys.ts'

/** What a cursor is sealed with and valid for. */
export interface CursorScope {
  indexKey: Uint8Array
  /** Names the caller. */
  apiKeyHash: string
  number: string | null
}

/** Writes a cursor, sealed for its scope. */
export function writeCursor(start: Record<string, string>, scope: CursorScope): string {
  const encoded = Buffer.from(JSON.stringify(start)).toString('base64url')
  return `${encoded}.${seal(encoded, scope)}`
}

/** Reads a cursor. Throws `invalid_cursor` when it is malformed or of another scope. */
export function readCursor(cursor: string, scope: CursorScope): Record<string, string> {
  const [encoded = ''] = cursor.split('.')
  const expected = Buffer.from(`${encoded}.${seal(encoded, scope)}`)
  const given = Buffer.from(cursor)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Problem('invalid_cursor', 'The cursor is not one of this search and API key.')
  }
  return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
}

function seal(encoded: string, { indexKey, apiKeyHash, number }: CursorScope): string {
  return createHmac('sha256', deriveKey(indexKey, ['cursor']))
    .update(lengthPrefixed([apiKeyHash, encoded, number ?? '']))
    .digest('base64url')
}
