// PATCH /users/{userId}/devices/{deviceId}: changes name, number or confirmation.
import { deviceNotFound } from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { assertCountry, readNumber } from '../lib/device/number.ts'
import { patchDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { allowedCountries } from '../lib/settings/countries.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'update-device',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, body: { number, ...change }, now, signal }) => {
    const settings = deviceSettings()
    const phone = number === undefined ? null : readNumber(number, defaultCountry())
    if (phone !== null) assertCountry(phone, allowedCountries())
    const device = await patchDevice(store, { userId, deviceId }, { ...change, ...phone }, signal)
    if (device === null) throw deviceNotFound()
    return json(200, deviceView(device, settings, now))
  },
)
