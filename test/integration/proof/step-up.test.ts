// The step-up example: whom its authorizer and its /transfer let in, with proofs of the real
// handlers. npm run examples drives it in serverless-offline.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { publicJwk } from '../../../lib/proof/key.ts'
import { createUsedProofs } from '../../examples/used-proofs.ts'
import { apiKey } from '../../support/keys.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { drawProofKey, keptProofKey } from '../../support/proof-keys.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const key = drawProofKey()

/** What is well known, under the URL of the issuer. */
const issuing = createServer(async (request, response) => {
  const name = request.url?.endsWith('jwks.json') ? 'proof-keys' : 'proof-discovery'
  const { handler } = await import(`../../../functions/${name}.ts`)
  const { body } = await invoke(handler, { method: 'GET', path: request.url ?? '' })
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
})
await once(issuing.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${(issuing.address() as AddressInfo).port}`
Object.assign(process.env, {
  OTP_PROOF_ISSUER: issuer,
  PROOF_ISSUER: issuer,
  SESSION_KEY: 'session key of the suite',
  USED_PROOFS: 'used-proofs',
  // Older than five minutes, and good still.
  OTP_PROOF_VALIDITY: '3600',
  OTP_PROOF_KEYS: JSON.stringify([keptProofKey(key)]),
  OTP_PROOF_PUBLIC_KEYS: JSON.stringify({ keys: [publicJwk(key)] }),
  OTP_TWILIO_COOLDOWN: '0',
  OTP_API_KEYS: JSON.stringify([
    {
      ...{ name: 'suite', hash: hashApiKey(apiKey), audiences: ['transfer', 'other'] },
      scopes: ['devices:write', 'challenge', 'verify'],
    },
  ]),
})
const [create, challenge, verify, update] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'update-device'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const example = (file: string) =>
  import(/* @vite-ignore */ new URL(`../../../docs/examples/step-up/${file}`, import.meta.url).href)
const [{ default: strategyOf }, { handler }, { cookieOf }] = await Promise.all(
  ['authorizer.cjs', 'transfer.js', 'session.js'].map(example),
)
const { authenticate } = strategyOf(
  { authorizer: { scopes: ['otp:verified'] } },
  'transfer',
).getAuthenticateFunction()
/** What hapi gives: a refusal is its status, and who is let in null. */
const toolkit = {
  response: () => ({ code: (status: number) => ({ takeover: () => status }) }),
  authenticated: () => null,
}

beforeAll(() => createUsedProofs('used-proofs'))
afterEach(() => vi.useRealTimers())
afterAll(() => issuing.close())

const dayMs = 86_400_000

/** A user with a session and a phone that was enrolled a day ago. */
async function alice() {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - dayMs })
  const device = await registerDevice(create)
  await prove(device, {})
  vi.useRealTimers()
  return { device, cookie: cookieOf(device.userId) }
}

async function prove(device: DeviceKey, body: object): Promise<string> {
  await invoke(challenge, { ...device, body: {} })
  const token = twilio.messages.at(-1)!.body
  const request = { ...device, body: { token, audience: 'transfer', ...body } }
  return (await invoke(verify, request)).body.proof
}

async function transfer(cookie: string, name: string, proof?: string) {
  const headers = { ...(proof && { authorization: `Bearer ${proof}` }) }
  const refused: number | null = await authenticate({ headers }, toolkit)
  if (refused !== null) return refused
  const claims = decodeJwt(proof!)
  const { statusCode, body } = await handler({
    cookies: [cookie],
    body: JSON.stringify({ transfer: name }),
    requestContext: { authorizer: { jwt: { claims } } },
  })
  const { code } = JSON.parse(body)
  return code ?? statusCode
}

it('lets in who has verified for this transfer, once', async () => {
  const { device, cookie } = await alice()
  const proof = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toBe(200)
  expect(await transfer(cookie, 't1', proof)).toBe('used_before')
})

it('lets in nobody without a proof or without a session', async () => {
  const { device, cookie } = await alice()

  expect(await transfer(cookie, 't1')).toBe(401)
  expect(await transfer('', 't1', await prove(device, { nonce: 't1' }))).toBe('no_session')
})

it('does not let a proof in for another transfer', async () => {
  const { device, cookie } = await alice()

  const proof = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't2', proof)).toBe('another_transfer')
})

it('does not let one user’s proof into another’s session', async () => {
  const mallory = await alice()
  const { cookie } = await alice()

  const proof = await prove(mallory.device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toBe('another_user')
})

it('does not let in a phone that a stolen session has just enrolled', async () => {
  const { device, cookie } = await alice()
  const fresh = await registerDevice(create, '+15555550199', device.userId)

  const proof = await prove(fresh, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toBe(403)
})

it('does not let in such a phone by a second token, before it is a day old', async () => {
  const { device, cookie } = await alice()
  const enrolledAt = Date.now()
  const fresh = await registerDevice(create, '+15555550199', device.userId)
  await prove(fresh, {})

  const proof = await prove(fresh, { nonce: 't1' })
  vi.useFakeTimers({ toFake: ['Date'], now: enrolledAt + dayMs + 1000 })
  const later = await prove(fresh, { nonce: 't1' })
  const answers = [await transfer(cookie, 't1', later)]
  vi.useRealTimers()
  answers.push(await transfer(cookie, 't1', proof))

  expect(answers).toEqual([200, 'new_phone'])
})

it('does not let in an old phone with a number that a stolen session gave it', async () => {
  const { device, cookie } = await alice()
  await invoke(update, { ...device, body: { number: '+15555550199', confirmed: true } })

  const proof = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toBe('new_phone')
})

it('does not let in a phone of which no age is known', async () => {
  const { device, cookie } = await alice()
  const proof = await prove(device, { nonce: 't1' })
  const { device_since: _, ...claims } = decodeJwt(proof)

  const { body } = await handler({
    cookies: [cookie],
    body: JSON.stringify({ transfer: 't1' }),
    requestContext: { authorizer: { jwt: { claims } } },
  })

  expect(JSON.parse(body).code).toBe('new_phone')
})

it('does not let in a proof for another audience, nor one that is older than five minutes', async () => {
  const { device, cookie } = await alice()
  const other = await prove(device, { nonce: 't1', audience: 'other' })
  const old = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', other)).toBe(401)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 })
  expect(await transfer(cookie, 't1', old)).toBe('too_old')
})

it.each([
  ['a session that nobody signed', 'session=YWxpY2U.x'],
  ['a session of another key', `session=YWxpY2U.${'A'.repeat(43)}`],
])('does not let in %s', async (_, cookie) => {
  const { device } = await alice()

  expect(await transfer(cookie, 't1', await prove(device, { nonce: 't1' }))).toBe('no_session')
})
