// What Twilio's own libraries sign is taken, and nothing else: forms as they come, and the two
// kinds of keys.
import { createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { signatureKey } from '../../../lib/settings/signature-key.ts'
import { type Form, isSignedByTwilio } from '../../../lib/twilio/signature.ts'

const url = 'https://otp.example/users/a/devices/b/challenge/c/status'
const token = 'auth-token'
const key = { id: 'webhooks_sharedkey_1', algorithm: 'HMAC_SHA256' }
const named = 'key=webhooks_sharedkey_1,algorithm=HMAC_SHA256'

const sign = (signed: string, hash = 'sha1', secret = token) =>
  createHmac(hash, secret).update(signed).digest('base64')

describe('a form that Twilio signs', () => {
  const isSigned = (form: Form, signed: string) =>
    isSignedByTwilio(
      { signature: sign(url + signed), signatureSettings: '', form },
      { url, token, key: null },
    )

  it.each<[string, Form, string]>([
    ['in the order of its names', { b: '2', a: '1' }, 'a1b2'],
    ['with one name twice, each value once and in order', { a: ['2', '1', '2'] }, 'a1a2'],
    ['with an empty value', { a: '' }, 'a'],
    ['with a name as of an object', { ['__proto__']: '1' }, '__proto__1'],
    // U+10000 is after U+FFFF, but its first half is before it.
    ['by code points, as twilio-python', { '\u{10000}': '1', '\uffff': '2' }, '\uffff2\u{10000}1'],
    ['by code units, as twilio-node', { '\u{10000}': '1', '\uffff': '2' }, '\u{10000}1\uffff2'],
  ])('is taken %s', (_, form, signed) => {
    expect(isSigned(form, signed)).toBe(true)
  })

  it.each<[string, Form, string]>([
    ['another value', { a: '1' }, 'a2'],
    ['one value of two', { a: ['1', '2'] }, 'a1'],
    ['a name more', { a: '1', b: '2' }, 'a1'],
  ])('is not taken with %s', (_, form, signed) => {
    expect(isSigned(form, signed)).toBe(false)
  })
})

describe('the key', () => {
  const form = { MessageStatus: 'sent' }
  const signed = `${url}MessageStatussent`
  const isSigned = (signatureSettings: string, pinned: typeof key | null, hash: string) =>
    isSignedByTwilio(
      { signature: sign(signed, hash), signatureSettings, form },
      { url, token, key: pinned },
    )

  it.each([
    [named, key, 'sha256'],
    [' key = webhooks_sharedkey_1 , algorithm = HMAC_SHA256 ', key, 'sha256'],
    ['algorithm=HMAC_SHA256,key=webhooks_sharedkey_1', key, 'sha256'],
    [named.replace('256', '1'), { ...key, algorithm: 'HMAC_SHA1' }, 'sha1'],
    ['', null, 'sha1'],
    [' ', null, 'sha1'],
  ])('that is pinned is taken: %j', (header, pinned, hash) => {
    expect(isSigned(header, pinned, hash)).toBe(true)
  })

  it.each([
    ['none where one is pinned', '', key, 'sha1'],
    ['none, with the pinned algorithm', '', key, 'sha256'],
    ['another key', named.replace('_1', '_2'), key, 'sha256'],
    ['a weaker algorithm', named.replace('256', '1'), key, 'sha1'],
    ['an algorithm that it was not signed by', named.replace('256', '1'), key, 'sha256'],
    ['no algorithm', 'key=webhooks_sharedkey_1', key, 'sha1'],
    ['a key where none is pinned', named, null, 'sha256'],
    ['one that signs otherwise than it says', named, key, 'sha1'],
    ['an algorithm that nobody knows', named.replace('SHA256', 'MD5'), key, 'md5'],
    ['nonsense', '\n,=,==', key, 'sha256'],
  ])('is refused without a word in the log: %s', (_, header, pinned, hash) => {
    const said = vi.spyOn(console, 'warn')

    expect(isSigned(header, pinned, hash)).toBe(false)
    expect(said).not.toHaveBeenCalled()
  })
})

describe('OTP_TWILIO_SIGNATURE_KEY', () => {
  it.each([
    [undefined, null],
    [' ', null],
    ['webhooks_sharedkey_1:HMAC_SHA256', key],
    ['a:HMAC_SHA1', { id: 'a', algorithm: 'HMAC_SHA1' }],
  ])('%j is %o', (value, read) => {
    expect(signatureKey({ OTP_TWILIO_SIGNATURE_KEY: value })).toEqual(read)
  })

  it.each([
    'canary',
    'canary:',
    ':HMAC_SHA256',
    'canary:HMAC_MD5',
    'canary:hmac_sha256',
    'a b:HMAC_SHA1',
  ])('%j is refused without its value', value => {
    const read = () => signatureKey({ OTP_TWILIO_SIGNATURE_KEY: value })

    expect(read).toThrow(
      'OTP_TWILIO_SIGNATURE_KEY must be the id of a shared key, a colon, and HMAC_SHA256 or HMAC_SHA1.',
    )
    expect(read).not.toThrow('canary')
  })
})
