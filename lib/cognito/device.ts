// The device of a user of the pool. It is derived from pool and user alone, so that a changed
// number keeps its failures: who guesses must not start anew by changing it.
import { v5 } from 'uuid'
import { type DeviceItem, type DeviceKey, newDevice } from '../device/device.ts'
import { assertCountry, assertType, readNumber } from '../device/number.ts'
import { assertRoom, createDevice, getDevice, patchDevice } from '../device/store.ts'
import type { Store } from '../dynamodb/client.ts'
import { withKeptLock } from '../limits/kept-lock.ts'
import { unavailable } from '../problem.ts'
import { allowedCountries } from '../settings/countries.ts'
import { deviceCaps } from '../settings/device-caps.ts'
import { allowedTypes } from '../settings/number-types.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { PoolUser } from './session.ts'

/** Namespace of the UUIDv5 ids of these devices. */
const poolIds = 'b4f7f0f6-3c5e-4f0b-8a52-0d2f3d0f8d11'

/** Who writes what a trigger writes, as events and the console show it. */
export const cognitoActor = 'cognito'

/** Returns the key of a user's device. */
export function deviceKey(userPoolId: string, userId: string): DeviceKey {
  return { userId, deviceId: v5(JSON.stringify([userPoolId, userId]), poolIds) }
}

interface DeviceContext {
  store: Store
  indexKey: Uint8Array
  throttle: ThrottleSettings
  now: number
  signal: AbortSignal
}

/**
 * Finds the device of a user, or makes it; a changed number is taken over. Throws a problem for a
 * number to which nothing is sent here.
 */
export async function deviceOfUser(
  context: DeviceContext,
  key: DeviceKey,
  { number: given }: PoolUser,
): Promise<DeviceItem> {
  const { store, now, signal } = context
  const found = (await getDevice(store, key, signal)) ?? (await create(context, key, given))
  if (found !== null && found.number === given) return found
  const phone = allowedNumber(given)
  const patch = { ...phone, actor: cognitoActor, now }
  const { perNumber } = deviceCaps()
  const moved = { ...key, number: phone.number }
  await assertRoom(store, moved, { perUser: null, perNumber }, signal)
  const patched = await patchDevice(store, key, patch, signal)
  if (patched === null) throw unavailable(new Error('The device was deleted meanwhile.'))
  return patched
}

/** Null where another request has made it with another number meanwhile. */
async function create(
  context: DeviceContext,
  key: DeviceKey,
  given: string,
): Promise<DeviceItem | null> {
  const { store, throttle, now, signal } = context
  const phone = allowedNumber(given)
  const { factorMs } = throttle
  const device = newDevice({
    ...{ ...key, ...phone, factorMs, now },
    ...{ name: 'Cognito', confirmed: false, actor: cognitoActor },
  })
  const [locked] = await Promise.all([
    withKeptLock(context, device),
    assertRoom(store, device, deviceCaps(), signal),
  ])
  return createDevice(store, locked, signal)
}

function allowedNumber(given: string) {
  const phone = readNumber(given, null)
  assertCountry(phone, allowedCountries())
  assertType(phone, allowedTypes())
  return phone
}
