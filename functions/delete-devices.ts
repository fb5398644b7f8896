// DELETE /users/{userId}/devices: deletes all devices of a user, as when the user is deleted.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevices } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'delete-devices',
  { secrets, deadlineMs: 8_000 },
  async ({ userId, signal }) => {
    await deleteDevices(store, userId, signal)
    return noContent()
  },
)
