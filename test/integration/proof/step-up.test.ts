// The step-up example: whom its /transfer lets in, with proofs of the real handlers, over HTTP.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { publicJwk } from '../../../lib/proof/key.ts'
import { apiKey } from '../../support/keys.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')

/** What is well known, under the URL of the issuer. */
const issuing = createServer(async (request, response) => {
  const { handler } = await import('../../../functions/proof-keys.ts')
  const { body } = await invoke(handler, { method: 'GET', path: request.url ?? '' })
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
})
await once(issuing.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${(issuing.address() as AddressInfo).port}`
Object.assign(process.env, {
  OTP_PROOF_ISSUER: issuer,
  OTP_PROOF_KEYS: JSON.stringify([{ from: 0, key }]),
  OTP_PROOF_PUBLIC_KEYS: JSON.stringify({ keys: [publicJwk(privateKey)] }),
  OTP_TWILIO_COOLDOWN: '0',
  OTP_API_KEYS: JSON.stringify([
    {
      ...{ name: 'suite', hash: hashApiKey(apiKey), audiences: ['transfer', 'other'] },
      scopes: ['devices:write', 'challenge', 'verify'],
    },
  ]),
})
const [create, challenge, verify] = await Promise.all(
  ['create-device', 'challenge', 'verify'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const sessions = new Map<string, string>()
let later = 0
let service: Server
let url: string

beforeAll(async () => {
  const example = new URL('../../../docs/examples/step-up/app.js', import.meta.url).href
  const { createApp } = await import(/* @vite-ignore */ example)
  const now = () => Date.now() + later
  // aws-jwt-verify fetches keys over https alone; the example is given those of the issuer.
  service = createApp({ issuer, audience: 'transfer', sessions, now, fetchKeys })
  await once(service.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/transfer`
})
afterAll(() => {
  for (const one of [issuing, service]) one.close()
})

async function fetchKeys() {
  return (await fetch(`${issuer}/.well-known/jwks.json`)).json()
}

/** A user with a session and a phone that was enrolled before. */
async function alice() {
  const device = await registerDevice(create)
  await prove(device, {})
  const cookie = `session=${device.deviceId}`
  sessions.set(cookie, device.userId)
  return { device, cookie }
}

async function prove(device: DeviceKey, body: object): Promise<string> {
  await invoke(challenge, { ...device, body: {} })
  const token = twilio.messages.at(-1)!.body
  const request = { ...device, body: { token, audience: 'transfer', ...body } }
  return (await invoke(verify, request)).body.proof
}

async function transfer(cookie: string, name: string, proof?: string) {
  const headers = { cookie, ...(proof && { authorization: `Bearer ${proof}` }) }
  const answer = await fetch(url, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({ transfer: name }),
  })
  return [answer.status, ((await answer.json()) as { code?: string }).code]
}

it('lets in who has verified for this transfer, once', async () => {
  const { device, cookie } = await alice()
  const proof = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toEqual([200, undefined])
  expect(await transfer(cookie, 't1', proof)).toEqual([403, 'used_before'])
})

it('lets in nobody without a proof or without a session', async () => {
  const { device, cookie } = await alice()

  expect(await transfer(cookie, 't1')).toEqual([401, 'no_proof'])
  expect(await transfer('', 't1', await prove(device, { nonce: 't1' }))).toEqual([
    401,
    'no_session',
  ])
})

it('does not let a proof in for another transfer', async () => {
  const { device, cookie } = await alice()

  const proof = await prove(device, { nonce: 't1' })

  expect(await transfer(cookie, 't2', proof)).toEqual([403, 'another_transfer'])
})

it('does not let one user’s proof into another’s session', async () => {
  const mallory = await alice()
  const { cookie } = await alice()

  const proof = await prove(mallory.device, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toEqual([403, 'another_user'])
})

it('does not let in a phone that a stolen session has just enrolled', async () => {
  const { device, cookie } = await alice()
  const fresh = await registerDevice(create, '+15555550199', device.userId)

  const proof = await prove(fresh, { nonce: 't1' })

  expect(await transfer(cookie, 't1', proof)).toEqual([401, 'no_good_proof'])
})

it('does not let in a proof for another audience, nor one that is older than five minutes', async () => {
  const { device, cookie } = await alice()
  const other = await prove(device, { nonce: 't1', audience: 'other' })
  const old = await prove(device, { nonce: 't1' })

  later = 301_000

  expect(await transfer(cookie, 't1', other)).toEqual([401, 'no_good_proof'])
  expect(await transfer(cookie, 't1', old)).toEqual([403, 'too_old'])
  later = 0
})
