// POST /users/{userId}/devices: registers a number. A retry with the same idempotency key returns
// the same device.

import { v5, v7 } from 'uuid'
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { idempotencyKeyReused, payloadName } from '../lib/api/payload.ts'
import { json } from '../lib/api/response.ts'
import { newDevice } from '../lib/device/device.ts'
import { assertCountry, assertType, readNumber } from '../lib/device/number.ts'
import { assertRoom, createDevice } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { withKeptLock } from '../lib/limits/kept-lock.ts'
import { allowedCountries } from '../lib/settings/countries.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/device.ts'
import { deviceCaps } from '../lib/settings/device-caps.ts'
import { allowedTypes } from '../lib/settings/number-types.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()
/**
 * Namespace of the UUIDv5 ids that are made from an idempotency key, so that a retry gets the same
 * id.
 */
const keyedIds = '6f0c5a52-7d0f-4a0e-9c55-6c1d5a4c1b7e'

export const handler = endpoint(
  operation.createDevice,
  async ({
    userId,
    body: { name, confirmed, ...body },
    idempotencyKey,
    basePath,
    principal,
    now,
    signal,
    secrets,
  }) => {
    const settings = deviceSettings()
    const phone = readNumber(body.number, defaultCountry())
    assertCountry(phone, allowedCountries())
    assertType(phone, allowedTypes())
    const { number } = phone
    const key = indexKey(await secrets.load())
    const named =
      idempotencyKey === null
        ? { deviceId: v7() }
        : {
            deviceId: v5(JSON.stringify([userId, idempotencyKey]), keyedIds),
            payload: payloadName(key, [number, name, confirmed]),
          }
    const { deviceId } = named
    const { factorMs } = settings.throttle
    const actor = actorOf(principal)
    const device = newDevice({ userId, ...named, name, ...phone, confirmed, factorMs, actor, now })
    const lock = { store, indexKey: key, throttle: settings.throttle, now, signal }
    const [locked] = await Promise.all([
      withKeptLock(lock, device),
      assertRoom(store, device, deviceCaps(), signal),
    ])
    const created = await createDevice(store, locked, signal)
    if (created === null) throw idempotencyKeyReused()
    return json(201, deviceView(created, settings, now), {
      location: `${basePath}/users/${encodeURIComponent(userId)}/devices/${deviceId}`,
    })
  },
)
