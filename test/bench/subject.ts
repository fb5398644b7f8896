// The packaged functions in this process, and devices for them, arranged behind their back.
import { createRequire } from 'node:module'
import { BatchWriteCommand, PutCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb'
import { type DeviceItem, newDevice } from '../../lib/device/device.ts'
import { connectStore, type Store } from '../../lib/dynamodb/client.ts'
import { deviceSettings } from '../../lib/settings/device.ts'
import { type DrawnToken, drawToken } from '../../lib/token/token.ts'
import { rivals } from './bundles.ts'
import { eventOf } from './event.ts'
import type { Task } from './worker.ts'

type Handler = (event: unknown, context?: unknown) => Promise<{ statusCode: number; body: string }>
type BareUpdate = (input: UpdateCommandInput) => Promise<{ Attributes?: Record<string, unknown> }>

/** A device with a live token. */
export interface Challenged {
  device: DeviceItem
  drawn: DrawnToken
}

const load = createRequire(import.meta.url)
const context = { awsRequestId: '00000000-0000-4000-8000-000000000000' }
/** The bench has longer than a token lives by default. */
const settings = deviceSettings({ OTP_TWILIO_TOKEN_VALIDITY: '36000' })
/** The token key of the functions; the bench draws tokens with it as a challenge would. */
export const tokenKey = Buffer.from(process.env.BENCH_TOKEN_KEY ?? '', 'base64')

/**
 * A function by its name, loaded anew with the environment as it is now; an answer of another
 * status is an error.
 */
export function subject({ bundles, apiKey }: Task, name: string) {
  const path = bundles[name] ?? ''
  delete load.cache[load.resolve(path)]
  const { handler } = load(path) as { handler: Handler }
  return async (expected: number, parts: Parameters<typeof eventOf>[1]) => {
    const event = eventOf(apiKey, parts)
    const answer = await handler(event, context)
    if (answer.statusCode !== expected) {
      throw new Error(`${name} answered ${answer.statusCode} instead of ${expected}.`)
    }
    return answer
  }
}

/** The bare client's update, built the best way. */
export function bareUpdate({ bundles }: Task): BareUpdate {
  return (load(bundles[rivals.bareBest] ?? '') as { handler: BareUpdate }).handler
}

/** A device of this user, unless told otherwise of a user of its own, with a live token. */
export async function challenged(deviceId: string, userId = `user-${deviceId}`) {
  const now = Date.now()
  const fresh = newDevice({
    userId,
    deviceId,
    name: 'Phone',
    number: '+15555550100',
    country: 'US',
    confirmed: true,
    factorMs: settings.throttle.factorMs,
    now,
  })
  const drawn = await drawToken(tokenKey, fresh, settings, now)
  return { device: { ...fresh, pending: { [drawn.digest]: drawn.entry } }, drawn }
}

const stores = new Map<string, Store>()

/** The bench's own way to the table that DEVICES_TABLE names now. */
function store(): Store {
  const tableName = process.env.DEVICES_TABLE ?? ''
  const kept = stores.get(tableName) ?? connectStore()
  stores.set(tableName, kept)
  return kept
}

/** Puts a device into that table. */
export async function put({ device }: Challenged): Promise<void> {
  const { once, devicesTable } = store()
  await once.send(new PutCommand({ TableName: devicesTable, Item: device }))
}

/** Puts many. */
export async function putAll(all: Challenged[]): Promise<void> {
  const { retrying, devicesTable } = store()
  for (let from = 0; from < all.length; from += 25) {
    const requests = all
      .slice(from, from + 25)
      .map(({ device }) => ({ PutRequest: { Item: device } }))
    await retrying.send(new BatchWriteCommand({ RequestItems: { [devicesTable]: requests } }))
  }
}
