// A cursor is good for its caller and its search, as it was written, and for nothing else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorScope, readCursor, writeCursor } from '../../../lib/api/cursor.ts'

const indexKey = new Uint8Array(32)
const scope: CursorScope = { indexKey, apiKeyHash: 'hash-of-an-api-key', number: '+15555550100' }
const start = { userId: 'alice', deviceId: '0190f5a0-0000-7000-8000-000000000001' }
const invalidCursor = expect.objectContaining({
  code: 'invalid_cursor',
  message: 'The cursor is not one of this search and API key.',
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
      apiKeyHash: fc.string(),
      number: fc.option(fc.string()),
    })
    fc.assert(
      fc.property(starts, scopes, (start, scope) => {
        const read = readCursor(writeCursor(start, scope), scope)

        expect(JSON.stringify(read)).toBe(JSON.stringify(start))
      }),
    )
  })

  // By HKDF and HMAC of Python: a page that is open during a deploy goes on.
  it('has the same seal in every version', () => {
    const [, seal] = writeCursor(start, scope).split('.')

    expect(seal).toBe('p5P5aWSgmM04LDUQvvs9ileEVfUxeLpbRgODOcJ7zrw')
  })

  it('goes into a query as it is', () => {
    expect(writeCursor(start, scope)).toMatch(/^[\w-]+\.[\w-]{43}$/)
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
    ['API key', { ...scope, apiKeyHash: 'hash-of-another-one' }],
    ['number', { ...scope, number: '+15555550101' }],
    ['search, over all numbers', { ...scope, number: null }],
  ])('with another %s', (_, other) => {
    const cursor = writeCursor(start, scope)

    expect(() => readCursor(cursor, other)).toThrow(invalidCursor)
  })

  it('with a number when it was of all numbers', () => {
    const cursor = writeCursor(start, { ...scope, number: null })

    expect(() => readCursor(cursor, scope)).toThrow(invalidCursor)
  })

  it('with the seal of another one', () => {
    const [text] = writeCursor({ ...start, userId: 'bob' }, scope).split('.')
    const [, seal] = writeCursor(start, scope).split('.')

    expect(() => readCursor(`${text}.${seal}`, scope)).toThrow(invalidCursor)
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

  it('with any one character changed where every bit counts', () => {
    // 69 bytes of JSON are 92 characters with no bit to spare.
    const cursor = writeCursor({ ...start, userId: 'alicia' }, scope)

    expect(cursor.indexOf('.')).toBe(92)
    expect(everyChange(cursor).filter(isTaken)).toEqual([])
  })

  it.each(['alice', 'alice-2'])(
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
    expect(error).toMatchObject({ code: 'invalid_cursor' })
    return false
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
