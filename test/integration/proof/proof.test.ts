// A verification that is proved: asked of the real handlers, read by foreign verifiers.
import { createHmac, createPublicKey } from 'node:crypto'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { JwtRsaVerifier } from 'aws-jwt-verify'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { publicJwk } from '../../../lib/proof/key.ts'
import { listen, logged } from '../../support/canaries.ts'
import { noon } from '../../support/device.ts'
import { itemOf, putDevice } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { apiKey } from '../../support/keys.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { drawProofKey, keptProofKey } from '../../support/proof-keys.ts'
import { startTwilio } from '../../support/twilio.ts'

const issuer = 'https://otp.example'
const twilio = await startTwilio()
const store = connectStore()
const reviewer = 'reviewer'
const testNumber = '+15555550190'
const testToken = '730962'
let handlers: Record<string, never>

const key = drawProofKey()

const principal = {
  ...{ name: 'suite', hash: hashApiKey(apiKey) },
  scopes: ['devices:read', 'devices:write', 'challenge', 'verify', 'admin'],
  audiences: ['transfer'],
  testAudiences: ['try-out'],
}

freezeAtNoon()
beforeAll(listen)
beforeEach(async () => {
  Object.assign(process.env, {
    OTP_PROOF_ISSUER: issuer,
    OTP_PROOF_KEYS: JSON.stringify([keptProofKey(key)]),
    OTP_PROOF_PUBLIC_KEYS: JSON.stringify({ keys: [publicJwk(key)] }),
    OTP_TWILIO_CHANNELS: 'sms,call',
    OTP_API_KEYS: JSON.stringify([principal]),
    OTP_TWILIO_TEST_NUMBERS: JSON.stringify([
      { number: testNumber, userIds: [reviewer], token: testToken, until: '2026-01-31' },
    ]),
  })
  await load()
})

async function load() {
  vi.resetModules()
  const names = ['create-device', 'challenge', 'verify', 'update-device', 'proof-keys']
  handlers = Object.fromEntries(
    await Promise.all(
      [...names, 'proof-discovery'].map(async name => [
        name,
        (await import(`../../../functions/${name}.ts`)).handler,
      ]),
    ),
  )
}

const register = (number?: string, userId?: string) =>
  registerDevice(handlers['create-device']!, number, userId)

async function challenge(device: DeviceKey, body: object = {}): Promise<string> {
  await invoke(handlers.challenge!, { ...device, body })
  const message = twilio.messages.at(-1)!.body
  return /\d{6}/.exec(message.replaceAll(/[,. ]+/g, ''))?.[0] ?? ''
}

const verify = (device: DeviceKey, token: string, body: object = {}, headers = {}) =>
  invoke(handlers.verify!, { ...device, body: { token, audience: 'transfer', ...body }, headers })

/** A device that was enrolled before. */
async function enrolled() {
  const device = await register()
  await verify(device, await challenge(device))
  return device
}

const keys = async () => (await invoke(handlers['proof-keys']!, { method: 'GET' })).body

async function byJose(proof: string, audience = 'transfer') {
  const set = createLocalJWKSet(await keys())
  return (await jwtVerify(proof, set, { issuer, audience, currentDate: new Date() })).payload
}

async function byAws(proof: string, more: object = {}) {
  const verifier = JwtRsaVerifier.create({ issuer, audience: 'transfer', ...more })
  verifier.cacheJwks(await keys())
  return verifier.verify(proof)
}

describe('a proof', () => {
  it('says who typed a token, when, for whom and of which transaction', async () => {
    const device = await enrolled()
    const token = await challenge(device)

    const { status, body } = await verify(device, token, { nonce: 'order-4711' })

    const iat = noon / 1000
    expect(status).toBe(200)
    expect(body.proofExpiresAt).toBe('2026-01-01T12:05:00.000Z')
    expect(await byJose(body.proof)).toEqual({
      ...{ iss: issuer, aud: 'transfer', sub: device.userId, device_id: device.deviceId },
      device_since: iat,
      ...{ iat, auth_time: iat, nbf: iat - 30, exp: iat + 300, jti: expect.any(String) },
      ...{ amr: ['otp', 'sms'], scope: 'otp:verified', nonce: 'order-4711' },
    })
    expect(decodeProtectedHeader(body.proof)).toEqual({
      ...{ alg: 'RS256', typ: 'JWT', kid: publicJwk(key).kid },
    })
  })

  it('says of no transaction where none was named', async () => {
    const device = await register()

    const { body } = await verify(device, await challenge(device))

    expect(decodeJwt(body.proof)).not.toHaveProperty('nonce')
  })

  it('is accepted by the verifier of AWS', async () => {
    const device = await enrolled()
    const { body } = await verify(device, await challenge(device))

    expect(await byAws(body.proof, { scope: 'otp:verified' })).toMatchObject({ sub: device.userId })
  })

  it('of an enrolment says that, and not that somebody was verified', async () => {
    const device = await register()

    const { body } = await verify(device, await challenge(device))

    expect(decodeJwt(body.proof).scope).toBe('otp:enrolled')
    await expect(byAws(body.proof, { scope: 'otp:verified' })).rejects.toThrow()
  })

  it('says since when its number is the device’s', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '0'
    const device = await register()
    vi.setSystemTime(noon + 60_000)
    const first = await verify(device, await challenge(device))
    vi.setSystemTime(noon + 120_000)
    await invoke(handlers['update-device']!, { ...device, body: { name: 'renamed' } })
    await invoke(handlers['update-device']!, { ...device, body: { number: '+15555550199' } })
    vi.setSystemTime(noon + 180_000)
    const moved = await verify(device, await challenge(device))

    const since = [first, moved].map(({ body }) => decodeJwt(body.proof).device_since)
    expect(since).toEqual([noon / 1000, noon / 1000 + 120])
  })

  it('says nothing of a device whose age is not known', async () => {
    const { createdAt: _, ...device } = await putDevice(store, { confirmed: true })
    await store.retrying.send(new PutCommand({ TableName: store.devicesTable, Item: device }))

    const { body } = await verify(device, await challenge(device))

    expect(decodeJwt(body.proof)).not.toHaveProperty('device_since')
  })

  it('is the identical one for a retry with its Idempotency-Key', async () => {
    const device = await register()
    const token = await challenge(device)
    const headers = { 'idempotency-key': 'k' }

    const first = await verify(device, token, {}, headers)
    vi.setSystemTime(noon + 20_000)
    const retry = await verify(device, token, {}, headers)

    expect(retry.body.proof).toBe(first.body.proof)
  })

  it('stays the identical one after another challenge and a wrong guess', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '0'
    const device = await register()
    const token = await challenge(device)
    const headers = { 'idempotency-key': 'k' }
    const first = await verify(device, token, {}, headers)
    await challenge(device, { channel: 'call' })
    await verify(device, '000000')

    const retry = await verify(device, token, {}, headers)

    expect(retry.body.proof).toBe(first.body.proof)
    expect(decodeJwt(retry.body.proof)).toMatchObject({
      scope: 'otp:enrolled',
      amr: ['otp', 'sms'],
    })
  })

  it.each([
    ['another audience', { audience: 'try-out' }],
    ['another nonce', { nonce: 'other' }],
    ['no audience', { audience: undefined }],
  ])('is not given to the same Idempotency-Key with %s', async (_, changed) => {
    const device = await enrolled()
    const token = await challenge(device)
    const headers = { 'idempotency-key': 'k' }
    await verify(device, token, { nonce: 'n' }, headers)

    const other = await verify(device, token, { nonce: 'n', ...changed }, headers)

    expect(other.status).not.toBe(200)
  })

  it.each([
    ['sms', [{}], ['otp', 'sms']],
    ['a call', [{ channel: 'call' }], ['otp', 'tel']],
    ['an SMS twice', [{}, { resend: true }], ['otp', 'sms']],
    ['an SMS and a call', [{}, { resend: true, channel: 'call' }], ['otp']],
  ])('names how the token came: %s', async (_, challenges, amr) => {
    process.env.OTP_TWILIO_COOLDOWN = '0'
    const device = await enrolled()
    let token = ''
    for (const body of challenges) token = await challenge(device, body)

    const { body } = await verify(device, token)

    expect(decodeJwt(body.proof).amr).toEqual(amr)
  })

  it('holds a number only where a setting says so', async () => {
    const device = await enrolled()
    const without = (await verify(device, await challenge(device))).body.proof
    process.env.OTP_PROOF_NUMBER = 'true'
    process.env.OTP_PROOF_ACR = 'urn:example:loa:2'
    process.env.OTP_TWILIO_COOLDOWN = '0'
    const withIt = (await verify(device, await challenge(device))).body.proof

    expect(JSON.stringify(decodeJwt(without))).not.toContain('5555550100')
    expect(decodeJwt(withIt)).toMatchObject({
      ...{ phone_number: '+15555550100', phone_number_verified: true, acr: 'urn:example:loa:2' },
    })
  })

  it('is never logged', async () => {
    const device = await enrolled()
    const { body } = await verify(device, await challenge(device))

    expect(logged.join('')).not.toContain(body.proof.split('.')[2])
  })
})

describe('a verifier refuses', () => {
  const given = async () => {
    const device = await enrolled()
    return (await verify(device, await challenge(device))).body.proof as string
  }

  it('a proof that was altered', async () => {
    const [head, , signature] = (await given()).split('.')
    const claims = { ...decodeJwt(await given()), sub: 'mallory' }
    const altered = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const forged = [head, altered, signature].join('.')

    await expect(byJose(forged)).rejects.toThrow()
    await expect(byAws(forged)).rejects.toThrow()
  })

  it('a proof for another audience', async () => {
    const proof = await given()

    await expect(byJose(proof, 'withdrawal')).rejects.toThrow()
    await expect(byAws(proof, { audience: 'withdrawal' })).rejects.toThrow()
  })

  it.each([
    ['late', 301_000],
    ['early', -31_000],
  ])('a proof that is %s', async (_, ms) => {
    const proof = await given()
    vi.setSystemTime(noon + ms)

    await expect(byJose(proof)).rejects.toThrow()
    await expect(byAws(proof)).rejects.toThrow()
  })

  it('a proof of a key that was dropped', async () => {
    const proof = await given()
    process.env.OTP_PROOF_PUBLIC_KEYS = JSON.stringify({ keys: [publicJwk(drawProofKey())] })
    await load()

    await expect(byJose(proof)).rejects.toThrow()
    await expect(byAws(proof)).rejects.toThrow()
  })

  it('a proof without a signature', async () => {
    const [, claims] = (await given()).split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')

    await expect(byJose(`${none}.${claims}.`)).rejects.toThrow()
    await expect(byAws(`${none}.${claims}.`)).rejects.toThrow()
  })

  it.each([
    ['PEM', () => createPublicKey(key).export({ type: 'spki', format: 'pem' })],
    ['JWK', () => JSON.stringify(publicJwk(key))],
  ])('a proof that takes the public key, as %s, for a shared secret', async (_, textOf) => {
    const [, claims] = (await given()).split('.')
    const head = { alg: 'HS256', typ: 'JWT', kid: publicJwk(key).kid }
    const signed = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${claims}`
    const secret = Buffer.from(textOf())
    const forged = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`

    // It is right to whoever lets the proof say by what it is checked.
    expect(await jwtVerify(forged, secret, { currentDate: new Date() })).toBeDefined()
    await expect(byJose(forged)).rejects.toThrow()
    await expect(byAws(forged)).rejects.toThrow()
  })
})

describe('no proof is given', () => {
  it.each([
    ['an audience that the key does not list', { audience: 'other' }],
    ['any audience where proofs are off', {}],
  ])('for %s, before anything is attempted', async (what, body) => {
    const device = await register()
    const token = await challenge(device)
    if (what.includes('off')) {
      process.env.OTP_PROOF_ISSUER = ''
      await load()
    }
    const before = await itemOf(store, device)

    const { status, body: answer } = await verify(device, token, body)

    expect([status, answer.code]).toEqual([422, 'audience_not_allowed'])
    expect(await itemOf(store, device)).toEqual(before)
  })

  it('where none is asked for', async () => {
    const device = await register()

    const { status, body } = await verify(device, await challenge(device), { audience: undefined })

    expect([status, body.verified, body.proof]).toEqual([200, true, undefined])
  })

  it('for a nonce alone', async () => {
    const device = await register()

    const { body } = await verify(device, '000000', { audience: undefined, nonce: 'n' })

    expect(body.code).toBe('invalid_body')
  })

  it('to a test number, but for an audience of tests', async () => {
    const device = await register(testNumber, reviewer)
    await challenge(device)
    const plain = await verify(device, testToken)
    await challenge(device)
    const forTests = await verify(device, testToken, { audience: 'try-out' })

    expect([plain.status, plain.body.proof]).toEqual([200, undefined])
    expect(decodeJwt(forTests.body.proof)).toMatchObject({ test: true, amr: ['otp'] })
  })

  it('to a test number by a retry while another challenge begins', async () => {
    const device = await register(testNumber, reviewer)
    await challenge(device)
    const headers = { 'idempotency-key': 'k' }
    await verify(device, testToken, {}, headers)
    process.env.OTP_TWILIO_TEST_NUMBERS = '[]'
    await load()
    await invoke(handlers.challenge!, { ...device })

    const retry = await verify(device, testToken, {}, headers)

    expect([retry.status, retry.body.proof]).toEqual([200, undefined])
  })

  it('nor a token spent, where the keys cannot be read', async () => {
    const device = await register()
    const token = await challenge(device)
    process.env.OTP_PROOF_KEYS = 'none'
    await load()
    const before = await itemOf(store, device)

    const { status, body } = await verify(device, token)

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(await itemOf(store, device)).toEqual(before)
  })
})

describe('a rotation', () => {
  it('signs with the new key from its moment on, and a retry with the one of its use', async () => {
    const next = drawProofKey()
    const from = noon + 10_000
    process.env.OTP_PROOF_KEYS = JSON.stringify([keptProofKey(key), keptProofKey(next, from)])
    process.env.OTP_PROOF_PUBLIC_KEYS = JSON.stringify({ keys: [publicJwk(key), publicJwk(next)] })
    process.env.OTP_TWILIO_COOLDOWN = '0'
    await load()
    const device = await enrolled()
    const token = await challenge(device)
    const headers = { 'idempotency-key': 'k' }
    const before = await verify(device, token, {}, headers)

    vi.setSystemTime(from)
    const retry = await verify(device, token, {}, headers)
    const after = await verify(device, await challenge(device))

    const kids = [before, retry, after].map(({ body }) => decodeProtectedHeader(body.proof).kid)
    expect(kids).toEqual([publicJwk(key).kid, publicJwk(key).kid, publicJwk(next).kid])
    expect(await byJose(after.body.proof)).toMatchObject({ sub: device.userId })
  })
})

describe('what is well known', () => {
  it('is public, and may be kept for an hour', async () => {
    const request = { method: 'GET', headers: { authorization: null } }

    const discovery = await invoke(handlers['proof-discovery']!, request)
    const jwks = await invoke(handlers['proof-keys']!, request)

    expect(discovery.body).toMatchObject({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` })
    expect(jwks.body.keys[0]).toEqual(publicJwk(key))
    expect([discovery, jwks].map(({ headers }) => headers['cache-control'])).toEqual([
      'public, max-age=3600',
      'public, max-age=3600',
    ])
  })

  it.each(['proof-keys', 'proof-discovery'])('is none where proofs are off: %s', async name => {
    process.env.OTP_PROOF_ISSUER = ''
    await load()

    const { status, body } = await invoke(handlers[name]!, { method: 'GET' })

    expect([status, body.code]).toEqual([404, 'route_not_found'])
  })
})
