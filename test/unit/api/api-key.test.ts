// API keys: how they are drawn, who calls with one, and what OTP_API_KEYS may be.
import { timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  actorOf,
  addApiKey,
  drawApiKey,
  findOverlap,
  findPrincipal,
  hashApiKey,
  isExpired,
  isFor,
  type Principal,
  parseApiKeys,
  revokeApiKey,
  type Scope,
  scopes,
} from '../../../lib/api/api-key.ts'
import { Problem } from '../../../lib/problem.ts'

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) }
})

const canary = 'canary-9d1f3c'
const hash = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg' // SHA-256 of "test"

function principal(name: string, key: string, granted: readonly Scope[] = ['verify']): Principal {
  return { name, hash: hashApiKey(key), scopes: granted }
}

beforeEach(() => {
  vi.mocked(timingSafeEqual).mockClear()
})

describe('a key', () => {
  test('is letters and digits alone: otp and 32 bytes in hexadecimal', () => {
    const apiKey = drawApiKey()

    expect(apiKey).toMatch(/^otp[0-9a-f]{64}$/)
    expect(Buffer.from(apiKey.slice(3), 'hex')).toHaveLength(32)
  })

  test('is never drawn twice', () => {
    const drawn = new Set(Array.from({ length: 1000 }, drawApiKey))

    expect(drawn.size).toBe(1000)
  })

  test('is hashed with SHA-256, in base64url without padding', () => {
    expect(hashApiKey('test')).toBe(hash)
  })
})

describe('a caller', () => {
  const kept = [principal('a', 'key-a'), principal('b', 'key-b'), principal('c', 'key-c')]

  test.each([
    ['key-a', 'a'],
    ['key-b', 'b'],
    ['key-c', 'c'],
  ])('with the key %s is %s, wherever it stands in the list', (apiKey, name) => {
    expect(findPrincipal(kept, apiKey)?.name).toBe(name)
  })

  test.each(['', 'key-', 'key-A', 'key-a ', ' key-a', 'key-aa', hashApiKey('key-a')])(
    'with the key "%s" is not known',
    apiKey => {
      expect(findPrincipal(kept, apiKey)).toBeNull()
    },
  )

  test('is not known when no key is kept', () => {
    expect(findPrincipal([], 'key-a')).toBeNull()
  })

  test('is compared with every kept hash in constant time', () => {
    findPrincipal(kept, 'key-a')
    findPrincipal(kept, 'key-x')

    expect(timingSafeEqual).toHaveBeenCalledTimes(6)
  })

  test('with one of two keys of a name has the scopes of that key', () => {
    const twice = [principal('a', 'old', ['verify']), principal('a', 'new', ['admin'])]

    expect(findPrincipal(twice, 'old')?.scopes).toEqual(['verify'])
    expect(findPrincipal(twice, 'new')?.scopes).toEqual(['admin'])
  })

  test('with a key that is kept twice is the first', () => {
    const twice = [principal('first', 'key', ['verify']), principal('second', 'key', ['admin'])]

    expect(findPrincipal(twice, 'key')?.name).toBe('first')
  })
})

describe('OTP_API_KEYS', () => {
  const good = { name: 'backend', hash, scopes: ['devices:read', 'verify'] }

  test('that is missing knows no caller', () => {
    expect(parseApiKeys(undefined)).toEqual([])
  })

  test('that is empty knows no caller', () => {
    expect(parseApiKeys('[]')).toEqual([])
  })

  test('is a JSON array of name, hash and scopes', () => {
    expect(parseApiKeys(JSON.stringify([good]))).toEqual([good])
  })

  test('takes every scope there is', () => {
    const all = {
      ...good,
      scopes: ['devices:read', 'devices:write', 'challenge', 'verify', 'admin'],
    }

    expect(parseApiKeys(JSON.stringify([all]))).toEqual([all])
    expect(scopes).toEqual(all.scopes)
  })

  test('takes a key without a scope', () => {
    const none = { ...good, scopes: [] }

    expect(parseApiKeys(JSON.stringify([good, none]))).toEqual([good, none])
  })

  test('keeps the members that it does not know', () => {
    const noted = { ...good, note: 'made by hand' }

    expect(parseApiKeys(JSON.stringify([noted]))).toEqual([noted])
  })

  test.each([
    ['no JSON', canary],
    ['cut short', `[{"name": "${canary}"`],
    ['an empty string', ''],
    ['null', 'null'],
    ['a string', `"${canary}"`],
    ['one key outside of a list', JSON.stringify({ ...good, name: canary })],
    ['a list by name', JSON.stringify({ [canary]: good })],
    ['a list of strings', JSON.stringify([canary])],
    ['a list of null', '[null]'],
    ['a list in a list', JSON.stringify([[good]])],
    ['a key without a name', JSON.stringify([{ hash, scopes: [] }])],
    ['a name that is a number', JSON.stringify([{ ...good, name: 1 }])],
    ['a key without a hash', JSON.stringify([{ name: canary, scopes: [] }])],
    ['a bare key for a hash', JSON.stringify([{ ...good, hash: `otp_${canary}` }])],
    ['a hash in hex', JSON.stringify([{ ...good, hash: 'ab'.repeat(32) }])],
    ['a hash with padding', JSON.stringify([{ ...good, hash: `${hash}=` }])],
    ['a hash with a line break', JSON.stringify([{ ...good, hash: `${hash}\n` }])],
    ['a hash in plain base64', JSON.stringify([{ ...good, hash: `+/${hash.slice(2)}` }])],
    ['a hash that is a list', JSON.stringify([{ ...good, hash: [hash] }])],
    ['a key without scopes', JSON.stringify([{ name: canary, hash }])],
    ['scopes that are one string', JSON.stringify([{ ...good, scopes: 'verify' }])],
    ['a scope that does not exist', JSON.stringify([{ ...good, scopes: ['verify', canary] }])],
    ['a scope that every object has', JSON.stringify([{ ...good, scopes: ['toString'] }])],
    ['a scope in a list', JSON.stringify([{ ...good, scopes: [['verify']] }])],
    ['a key that is its own prototype', `[{"__proto__": ${JSON.stringify(good)}}]`],
    ['a list that is its own prototype', `{"__proto__": [${JSON.stringify(good)}]}`],
    ['one bad key among good ones', JSON.stringify([good, { ...good, hash: canary }, good])],
  ])('is refused as a whole and never quoted: %s', (_, json) => {
    const problem = problemOf(() => parseApiKeys(json))

    expect(problem.code).toBe('not_configured')
    expect(problem.message).toBe('OTP_API_KEYS must be a JSON array of {name, hash, scopes}.')
    expect(inspect(problem)).not.toContain(canary)
  })

  test('takes no scope from a prototype', () => {
    const sneaky = `[{"name": "a", "hash": "${hash}", "scopes": [], "__proto__": {"scopes": ["admin"]}}]`

    const found = findPrincipal(parseApiKeys(sneaky), 'test')

    expect(found?.scopes).toEqual([])
    expect(Object.getPrototypeOf({}).scopes).toBeUndefined()
  })

  test('is searched or refused, whatever it is', () => {
    const key = fc.record({
      name: fc.oneof(fc.string(), fc.jsonValue()),
      hash: fc.oneof(fc.constant(hash), fc.string(), fc.jsonValue()),
      scopes: fc.oneof(fc.array(fc.constantFrom(...scopes)), fc.jsonValue()),
    })
    const json = fc.oneof(
      fc.array(key).map(keys => JSON.stringify(keys)),
      fc.json(),
      fc.string(),
    )

    fc.assert(
      fc.property(json, given => {
        try {
          findPrincipal(parseApiKeys(given), 'another key')
        } catch (error) {
          expect(error).toBeInstanceOf(Problem)
        }
      }),
    )
  })
})

describe('the list of keys', () => {
  const a = principal('a', 'key-a')
  const b = principal('b', 'key-b')

  test('takes a new name at its end', () => {
    const kept = [a]

    expect(addApiKey(kept, b)).toEqual([a, b])
    expect(kept).toEqual([a])
  })

  test('takes no name twice', () => {
    expect(addApiKey([a, b], principal('a', 'another key'))).toBe('a')
  })

  test('takes no name that begins like another one, which would act in its name', () => {
    const kept = [principal('backend-eu-1', 'key')]

    expect(addApiKey(kept, principal('backend-eu-2', 'other'))).toBe('backend-eu-1')
    expect(addApiKey(kept, principal('backend-us-1', 'other'))).toHaveLength(2)
    expect(actorOf({ name: 'backend-eu-1' })).toBe('backend-eu')
  })

  test.each(['__proto__', 'constructor', 'toString'])('takes the name %s once', name => {
    const added = principal(name, 'key')

    expect(addApiKey([a], added)).toEqual([a, added])
    expect(addApiKey([a, added], added)).toBe(name)
  })

  test('loses the key of a name and no other', () => {
    const kept = [a, b]

    expect(revokeApiKey(kept, 'a')).toEqual([b])
    expect(kept).toEqual([a, b])
  })

  test('can lose its last key', () => {
    expect(revokeApiKey([a], 'a')).toEqual([])
  })

  test('loses every key of a name that was given twice by hand', () => {
    expect(revokeApiKey([a, b, principal('a', 'another key')], 'a')).toEqual([b])
  })

  test.each(['c', 'A', '', '__proto__'])('has no key "%s" to lose', name => {
    expect(revokeApiKey([a, b], name)).toBeNull()
  })
})

function problemOf(act: () => unknown): Problem {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return error
  }
  throw new Error('It was not refused.')
}

describe('a key with an end', () => {
  const until = (date: unknown) => ({ ...principal('a', 'key'), until: date as string })

  test.each([
    ['2026-12-31', '2026-12-31T23:59:59.999Z', false],
    ['2026-12-31', '2027-01-01T00:00:00.000Z', true],
    [undefined, '2999-01-01T00:00:00.000Z', false],
  ])('of %s is at %s expired: %s', (date, now, expired) => {
    expect(isExpired(until(date), Date.parse(now))).toBe(expired)
  })

  test.each(['', '2026-02-31', '2026-1-1', 'tomorrow', '2026', 20261231, null])(
    'is none of %j',
    date => {
      expect(() => parseApiKeys(JSON.stringify([until(date)]))).toThrow(Problem)
    },
  )

  test.each([['2026-12-31T00:00:00.000Z'], [['2026-12-31']]])(
    'is none of %j, which is more than a date',
    date => {
      expect(() => parseApiKeys(JSON.stringify([until(date)]))).toThrow(Problem)
    },
  )

  test('is kept with it', () => {
    const kept = [until('2026-12-31')]

    expect(parseApiKeys(JSON.stringify(kept))).toEqual(kept)
  })
})

describe('a key with a prefix', () => {
  const of = (prefix: unknown, granted: readonly Scope[] = ['verify']) =>
    JSON.stringify([{ ...principal('a', 'key', granted), prefix }])

  test.each([
    ['acme:', 'acme:1', true],
    ['acme:', 'acme:', true],
    ['acme:', '', true],
    ['acme:', 'acme', false],
    ['acme:', 'acme2:1', false],
    ['acme:', 'ACME:1', false],
    ['acme:', 'x:acme:1', false],
    [undefined, 'anybody', true],
  ])('%s is for the user "%s": %s', (prefix, userId, expected) => {
    expect(isFor(prefix === undefined ? {} : { prefix }, userId)).toBe(expected)
  })

  test('is kept with it', () => {
    expect(parseApiKeys(of('acme:'))).toMatchObject([{ prefix: 'acme:' }])
  })

  test.each(['', 'acme', ':', ' acme:', 'acme:x', 'a/b:', 1, null, ['acme:']])(
    'is none of %j',
    prefix => {
      expect(() => parseApiKeys(of(prefix))).toThrow(Problem)
    },
  )

  test('has no scope admin', () => {
    expect(() => parseApiKeys(of('acme:', ['verify', 'admin']))).toThrow(Problem)
  })
})

describe('a key of a prefix shares users', () => {
  const of = (prefix?: string) => ({
    ...principal('a', 'key'),
    ...(prefix !== undefined && { prefix }),
  })

  test.each([
    ['acme:', 'acme:'],
    ['acme:eu:', 'acme:'],
    ['acme:', 'acme:eu:'],
  ])('%s with one of %s', (added, kept) => {
    expect(findOverlap([of('other:'), of(kept)], of(added))).toEqual(of(kept))
  })

  test.each([
    ['acme:', 'acme2:'],
    ['acme:', 'eu:acme:'],
    ['acme:', undefined],
    [undefined, 'acme:'],
    [undefined, undefined],
  ])('%s with none of %s', (added, kept) => {
    expect(findOverlap([of(kept)], of(added))).toBeUndefined()
  })
})

describe.each(['audiences', 'testAudiences'])('%s of a key', name => {
  const of = (value: unknown) => JSON.stringify([{ ...principal('a', 'key'), [name]: value }])

  test.each([[[]], [['bank']], [['https://bank.example/a', 'shop']]])('are %j', value => {
    expect(parseApiKeys(of(value))).toMatchObject([{ [name]: value }])
  })

  test.each([['bank'], [null], [{}], [['']], [['a bank']], [['shop', 'a bank']]])(
    'are not %j',
    value => {
      expect(() => parseApiKeys(of(value))).toThrow(Problem)
    },
  )
})
