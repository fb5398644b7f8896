// The hash that the SDK signs with, against FIPS 180-4 and RFC 4231.
import { expect, test } from 'vitest'
import { Sha256 } from '../../../lib/dynamodb/sha256.ts'

const hex = (digest: Uint8Array) => Buffer.from(digest).toString('hex')

test('a hash is that of FIPS 180-4 in however many parts it is given', async () => {
  const whole = new Sha256()
  whole.update('abc')
  const parted = new Sha256()
  parted.update(Buffer.from('a'))
  parted.update(new TextEncoder().encode('bc').buffer)

  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(hex(await whole.digest())).toBe(abc)
  expect(hex(await parted.digest())).toBe(abc)
})

test('a hash starts anew after a reset', async () => {
  const hash = new Sha256()
  hash.update('other')
  hash.reset()

  expect(hex(await hash.digest())).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
})

test.each([
  ['a text', 'Jefe'],
  ['bytes', new TextEncoder().encode('Jefe')],
  ['a part of other bytes', new TextEncoder().encode('--Jefe--').subarray(2, 6)],
])('an HMAC is that of RFC 4231 at every use of its key: %s', async (_, key) => {
  for (const _time of [1, 2]) {
    const hmac = new Sha256(key)
    hmac.update('what do ya want ')
    hmac.update('for nothing?')

    expect(hex(await hmac.digest())).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
  }
})

test('a view of wider numbers is hashed by its bytes', async () => {
  const bytes = new TextEncoder().encode('--abcd--')
  const hash = new Sha256()
  hash.update(new Uint16Array(bytes.buffer, 2, 2))

  expect(hex(await hash.digest())).toBe(
    '88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589',
  )
})
