// DELETE /users/{userId}/devices: deletes all devices of a user, for example when the user is
// deleted.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevices } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = endpoint(operation.deleteDevices, async ({ userId, principal, signal }) => {
  await deleteDevices(store, userId, actorOf(principal), signal)
  return noContent()
})
