// DELETE /users/{userId}/devices/{deviceId}: deletes a device. The answer is the same when it was
// already deleted. Its lock outlives it.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevice } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { keepLock } from '../lib/limits/kept-lock.ts'
import { indexKey } from '../lib/settings/secrets.ts'
import { throttleSettings } from '../lib/settings/throttle.ts'

const store = connectStore()

export const handler = endpoint(
  operation.deleteDevice,
  async ({ userId, deviceId, principal, now, signal, secrets }) => {
    const key = indexKey(await secrets.load())
    const lock = { store, indexKey: key, throttle: throttleSettings(), now, signal }
    const by = { actor: actorOf(principal), before: keepLock.bind(null, lock) }
    await deleteDevice(store, { userId, deviceId }, by, signal)
    return noContent()
  },
)
