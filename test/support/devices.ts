// Devices, tokens and attempts for tests of the store.
import { randomBytes, randomUUID } from 'node:crypto'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import type { ChallengeSettings } from '../../lib/challenge/refusal.ts'
import { startChallenge } from '../../lib/challenge/store.ts'
import type { DeviceItem, DeviceKey } from '../../lib/device/device.ts'
import { getDevice } from '../../lib/device/store.ts'
import type { Store } from '../../lib/dynamodb/client.ts'
import { requestName } from '../../lib/request-name.ts'
import { allowedCountries } from '../../lib/settings/countries.ts'
import { deviceSettings } from '../../lib/settings/device.ts'
import { establishedSettings } from '../../lib/settings/established.ts'
import { digestToken } from '../../lib/token/digest.ts'
import { drawToken } from '../../lib/token/token.ts'
import { deviceOf, noon } from './device.ts'

export { noon } from './device.ts'

/** The token key of these tests. */
export const tokenKey = randomBytes(32)

/** The index key of these tests. */
export const indexKey = randomBytes(32)

/** A signal that never fires. */
export const signal = new AbortController().signal

/** A device of a user of its own, put into the table as it is given. */
export async function putDevice(
  store: Store,
  given: Partial<DeviceItem> = {},
): Promise<DeviceItem> {
  const ids = { userId: `user-${randomUUID()}`, deviceId: randomUUID() }
  const item = deviceOf({ ...ids, ...given })
  await store.retrying.send(new PutCommand({ TableName: store.devicesTable, Item: item }))
  return item
}

/** The item of a device as it is now. */
export async function itemOf(store: Store, key: DeviceKey): Promise<DeviceItem> {
  const item = await getDevice(store, key, signal)
  if (item === null) throw new Error('There is no such device.')
  return item
}

/** Settings by their OTP_TWILIO_* names, without the prefix. */
export function settingsOf(given: Record<string, string | number> = {}): ChallengeSettings {
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [`OTP_TWILIO_${name}`, String(value)]),
  )
  return {
    ...deviceSettings(env),
    allowedCountries: allowedCountries(env),
    established: establishedSettings(env),
  }
}

/** Challenges a device in the store, and gives the token. */
export async function challenge(
  store: Store,
  device: DeviceItem,
  { now = noon, settings = settingsOf() }: { now?: number; settings?: ChallengeSettings } = {},
): Promise<string> {
  const { token, digest, entry } = await drawToken(tokenKey, device, settings, now)
  const given = { digest, entry, requestName: requestName(null), keyName: null, now }
  const { outcome } = await startChallenge({ store, key: device, settings, signal }, given)
  if (outcome !== 'started') throw new Error(`The challenge was not started: ${outcome}`)
  return token
}

/** An attempt at a device with a token. */
export function attemptWith({ userId, deviceId }: DeviceItem, token: string, now = noon) {
  return {
    guess: digestToken(tokenKey, { userId, deviceId, token }),
    attempt: requestName(null),
    now,
  }
}

/** Who deletes in a test. */
export const by = { actor: 'suite', before: async () => undefined }
