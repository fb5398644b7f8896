// DELETE /users/{userId}/devices/{deviceId}: deletes a device, and says the same when it was gone already.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'delete-device',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, signal }) => {
    await deleteDevice(store, { userId, deviceId }, signal)
    return noContent()
  },
)
