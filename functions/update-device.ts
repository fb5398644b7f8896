// PATCH /users/{userId}/devices/{deviceId}: changes name, number or confirmation.
import { actorOf } from '../lib/api/api-key.ts'
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { assertCountry, assertType, readNumber } from '../lib/device/number.ts'
import { assertRoom, patchDevice } from '../lib/device/store.ts'
import { deviceView } from '../lib/device/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { allowedCountries } from '../lib/settings/countries.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/device.ts'
import { deviceCaps } from '../lib/settings/device-caps.ts'
import { allowedTypes } from '../lib/settings/number-types.ts'

const store = connectStore()

export const handler = endpoint(
  operation.updateDevice,
  async ({ userId, deviceId, body: { number, ...change }, principal, now, signal }) => {
    const settings = deviceSettings()
    const phone = number === undefined ? null : readNumber(number, defaultCountry())
    if (phone !== null) {
      assertCountry(phone, allowedCountries())
      assertType(phone, allowedTypes())
      const { perNumber } = deviceCaps()
      const moved = { userId, deviceId, number: phone.number }
      await assertRoom(store, moved, { perUser: null, perNumber }, signal)
    }
    const patch = { ...change, ...phone, actor: actorOf(principal), now }
    const device = await patchDevice(store, { userId, deviceId }, patch, signal)
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
