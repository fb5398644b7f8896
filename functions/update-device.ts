// PATCH /users/{userId}/devices/{deviceId}: changes name, number or confirmation. Neither number's
// lock is left behind.
import { actorOf } from '../lib/api/api-key.ts'
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { assertCountry, assertType, readNumber } from '../lib/device/number.ts'
import { assertRoom, getDevice, patchDevice } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { carryLocks } from '../lib/limits/kept-lock.ts'
import { allowedCountries } from '../lib/settings/countries.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/device.ts'
import { deviceCaps } from '../lib/settings/device-caps.ts'
import { allowedTypes } from '../lib/settings/number-types.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()

export const handler = endpoint(
  operation.updateDevice,
  async ({ userId, deviceId, body: { number, ...change }, principal, now, signal, secrets }) => {
    const settings = deviceSettings()
    const key = { userId, deviceId }
    const phone = number === undefined ? null : readNumber(number, defaultCountry())
    if (phone !== null) {
      assertCountry(phone, allowedCountries())
      assertType(phone, allowedTypes())
    }
    const { perNumber } = deviceCaps()
    if (phone !== null || (change.confirmed && perNumber !== null)) {
      const known = await getDevice(store, key, signal)
      if (known === null) throw deviceNotFound()
      const room = { ...key, number: phone?.number ?? known.number }
      await assertRoom(store, room, { perUser: null, perNumber }, signal)
      if (room.number !== known.number) {
        const { throttle } = settings
        const lock = { store, indexKey: indexKey(await secrets.load()), throttle, now, signal }
        await carryLocks(lock, known, room.number)
      }
    }
    const patch = { ...change, ...phone, actor: actorOf(principal), now }
    const device = await patchDevice(store, key, patch, signal)
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
