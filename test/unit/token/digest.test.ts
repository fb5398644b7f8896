// What the table keeps of a token, against RFC 5869 and its own definition spelled out once more.
import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lengthPrefixed } from '../../../lib/length-prefixed.ts'
import { requestName } from '../../../lib/request-name.ts'
import { digestToken } from '../../../lib/token/digest.ts'
import { deriveKey } from '../../../lib/token/keys.ts'

/** The bytes 0 to 31. */
const tokenKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const deviceId = '0190f5a0-0000-7000-8000-000000000001'

/** HKDF-SHA-256 with an empty salt, for 32 bytes: one extraction, one expansion (RFC 5869 §2). */
function hkdf(key: Uint8Array, info: Buffer): Buffer {
  const pseudorandomKey = createHmac('sha256', Buffer.alloc(32)).update(key).digest()
  return createHmac('sha256', pseudorandomKey).update(info).update(Buffer.of(1)).digest()
}

/** Each part in UTF-8 behind its length in four bytes, most significant first. */
function prefixed(...parts: string[]): Buffer {
  const hex = parts.map(part => {
    const bytes = Buffer.from(part, 'utf8').toString('hex')
    return (bytes.length / 2).toString(16).padStart(8, '0') + bytes
  })
  return Buffer.from(hex.join(''), 'hex')
}

const texts = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 4 })

describe('length prefixes', () => {
  it('count bytes of UTF-8 in four bytes', () => {
    const bytes = lengthPrefixed(['ab', '', 'é'])

    expect(bytes.toString('hex')).toBe('0000000261620000000000000002c3a9')
  })

  it('make any two different lists different', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))

        expect(lengthPrefixed(one).equals(lengthPrefixed(other))).toBe(false)
      }),
    )
  })

  it('make a text different wherever it is cut', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), fc.nat(), (text, first, second) => {
        const [here, there] = [first % (text.length + 1), second % (text.length + 1)]
        fc.pre(here !== there)

        const one = lengthPrefixed([text.slice(0, here), text.slice(here)])
        const other = lengthPrefixed([text.slice(0, there), text.slice(there)])

        expect(one.equals(other)).toBe(false)
      }),
    )
  })
})

describe('a derived key', () => {
  it('is HKDF-SHA-256 with an empty salt and the length-prefixed info', () => {
    const key = deriveKey(tokenKey, ['token', 'alice', deviceId])

    expect(key).toEqual(hkdf(tokenKey, prefixed('token', 'alice', deviceId)))
    // Made by a separate HKDF in Python.
    expect(key.toString('hex')).toBe(
      '0e46dad9ba17c907585e9474e7f45d807d88c32771618d8d25a95985130d6184',
    )
  })

  it('is another one for another purpose', () => {
    const keys = [deriveKey(tokenKey, ['digest']), deriveKey(tokenKey, ['token'])]

    expect(keys[0]?.equals(keys[1] as Buffer)).toBe(false)
  })
})

describe('a digest', () => {
  it('is HMAC-SHA-256 under the digest key over user, device and token', () => {
    const digest = digestToken(tokenKey, { userId: 'alice', deviceId, token: '123456' })

    const byHand = createHmac('sha256', hkdf(tokenKey, prefixed('digest')))
      .update(prefixed('alice', deviceId, '123456'))
      .digest()
      .toString('base64url', 0, 16)
    expect(digest).toBe(byHand)
    // Made by a separate HKDF and HMAC in Python.
    expect(digest).toBe('VaIM6WygPsfP-sQR-ZA5Fw')
  })

  it('is the spelled-out HMAC for any user, device and token', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, text, text, (...given) => {
        const [key, userId, deviceId, token] = given

        const digest = digestToken(key, { userId, deviceId, token })

        const byHand = createHmac('sha256', hkdf(key, prefixed('digest')))
          .update(prefixed(userId, deviceId, token))
          .digest()
          .toString('base64url', 0, 16)
        expect(digest).toBe(byHand)
      }),
    )
  })

  it.each([
    ['user', { userId: 'bob' }],
    ['device', { deviceId: '0190f5a0-0000-7000-8000-000000000002' }],
    ['token', { token: '123457' }],
    ['spelling of the token', { token: '０１２３４５' }],
  ])('is another one for another %s', (_, other) => {
    const guess = { userId: 'alice', deviceId, token: '123456' }

    const digests = [digestToken(tokenKey, guess), digestToken(tokenKey, { ...guess, ...other })]

    expect(digests[0]).not.toBe(digests[1])
  })

  it('is another one under another token key', () => {
    const guess = { userId: 'alice', deviceId, token: '123456' }

    const digests = [digestToken(tokenKey, guess), digestToken(Buffer.alloc(32), guess)]

    expect(digests[0]).not.toBe(digests[1])
  })

  it('of user ab and device c is not that of user a and device bc', () => {
    const ab = digestToken(tokenKey, { userId: 'ab', deviceId: 'c', token: '1' })
    const a = digestToken(tokenKey, { userId: 'a', deviceId: 'bc', token: '1' })

    expect(ab).not.toBe(a)
  })
})

describe('a request’s name', () => {
  it('is 60 random bits in 10 characters when there is no idempotency key', () => {
    const names = Array.from({ length: 1000 }, () => requestName(null))

    expect(new Set(names).size).toBe(1000)
    expect(names.every(name => /^[\w-]{10}$/.test(name))).toBe(true)
  })

  it('is random without an idempotency key, whatever it is bound to', () => {
    const names = [requestName(null, 'guess'), requestName(null, 'guess')]

    expect(names[0]).not.toBe(names[1])
  })

  it('is the first 60 bits of SHA-256 over an idempotency key and what it is bound to', () => {
    const name = requestName('key-1', 'bound')

    const hash = createHash('sha256').update(prefixed('key-1', 'bound')).digest()
    expect(name).toBe(hash.toString('base64url').slice(0, 10))
    // Made by a separate SHA-256 in Python.
    expect(name).toBe('_GCctWi4LX')
  })

  it('of an idempotency key alone is bound to nothing', () => {
    expect(requestName('key-1')).toBe('FH7k7wg1N1')
  })

  it('is the same again for the same idempotency key and guess', () => {
    expect(requestName('key-1', 'guess')).toBe(requestName('key-1', 'guess'))
  })

  it('is another one for any other idempotency key or guess', () => {
    const pair = fc.tuple(fc.string(), fc.string())
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))

        expect(requestName(...one)).not.toBe(requestName(...other))
      }),
    )
  })

  it('is never the mark of an attempt that was not made', () => {
    expect(requestName(null)).not.toBe('-')
    expect(requestName('-')).not.toBe('-')
  })
})
