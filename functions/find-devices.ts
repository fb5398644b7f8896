// GET /devices: a page of the devices of all users, for an admin; `?number=` finds a number's devices.
import { readCursor, writeCursor } from '../lib/api/cursor.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/device.ts'
import { parseNumber } from '../lib/device/number.ts'
import { findDevices } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { defaultCountry, deviceSettings } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'find-devices',
  { secrets, deadlineMs: 5_000 },
  async ({ query, principal, now, signal }) => {
    const settings = deviceSettings()
    const number = query.number === undefined ? null : parseNumber(query.number, defaultCountry())
    const scope = { apiKeyHash: principal.hash, number }
    const start = query.cursor === undefined ? null : readCursor(query.cursor, scope)
    const page = await findDevices(store, { number, limit: query.limit, start }, signal)
    return json(200, {
      devices: page.devices.map(device => deviceView(device, settings, now)),
      cursor: page.next && writeCursor(page.next, scope),
    })
  },
)
