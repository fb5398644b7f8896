// A cursor is good for its caller and its search, as it was written, and for nothing else.
import { createCipheriv, hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorScope, readCursor, writeCursor } from '../../../lib/api/cursor.ts'
import type { Problem } from '../../../lib/problem.ts'

const indexKey = new Uint8Array(32)
const noon = Date.UTC(2026, 0, 1, 12)
const scope: CursorScope = {
  indexKey,
  caller: { hash: 'hash-of-an-api-key' },
  operation: 'find-devices',
  filter: '+15555550100',
  now: noon,
}
const start = { userId: 'alice', deviceId: '0190f5a0-0000-7000-8000-000000000001' }
const invalidCursor = expect.objectContaining({
  code: 'invalid_cursor',
  message: 'The cursor is not one of this search and API key, or is older than an hour.',
})

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= !'

describe('a cursor', () => {
  it('gives back where the next page starts', () => {
    expect(readCursor(writeCursor(start, scope), scope)).toEqual(start)
  })

  it('gives back any start, for any scope', () => {
    const starts = fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' }))
    const scopes = fc.record({
      indexKey: fc.constant(indexKey),
      caller: fc.record({ hash: fc.string(), prefix: fc.string() }),
      operation: fc.string(),
      filter: fc.option(fc.string()),
      now: fc.nat(),
    })
    fc.assert(
      fc.property(starts, scopes, (start, scope) => {
        const read = readCursor(writeCursor(start, scope), scope)

        expect(JSON.stringify(read)).toBe(JSON.stringify(start))
      }),
    )
  })

  // By HKDF and AES-GCM of Python's cryptography 45: a page that is open during a deploy goes on.
  it('is read in every version', () => {
    const written =
      'AAECAwQFBgcICQoL61L6hWpSh7FkscDXPxcX8m-l7qy0VGZqOGG61ncb5FxbYUp75gqH571J9HEkZWDu97gF7YZO-7nNOIvjMengr9Wi2LKz5QLazTkeOxjiUkH51iIPDjgFNBmC8-LRrM7pGMmEyWepbPkMnkUG51hv0TzoRf54'

    expect(readCursor(written, scope)).toEqual(start)
  })

  it('goes into a query as it is', () => {
    expect(writeCursor(start, scope)).toMatch(/^[\w-]+$/)
  })

  it('is another one each time', () => {
    expect(writeCursor(start, scope)).not.toBe(writeCursor(start, scope))
  })

  it('is good for an hour', () => {
    const cursor = writeCursor(start, scope)

    expect(readCursor(cursor, { ...scope, now: noon + 3_599_999 })).toEqual(start)
    expect(() => readCursor(cursor, { ...scope, now: noon + 3_600_000 })).toThrow(invalidCursor)
  })

  it('shows nothing of the page', () => {
    const shown = Buffer.from(writeCursor(start, scope), 'base64url').toString('latin1')

    expect(shown).not.toMatch(/alice|0190f5a0|userId|5555550100/)
  })

  it('does not show the hash of the API key', () => {
    const cursor = writeCursor(start, scope)

    const shown = cursor + Buffer.from(cursor, 'base64url').toString()
    expect(shown).not.toContain('hash-of-an-api-key')
  })
})

describe('a cursor is refused', () => {
  it.each([
    ['index key', { ...scope, indexKey: new Uint8Array(32).fill(1) }],
    ['API key', { ...scope, caller: { hash: 'hash-of-another-one' } }],
    ['prefix', { ...scope, caller: { ...scope.caller, prefix: 'acme:' } }],
    ['operation', { ...scope, operation: 'list-devices' }],
    ['number', { ...scope, filter: '+15555550101' }],
    ['search, over all numbers', { ...scope, filter: null }],
  ])('with another %s', (_, other) => {
    const cursor = writeCursor(start, scope)

    expect(() => readCursor(cursor, other)).toThrow(invalidCursor)
  })

  it('with a number when it was of all numbers', () => {
    const cursor = writeCursor(start, { ...scope, filter: null })

    expect(() => readCursor(cursor, scope)).toThrow(invalidCursor)
  })

  it('with the tag of another one', () => {
    const [one, other] = [start, { ...start, userId: 'bob' }].map(where =>
      Buffer.from(writeCursor(where, scope), 'base64url'),
    )
    const mixed = Buffer.concat([one!.subarray(0, 28), other!.subarray(28)])

    expect(() => readCursor(mixed.toString('base64url'), scope)).toThrow(invalidCursor)
  })

  it('when its caller has written it, by all that a caller knows', () => {
    const mine = createCipheriv(
      'aes-256-gcm',
      hash('sha256', 'otp_key', 'buffer'),
      Buffer.alloc(12),
    )
    const text = Buffer.concat([mine.update('{"start":{}}'), mine.final()])
    const cursor = Buffer.concat([Buffer.alloc(12), mine.getAuthTag(), text])

    expect(() => readCursor(cursor.toString('base64url'), scope)).toThrow(invalidCursor)
  })

  it.each([
    '',
    '.',
    '..',
    'garbage',
    'eyJ1c2VySWQiOiJhbGljZSJ9',
    'eyJ1c2VySWQiOiJhbGljZSJ9.',
    `.${'A'.repeat(43)}`,
    `e30.${'A'.repeat(43)}`,
    `e30.${'🔑'.repeat(43)}`,
    '🔑',
    '\0',
    'a'.repeat(10_000),
  ])('when it was not written here: %j', cursor => {
    expect(() => readCursor(cursor, scope)).toThrow(invalidCursor)
  })

  it('with a character taken away from either end', () => {
    const cursor = writeCursor(start, scope)

    expect(() => readCursor(cursor.slice(1), scope)).toThrow(invalidCursor)
    expect(() => readCursor(cursor.slice(0, -1), scope)).toThrow(invalidCursor)
  })

  it.each(['alice', 'alice-2', 'alicia'])(
    'with any one character changed, whatever the length of the user id: %s',
    userId => {
      const cursor = writeCursor({ ...start, userId }, scope)

      expect(everyChange(cursor).filter(isTaken)).toEqual([])
    },
  )

  it.each([
    ['!', ''],
    [' ', ''],
    ['', '.x'],
    ['', '.'],
  ])('with anything before or behind it: %j and %j', (before, behind) => {
    const cursor = writeCursor(start, scope)

    expect(() => readCursor(before + cursor + behind, scope)).toThrow(invalidCursor)
  })
})

function isTaken(cursor: string): boolean {
  try {
    readCursor(cursor, scope)
    return true
  } catch (error) {
    if ((error as Problem).code === 'invalid_cursor') return false
    throw error
  }
}

/** The cursor with each of its characters replaced by each other letter. */
function everyChange(cursor: string): string[] {
  return [...cursor].flatMap((letter, at) =>
    [...letters]
      .filter(other => other !== letter)
      .map(other => cursor.slice(0, at) + other + cursor.slice(at + 1)),
  )
}
