// The keys of proofs: which ones sign, and what of them is published.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  keyAt,
  parseProofKeys,
  parsePublicKeys,
  publicJwk,
  signingKeys,
} from '../../../lib/proof/key.ts'
import { drawProofKey, keptProofKey } from '../../support/proof-keys.ts'

const [one, other] = [drawProofKey(), drawProofKey()]
const kept = (key = one, from = 0) => keptProofKey(key, from)
const text = kept().key
const notConfigured = expect.objectContaining({
  code: 'not_configured',
  message: expect.stringMatching(/^OTP_PROOF_(PUBLIC_)?KEYS must be .{10}/),
})

describe('OTP_PROOF_KEYS', () => {
  it.each([
    ['one key', [kept()]],
    ['two keys', [kept(), kept(other, 7)]],
  ])('holds %s', (_, keys) => {
    expect(parseProofKeys(JSON.stringify(keys))).toEqual(keys)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no JSON', '['],
    ['no list', kept()],
    ['no key', []],
    ['three keys', [kept(), kept(), kept()]],
    ['a key without its moment', [{ key: text }]],
    ['a key of no moment', [{ ...kept(), from: 0.5 }]],
    ['a key that is no text', [{ ...kept(), key: 7 }]],
    ['a text before the key', [{ ...kept(), key: `-${text}` }]],
    ['a text behind the key', [{ ...kept(), key: `${text}-` }]],
    ['one key that is none', [kept(), { from: 0 }]],
  ])('refuses %s', (_, secret) => {
    const given = typeof secret === 'object' ? JSON.stringify(secret) : (secret as string)

    expect(() => parseProofKeys(given)).toThrow(notConfigured)
  })

  it('refuses what is no key in base64', () => {
    expect(() => signingKeys(JSON.stringify([{ from: 0, key: 'AAAA' }]))).toThrow(notConfigured)
  })

  it('is read once, and anew where it is another', () => {
    const [first, second] = [[kept()], [kept(other)]].map(keys => JSON.stringify(keys))
    const read = signingKeys(first)

    expect(signingKeys(first)).toBe(read)
    expect(signingKeys(second).map(({ kid }) => kid)).toEqual([publicJwk(other).kid])
    expect(signingKeys(first).map(({ kid }) => kid)).toEqual([publicJwk(one).kid])
  })
})

describe('the key of a moment', () => {
  const keys = signingKeys(JSON.stringify([kept(other, 1000), kept(one, 10)]))
  const [newest, oldest] = keys

  it.each([
    ['the newest one that signed by then', 1000, newest],
    ['the one before', 999, oldest],
    ['the oldest where none signed yet', 9, oldest],
  ])('is %s', (_, at, key) => {
    expect(keyAt(keys, at)).toBe(key)
    expect(keyAt(keys.toReversed(), at)).toBe(key)
  })

  it('is the only one', () => {
    expect(keyAt([oldest!], 0)).toBe(oldest)
    expect(() => keyAt([], 0)).toThrow(notConfigured)
  })
})

describe('what is published', () => {
  const jwk = publicJwk(one)

  it('is the key by its thumbprint of RFC 7638', () => {
    const { n, e } = jwk
    const kid = createHash('sha256').update(`{"e":"${e}","kty":"RSA","n":"${n}"}`)

    expect(jwk).toEqual({
      ...{ kty: 'RSA', use: 'sig', alg: 'RS256', n, e },
      kid: kid.digest('base64url'),
    })
  })

  it('is of each key its public members alone', () => {
    const keys = [{ ...jwk, p: 'secret', x5c: [] }, publicJwk(other)]

    expect(parsePublicKeys(JSON.stringify({ keys }))).toEqual({ keys: [jwk, publicJwk(other)] })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['no set', []],
    ['no list', { keys: jwk }],
    ['no keys', { keys: [] }],
    ['a private key', { keys: [jwk, one.export({ format: 'jwk' })] }],
    ['a private key by its public name', { keys: [{ ...jwk, d: 'secret' }] }],
    ['a key of another kind', { keys: [{ ...jwk, kty: 'EC' }] }],
    ...['kid', 'n', 'e'].map((member): [string, unknown] => [
      `a key without ${member}`,
      { keys: [jwk, { ...jwk, [member]: undefined }] },
    ]),
  ])('is not %s', (_, secret) => {
    const given = secret === undefined ? undefined : JSON.stringify(secret)

    expect(() => parsePublicKeys(given)).toThrow(notConfigured)
  })
})
