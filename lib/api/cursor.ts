// Where the next page starts, handed to the client and taken back: bound to the caller and to the search, so
// that a cursor that was changed, or belongs to somebody else's page, is refused.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../problem.ts'
import { lengthPrefixed } from '../token/keys.ts'

/** What a cursor is good for. */
export interface CursorScope {
  /** A secret of the caller's own; whoever has another API key has another one. */
  apiKeyHash: string
  number: string | null
}

/** Writes a cursor. */
export function writeCursor(start: Record<string, string>, scope: CursorScope): string {
  const text = JSON.stringify(start)
  return `${Buffer.from(text).toString('base64url')}.${seal(text, scope)}`
}

/** Reads a cursor, or throws `invalid_cursor`. */
export function readCursor(cursor: string, scope: CursorScope): Record<string, string> {
  const [encoded = '', given = ''] = cursor.split('.')
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  const expected = Buffer.from(seal(text, scope))
  const sealed = Buffer.from(given)
  if (sealed.length !== expected.length || !timingSafeEqual(sealed, expected)) {
    throw new Problem('invalid_cursor', 'The cursor is not one of this search and API key.')
  }
  return JSON.parse(text)
}

function seal(text: string, { apiKeyHash, number }: CursorScope): string {
  return createHmac('sha256', apiKeyHash)
    .update(lengthPrefixed([text, number ?? '']))
    .digest('base64url')
}
