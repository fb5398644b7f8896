// RFC 4226 §5.3 and appendix D; how tokens are derived and drawn, and what of them is stored.
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { beforeAll, describe, expect, it } from 'vitest'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { digestToken } from '../../../lib/token/digest.ts'
import { deriveKey } from '../../../lib/token/keys.ts'
import {
  deriveToken,
  drawCounter,
  drawToken,
  findPendingToken,
  hotpValue,
  withToken,
} from '../../../lib/token/token.ts'
import { deviceOf, noon } from '../../support/device.ts'
import { trials } from '../../support/runs.ts'

/** The bytes 0 to 31. */
const tokenKey = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const { userId, deviceId } = deviceOf()

it('HOTP gives the values of RFC 4226 appendix D', async () => {
  const secret = Buffer.from('12345678901234567890', 'ascii')

  const values = await Promise.all(
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(counter => hotpValue(secret, counter, 6)),
  )

  expect(values).toEqual([
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ])
})

it('HOTP truncates a value to its last digits', async () => {
  const secret = Buffer.from('12345678901234567890', 'ascii')

  const values = [
    await hotpValue(secret, 0, 6),
    await hotpValue(secret, 0, 7),
    await hotpValue(secret, 0, 8),
  ]

  // The decimal of appendix D is 1284755224.
  expect(values).toEqual(['755224', '4755224', '84755224'])
})

// Made by a separate HKDF, HMAC and HOTP in Python.
it.each([
  [0, '145621', '3145621', '03145621'],
  [1, '147227', '0147227', '30147227'],
  [4_294_967_295, '236698', '6236698', '66236698'],
  [4_294_967_296, '427196', '1427196', '61427196'],
  [281_474_976_710_655, '576678', '7576678', '97576678'],
])('the token of counter %i is known in every length', async (counter, six, seven, eight) => {
  const challenge = { userId, deviceId, counter }

  const tokens = [
    await deriveToken(tokenKey, { ...challenge, length: 6 }),
    await deriveToken(tokenKey, { ...challenge, length: 7 }),
    await deriveToken(tokenKey, { ...challenge, length: 8 }),
  ]

  expect(tokens).toEqual([six, seven, eight])
})

it('a token keeps its leading zeros', async () => {
  const tokens = [
    await deriveToken(tokenKey, { userId, deviceId, counter: 803, length: 6 }),
    await deriveToken(tokenKey, { userId, deviceId, counter: 98, length: 7 }),
    await deriveToken(tokenKey, { userId, deviceId, counter: 98, length: 8 }),
  ]

  expect(tokens).toEqual(['000003', '0092346', '00092346'])
})

it('a token of a challenge is the same when it is derived again', async () => {
  const challenge = { userId, deviceId, counter: 123_456_789, length: 6 } as const

  const first = await deriveToken(tokenKey, challenge)
  const second = await deriveToken(tokenKey, challenge)

  expect(second).toBe(first)
})

it('a token is bound to user, device, counter and key', async () => {
  const challenge = { userId, deviceId, counter: 1, length: 8 } as const
  const otherKey = Buffer.alloc(32, 7)

  const tokens = [
    await deriveToken(tokenKey, challenge),
    await deriveToken(tokenKey, { ...challenge, userId: 'bob' }),
    await deriveToken(tokenKey, { ...challenge, deviceId: deviceId.replace(/1$/, '2') }),
    await deriveToken(tokenKey, { ...challenge, counter: 2 }),
    await deriveToken(otherKey, challenge),
  ]

  expect(new Set(tokens).size).toBe(5)
})

it('the secret of a device is bound to where its user id ends', async () => {
  const challenge = { counter: 1, length: 8 } as const

  const tokens = [
    await deriveToken(tokenKey, { ...challenge, userId: 'ab', deviceId: 'c' }),
    await deriveToken(tokenKey, { ...challenge, userId: 'a', deviceId: 'bc' }),
  ]

  expect(tokens[0]).not.toBe(tokens[1])
})

it('a drawn counter has 48 bits and is a safe integer', () => {
  const counters = Array.from({ length: 10_000 }, drawCounter)

  expect(counters.every(Number.isSafeInteger)).toBe(true)
  expect(Math.min(...counters)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...counters)).toBeLessThan(281_474_976_710_656)
  // A bit of the 48 that were always off, or always on, would be the same in all 10,000.
  const bits = counters.map(counter => counter.toString(2).padStart(48, '0'))
  for (let bit = 0; bit < 48; bit++) {
    expect(new Set(bits.map(text => text[bit])).size).toBe(2)
  }
})

it('a counter is never drawn twice', () => {
  const counters = Array.from({ length: 1000 }, drawCounter)

  expect(new Set(counters).size).toBe(1000)
})

it('a drawn token is stored as an entry', async () => {
  const settings = deviceSettings({
    OTP_TWILIO_THROTTLE_FACTOR: '2.5',
    OTP_TWILIO_TOKEN_VALIDITY: '300',
  })

  const { entry } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  expect(entry).toEqual({
    nil: 0,
    yes: true,
    backoff: 2500,
    validUntil: 1_767_269_100_000,
    counter: entry.counter,
  })
})

it('the entry of a token shows neither token nor digest', async () => {
  const settings = deviceSettings({ OTP_TWILIO_TOKEN_LENGTH: '8' })

  const { token, digest, entry } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  expect(JSON.stringify({ ...entry, counter: 0 })).not.toContain(token)
  expect(JSON.stringify(entry)).not.toContain(digest)
})

it('a drawn token is the one of its counter', async () => {
  const settings = deviceSettings({})

  const { token, entry } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  const { counter } = entry
  expect(token).toBe(await deriveToken(tokenKey, { userId, deviceId, counter, length: 6 }))
})

it('a drawn token comes with its digest', async () => {
  const settings = deviceSettings({})

  const { token, digest } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  expect(digest).toBe(digestToken(tokenKey, { userId, deviceId, token }))
})

it.each([6, 7, 8])('a token has OTP_TWILIO_TOKEN_LENGTH digits: %i', async length => {
  const settings = deviceSettings({ OTP_TWILIO_TOKEN_LENGTH: String(length) })

  const { token } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  expect(token).toMatch(/^\d+$/)
  expect(token).toHaveLength(length)
})

it('each challenge draws another counter', async () => {
  const settings = deviceSettings({})

  const first = await drawToken(tokenKey, { userId, deviceId }, settings, noon)
  const second = await drawToken(tokenKey, { userId, deviceId }, settings, noon)

  expect(second.entry.counter).not.toBe(first.entry.counter)
})

it('the pending token is derived again only while it lives', async () => {
  const settings = deviceSettings({ OTP_TWILIO_TOKEN_VALIDITY: '30' })
  const { token, digest, entry } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)
  const device = deviceOf({ pending: { [digest]: entry } })

  const atFirst = await findPendingToken(tokenKey, device, null, noon)
  const atLast = await findPendingToken(tokenKey, device, null, noon + 29_999)
  const tooLate = await findPendingToken(tokenKey, device, null, noon + 30_000)

  expect([atFirst, atLast, tooLate]).toEqual([token, token, null])
})

it.each([6, 7, 8])(
  'the pending token is found whatever length it was made with: %i',
  async length => {
    const settings = deviceSettings({ OTP_TWILIO_TOKEN_LENGTH: String(length) })
    const { token, digest, entry } = await drawToken(tokenKey, { userId, deviceId }, settings, noon)
    const device = deviceOf({ pending: { [digest]: entry } })

    expect(await findPendingToken(tokenKey, device, null, noon)).toBe(token)
  },
)

it('no token is found for a device without a pending one', async () => {
  expect(await findPendingToken(tokenKey, deviceOf(), '000000', noon)).toBeNull()
})

it('a pending token of another token key is not found', async () => {
  const { digest, entry } = await drawToken(
    Buffer.alloc(32),
    { userId, deviceId },
    deviceSettings({}),
    noon,
  )
  const device = deviceOf({ pending: { [digest]: entry } })

  expect(await findPendingToken(tokenKey, device, null, noon)).toBeNull()
})

it('a fixed token takes the place of the drawn one', async () => {
  const drawn = await drawToken(tokenKey, { userId, deviceId }, deviceSettings({}), noon)

  expect(withToken(tokenKey, { userId, deviceId }, drawn, 'fixed')).toEqual({
    token: 'fixed',
    digest: digestToken(tokenKey, { userId, deviceId, token: 'fixed' }),
    entry: drawn.entry,
  })
})

it('a fixed token is found in the place of the drawn one', async () => {
  const drawn = await drawToken(tokenKey, { userId, deviceId }, deviceSettings({}), noon)
  const fixed = withToken(tokenKey, { userId, deviceId }, drawn, 'fixed')

  const device = deviceOf({ pending: { [fixed.digest]: fixed.entry } })

  expect(await findPendingToken(tokenKey, device, 'fixed', noon)).toBe('fixed')
  expect(await findPendingToken(tokenKey, device, null, noon)).toBeNull()
})

describe('the tokens of a device', () => {
  const secret = deriveKey(tokenKey, ['token', userId, deviceId])
  const tokens = trials({ sample: 20_000, long: 1_000_000 })
  let drawn: Awaited<ReturnType<typeof countDigits>>

  beforeAll(async () => {
    drawn = await countDigits(secret, tokens)
  }, 120_000)

  it('have six digits each', () => {
    expect(drawn.odd).toBe(0)
    expect(drawn.counts.map(digits => digits.length)).toEqual([10, 10, 10, 10, 10, 10])
  })

  it('are uniform in every digit', () => {
    for (const digits of drawn.counts) {
      const fair = tokens / 10
      const chiSquare = digits.reduce((sum, count) => sum + (count - fair) ** 2 / fair, 0)
      // Nine degrees of freedom: exceeded by one in a million fair draws, and these are the same in
      // each run.
      expect(chiSquare).toBeLessThan(44.81)
    }
  })

  it('have the secret that tokens are derived with', async () => {
    const token = await deriveToken(tokenKey, { userId, deviceId, counter: 5, length: 6 })

    expect(await hotpValue(secret, 5, 6)).toBe(token)
  })
})

/**
 * How often each digit stands at each place, and how many tokens are not six digits; on every core.
 */
async function countDigits(secret: Uint8Array, tokens: number) {
  const workers = Math.min(availableParallelism(), 8)
  const share = Math.ceil(tokens / workers)
  const parts = await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const step = Math.floor(2 ** 48 / tokens)
      const range = { first: index * share, end: Math.min((index + 1) * share, tokens), step }
      const worker = new Worker(counting, { eval: true, workerData: { secret, lib, ...range } })
      const [part] = await once(worker, 'message')
      return part as { counts: number[][]; odd: number }
    }),
  )
  return parts.reduce((sum, part) => ({
    counts: sum.counts.map((digits, place) =>
      digits.map((count, digit) => count + part.counts[place]![digit]!),
    ),
    odd: sum.odd + part.odd,
  }))
}

const lib = new URL('../../../lib/token/token.ts', import.meta.url).href

// Counters the same step apart, over all of 2^48, from which production draws them.
const counting = `
const { parentPort, workerData } = require('node:worker_threads')
const { secret, lib, first, end, step } = workerData
import(lib).then(async ({ hotpValue }) => {
  const counts = Array.from({ length: 6 }, () => Array(10).fill(0))
  let odd = 0
  for (let index = first; index < end; index++) {
    const token = await hotpValue(secret, index * step, 6)
    if (!/^[0-9]{6}$/.test(token)) odd++
    else for (let place = 0; place < 6; place++) counts[place][token.charCodeAt(place) - 48]++
  }
  parentPort.postMessage({ counts, odd })
})`
