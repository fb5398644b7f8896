// The token key and the index key, each replaced without the other: what is lost and what is not.
// Functions are loaded anew under each pair of keys, as Lambda does it.
import { randomBytes, randomInt } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { suspend } from '../../../lib/breaker/store.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { loadReleased } from '../../releases/kept.ts'
import { noon, someNumber } from '../../support/device.ts'
import { signal } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const store = connectStore()
const twilio = await startTwilio()
Object.assign(process.env, {
  OTP_TWILIO_TOKEN_VALIDITY: '300',
  OTP_TWILIO_LIMIT_NUMBER: '1/3600',
  OTP_TWILIO_BREAKER_PREFIX: '10/20/3600',
})
freezeAtNoon()

const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]

/** The functions as they start with these keys; an undefined key is missing. */
async function functionsWith(keys: { token: string; index: string | undefined }) {
  process.env.OTP_TOKEN_KEY = keys.token
  if (keys.index === undefined) delete process.env.OTP_INDEX_KEY
  else process.env.OTP_INDEX_KEY = keys.index
  vi.resetModules()
  const load = async (name: string) => (await import(`../../../functions/${name}.ts`)).handler
  const [create, challenge, verify, find, getLimits, deleteLimits, allow, disallow] =
    await Promise.all([
      load('create-device'),
      load('challenge'),
      load('verify'),
      load('find-devices'),
      load('get-limits'),
      load('delete-limits'),
      load('put-always-allow'),
      load('delete-always-allow'),
    ])
  return { create, challenge, verify, find, getLimits, deleteLimits, allow, disallow }
}

type Functions = Awaited<ReturnType<typeof functionsWith>>

const original = { token: first, index: first }
const newTokenKey = { token: second, index: first }
const newIndexKey = { token: first, index: second }

const register = ({ create }: Functions, number = someNumber()) => registerDevice(create, number)
const lastToken = () => twilio.messages.at(-1)!.body

/** The code of the challenge of another device of the number; undefined where it was sent. */
async function codeOfChallenge(functions: Functions, number: string): Promise<string | undefined> {
  const device = await register(functions, number)
  return (await invoke(functions.challenge, device)).body.code
}

/** A number of a prefix that is suspended, which an admin of these functions allows always. */
async function allowedNumber({ allow }: Pick<Functions, 'allow'>): Promise<string> {
  const prefix = `+44208${randomInt(100, 1000)}`
  const next = { until: noon + 900_000, since: noon, times: 1, sends: 10, verified: 0 }
  await suspend(store, `prefix:${prefix}`, { next, seen: null, expiresAt: 1 }, signal)
  const number = `${prefix}${randomInt(1000, 10_000)}`
  await invoke(allow, { method: 'PUT', query: { number } })
  return number
}

const sentOf = (limits: { limit: string; sent: number }[]) =>
  limits.find(({ limit }) => limit === 'number')?.sent

describe('a new token key', () => {
  it('leaves a locked device locked', async () => {
    const before = await functionsWith(original)
    const device = await register(before)
    await invoke(before.challenge, device)
    await invoke(before.verify, { ...device, body: { token: 'wrong' } })

    const after = await functionsWith(newTokenKey)
    const locked = await invoke(after.verify, { ...device, body: { token: lastToken() } })

    expect(locked).toMatchObject({ status: 429, body: { code: 'throttled', failureCount: 1 } })
  })

  it('leaves a full limit full', async () => {
    const before = await functionsWith(original)
    const number = someNumber()
    await codeOfChallenge(before, number)

    const after = await functionsWith(newTokenKey)
    const shown = await invoke(after.getLimits, { method: 'GET', query: { number } })

    expect(sentOf(shown.body.limits)).toBe(1)
    expect(await codeOfChallenge(after, number)).toBe('limit_reached')
  })

  it('leaves a prefix suspended', async () => {
    const number = await allowedNumber(await functionsWith(original))

    const after = await functionsWith(newTokenKey)

    expect(await codeOfChallenge(after, number.replace(/.{4}$/, '0000'))).toBe('suspended')
  })

  it('leaves a number always allowed', async () => {
    const number = await allowedNumber(await functionsWith(original))

    const after = await functionsWith(newTokenKey)

    expect(await codeOfChallenge(after, number)).toBeUndefined()
  })

  it('lets an admin take back what was allowed before', async () => {
    const number = await allowedNumber(await functionsWith(original))

    const after = await functionsWith(newTokenKey)
    await invoke(after.disallow, { method: 'DELETE', query: { number } })

    expect(await codeOfChallenge(after, number)).toBe('suspended')
  })

  it('leaves a cursor good', async () => {
    const before = await functionsWith(original)
    for (const _ of [1, 2]) await register(before)
    const page = await invoke(before.find, { method: 'GET', query: { limit: '1' } })

    const after = await functionsWith(newTokenKey)
    const query = { limit: '1', cursor: page.body.cursor }
    const next = await invoke(after.find, { method: 'GET', query })

    expect(next.status).toBe(200)
    expect(next.body.devices).not.toEqual(page.body.devices)
  })

  it('ends the tokens in flight', async () => {
    const before = await functionsWith(original)
    const device = await register(before)
    await invoke(before.challenge, device)

    const after = await functionsWith(newTokenKey)
    const late = await invoke(after.verify, { ...device, body: { token: lastToken() } })

    expect([late.status, late.body.code]).toEqual([403, 'invalid_token'])
  })
})

describe('a new index key', () => {
  it('leaves the tokens in flight good', async () => {
    const before = await functionsWith(original)
    const device = await register(before)
    await invoke(before.challenge, device)

    const after = await functionsWith(newIndexKey)
    const { status } = await invoke(after.verify, { ...device, body: { token: lastToken() } })

    expect(status).toBe(200)
  })

  it('starts limits anew', async () => {
    const number = someNumber()
    await codeOfChallenge(await functionsWith(original), number)

    const after = await functionsWith(newIndexKey)

    expect(await codeOfChallenge(after, number)).toBeUndefined()
  })

  it('ends the allowances of single numbers', async () => {
    const number = await allowedNumber(await functionsWith(original))

    const after = await functionsWith(newIndexKey)

    expect(await codeOfChallenge(after, number)).toBe('suspended')
  })
})

// 0.2.0 derived these names from the token key: `npm run secrets` makes that the index key.
describe('an index key that is the token key of 0.2.0', () => {
  it('names an allowed number as it does', async () => {
    const today = await functionsWith({ token: second, index: first })
    const number = await allowedNumber(today)
    const device = await register(today, number)

    process.env.OTP_TOKEN_KEY = first
    const { status } = await invoke(loadReleased('0.2.0', 'challenge'), device)

    expect(status).toBe(200)
  })
})

describe.each([
  ['missing', undefined],
  ['31 bytes', randomBytes(31).toString('base64')],
  ['no base64', 'canary'.repeat(7)],
])('an index key that is %s', (_, index) => {
  const query = { number: '+442071838750' }

  it.each([
    ['challenge', {}],
    ['find', { method: 'GET' }],
    ['getLimits', { method: 'GET', query }],
    ['deleteLimits', { method: 'DELETE', query }],
    ['allow', { method: 'PUT', query }],
    ['disallow', { method: 'DELETE', query }],
  ] as const)('is named, and not shown, by %s', async (name, request) => {
    const functions = await functionsWith({ token: first, index })
    const device = await register(functions)

    const { status, body } = await invoke(functions[name], { ...device, ...request })

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toBe('OTP_INDEX_KEY must be 32 bytes in base64.')
  })

  it('keeps nobody from verifying', async () => {
    const before = await functionsWith(original)
    const device = await register(before)
    await invoke(before.challenge, device)

    const after = await functionsWith({ token: first, index })
    const { status } = await invoke(after.verify, { ...device, body: { token: lastToken() } })

    expect(status).toBe(200)
  })
})
