// The step-up example, driven as its users and those who are none would: proofs of the service on
// this machine, an authorizer in serverless-offline, and a transfer.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { LocalStack } from '../../infra/local/stack.ts'
import { localCredentials, localRegion, localTables } from '../../infra/stack/local.ts'

/** The key of the example's sessions on this machine. */
process.env.SESSION_KEY = 'of this machine'
const session = new URL('../../docs/examples/step-up/session.js', import.meta.url).href
const { cookieOf } = (await import(session)) as { cookieOf: (user: string) => string }

/** A proof for a transfer, and how it is asked for. */
interface Asked {
  cookie?: string | undefined
  proof?: string | undefined
  transfer?: string
}

/** Drives it. Returns how many answers were as they should be, and those that were not. */
export async function driveStepUp(
  url: string,
  { api, inbox, key, dynamodb }: LocalStack,
): Promise<{ passed: number; faults: string[] }> {
  const call = async (path: string, body: object) => {
    const response = await fetch(api + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, string>
  }
  const enrol = async (user: string, number: string) => {
    const { id } = await call(`/users/${user}/devices`, { number })
    return { path: `/users/${user}/devices/${id}`, number, userId: user, deviceId: id }
  }
  const prove = async ({ path, number }: { path: string; number: string }, nonce: string) => {
    await call(`${path}/challenge`, {})
    const query = encodeURIComponent(number)
    const found = await fetch(`${inbox}/messages.json?to=${query}`)
    const { messages } = (await found.json()) as { messages: { body: string }[] }
    const asked = { token: messages[0]?.body, audience: 'transfer', nonce }
    return (await call(`${path}/verify`, asked)).proof ?? ''
  }
  const move = async ({ cookie, proof, transfer = 'rent' }: Asked) => {
    const headers = {
      ...(cookie && { cookie }),
      ...(proof && { authorization: `Bearer ${proof}` }),
    }
    const body = JSON.stringify({ transfer })
    const answer = await fetch(`${url}/transfer`, { method: 'POST', headers, body })
    const { code } = (await answer.json()) as { code?: string }
    return [answer.status, code].filter(Boolean).join(' ')
  }
  const aws = { endpoint: dynamodb, region: localRegion, credentials: localCredentials }
  const store = DynamoDBDocumentClient.from(new DynamoDBClient(aws))
  const faults: string[] = []
  let passed = 0
  const expect = async (what: string, asked: Asked, wanted: string) => {
    const seen = await move(asked)
    if (seen === wanted) passed += 1
    else faults.push(`${what}: ${seen}, not ${wanted}`)
  }

  const cookie = cookieOf('anna')
  const phone = await enrol('anna', '+14155593001')
  const enrolment = await prove(phone, 'rent')
  await expect('the proof of an enrolment', { cookie, proof: enrolment }, '403')
  const young = await prove(phone, 'rent')
  await expect('a new phone by a second token', { cookie, proof: young }, '403 new_phone')
  await store.send(
    new UpdateCommand({
      TableName: localTables.devicesTable,
      Key: { userId: phone.userId, deviceId: phone.deviceId },
      UpdateExpression: 'SET createdAt = createdAt - :hour',
      ExpressionAttributeValues: { ':hour': 3_600_000 },
    }),
  )
  const proof = await prove(phone, 'rent')
  await expect('no proof', { cookie }, '401')
  await expect('an altered proof', { cookie, proof: altered(proof) }, '401')
  await expect('a proof without its signature', { cookie, proof: unsigned(proof) }, '401')
  await expect('no session', { proof }, '401 no_session')
  await expect('a session nobody signed', { cookie: cookie.slice(0, -1), proof }, '401 no_session')
  await expect('another transfer', { cookie, proof, transfer: 'car' }, '403 another_transfer')
  await expect('another user', { cookie: cookieOf('bob'), proof }, '403 another_user')
  await expect('its transfer', { cookie, proof }, '200')
  await expect('its transfer again', { cookie, proof }, '403 used_before')
  const next = await prove(phone, 'car')
  const twice = await Promise.all([1, 2].map(() => move({ cookie, proof: next, transfer: 'car' })))
  if (twice.toSorted().join() === '200,403 used_before') passed += 1
  else faults.push(`a proof twice at once: ${twice}`)
  return { passed, faults }
}

/** For another transfer, with the signature of this one. */
function altered(proof: string): string {
  const [head, claims = '', signature] = proof.split('.')
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString())
  return [head, encode({ ...read, scope: 'otp:verified admin' }), signature].join('.')
}

function unsigned(proof: string): string {
  return [encode({ alg: 'none', typ: 'JWT' }), proof.split('.')[1], ''].join('.')
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
