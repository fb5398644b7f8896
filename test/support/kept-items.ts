// Items as released versions wrote them (test/fixtures/items), and what may be asked of a device,
// each through its real handler.
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { signForm } from '../../infra/local/twilio/status.ts'
import type { Store } from '../../lib/dynamodb/client.ts'
import { at } from './clock.ts'
import { type Answer, invoke, type Request } from './lambda.ts'

/** An item in the form of DynamoDB's own API. */
export type RawItem = Record<string, AttributeValue>

/** An item of a release, with what was known of it. */
export interface KeptItem {
  /** A moment soon after its last write, milliseconds since the epoch. */
  at: number
  /** The last token that was sent, and its challenge; a fresh device has none. */
  token?: string
  challengeId?: string
  item: RawItem
}

/** The state of a kept item. */
export type KeptState = 'fresh' | 'challenged' | 'verified' | 'locked' | 'disabled' | 'reported'

interface KeptRelease {
  tokenKey: string
  items: Record<KeptState, KeptItem>
}

const folder = resolve(import.meta.dirname, '../fixtures/items')
const publicUrl = 'https://otp.example'

/** The versions whose items are kept, such as 0.2.0. */
export const keptVersions = (): string[] =>
  readdirSync(folder).map(file => file.replace(/\.json$/, ''))

/** Reads the items of a version. */
export function keptItems(version: string): KeptRelease {
  return JSON.parse(readFileSync(resolve(folder, `${version}.json`), 'utf8'))
}

/** Puts an item as it is. */
export async function putRaw({ retrying, devicesTable: TableName }: Store, Item: RawItem) {
  await retrying.send(new PutItemCommand({ TableName, Item }))
}

/** Reads an item as it is. */
export async function rawItem(store: Store, { userId, deviceId }: RawItem): Promise<RawItem> {
  const { retrying, devicesTable: TableName } = store
  const Key = { userId: userId!, deviceId: deviceId! }
  const read = new GetItemCommand({ TableName, Key, ConsistentRead: true })
  return (await retrying.send(read)).Item ?? {}
}

/** What may be asked of a device. */
export const uses = [
  'verify right',
  'verify wrong',
  'challenge',
  'resend',
  'callback',
  'get',
  'state',
  'list',
  'list unconfirmed',
  'find',
  'patch nothing',
  'patch name',
  'patch number',
  'reset',
] as const

/** One of them. */
export type Use = (typeof uses)[number]

/** Loads the handlers, and returns what uses a device by them at the moment of the kept item. */
export async function loadUses() {
  process.env.OTP_PUBLIC_URL = publicUrl
  const names = [
    ...['verify', 'challenge', 'status-callback', 'get-device', 'get-challenge', 'list-devices'],
    ...['find-devices', 'update-device', 'reset'],
  ]
  const loaded = await Promise.all(names.map(name => import(`../../functions/${name}.ts`)))
  const handlers = Object.fromEntries(names.map((name, n) => [name, loaded[n].handler]))
  return ({ at: moment, token = '000001', challengeId = '-', item }: KeptItem, use: Use) => {
    const device = { userId: item.userId!.S!, deviceId: item.deviceId!.S! }
    const requests: Record<Use, [name: string, request?: Request]> = {
      'verify right': ['verify', { body: { token } }],
      'verify wrong': ['verify', { body: { token: '000000' } }],
      challenge: ['challenge'],
      resend: ['challenge', { body: { resend: true } }],
      callback: ['status-callback', reportOf({ ...device, challengeId })],
      get: ['get-device', { method: 'GET' }],
      state: ['get-challenge', { method: 'GET' }],
      list: ['list-devices', { method: 'GET' }],
      'list unconfirmed': ['list-devices', { method: 'GET', query: { confirmed: 'false' } }],
      find: ['find-devices', { method: 'GET', query: { number: item.number!.S! } }],
      'patch nothing': ['update-device', { method: 'PATCH', body: {} }],
      'patch name': ['update-device', { method: 'PATCH', body: { name: 'Other' } }],
      'patch number': ['update-device', { method: 'PATCH', body: { number: '+15555550199' } }],
      reset: ['reset'],
    }
    const [name, request = {}] = requests[use]
    return at(moment, (): Promise<Answer> => invoke(handlers[name], { ...device, ...request }))
  }
}

function reportOf({ userId, deviceId, challengeId }: Record<string, string>): Request {
  const path = `users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
  const form = { MessageStatus: 'delivered' }
  const signature = signForm(process.env.OTP_TWILIO_AUTH!, `${publicUrl}/${path}`, form)
  return {
    challengeId: challengeId!,
    headers: { authorization: null, 'x-twilio-signature': signature },
    body: new URLSearchParams(form).toString(),
  }
}
