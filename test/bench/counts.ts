// Requests of each operation, counted at the endpoints, secrets included.
import { startTwilioStandIn } from '../../infra/local/twilio/stand-in.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { challenged, put, subject } from './subject.ts'
import type { Task } from './worker.ts'

/** What one operation asked for. */
export interface Counted {
  dynamodb: string[]
  twilio: number
}

/** Requests by operation, of a warm function. */
export async function countRequests(task: Task): Promise<Record<string, Counted>> {
  const [dynamodb, twilio] = await Promise.all([
    startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB ?? ''),
    startTwilioStandIn(),
  ])
  const one = await challenged('counted')
  await put(one)
  process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
  process.env.OTP_TWILIO_URL = twilio.url
  const { userId, deviceId } = one.device
  const ids = { userId, deviceId }
  const number = '+12025550142'
  const requests: Record<string, Counted> = {}

  const count = async (label: string, name: string, status: number, parts: object) => {
    const call = subject(task, name)
    const before = [dynamodb.operations.length, twilio.requests.length] as const
    await call(status, parts)
    requests[label] = {
      dynamodb: dynamodb.operations.slice(before[0]),
      twilio: twilio.requests.length - before[1],
    }
  }
  const right = { ...ids, body: { token: one.drawn.token } }
  await count('verify, right token', 'verify', 200, right)
  await count('verify, used token', 'verify', 403, right)
  await count('verify, locked', 'verify', 429, right)
  await count('reset', 'reset', 200, ids)
  await count('challenge', 'challenge', 200, ids)
  const keyed = { ...ids, headers: { 'idempotency-key': 'k' } }
  await count('challenge with an Idempotency-Key', 'challenge', 200, keyed)
  await count('its retry', 'challenge', 200, keyed)
  await count('create', 'create-device', 201, { userId, body: { number } })
  await count('get', 'get-device', 200, ids)
  await count('list', 'list-devices', 200, { userId })
  await count('update', 'update-device', 200, { ...ids, body: { name: 'Work' } })
  await count('find by number', 'find-devices', 200, { query: { number } })
  await count('delete', 'delete-device', 204, ids)
  await count('delete all of a user', 'delete-devices', 204, { userId })
  return requests
}
