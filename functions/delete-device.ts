// DELETE /users/{userId}/devices/{deviceId}: deletes a device. The answer is the same when it was
// already deleted.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = endpoint(
  operation.deleteDevice,
  async ({ userId, deviceId, principal, signal }) => {
    await deleteDevice(store, { userId, deviceId }, actorOf(principal), signal)
    return noContent()
  },
)
