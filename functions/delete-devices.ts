// DELETE /users/{userId}/devices: this user is gone. Deletes all devices, and what was kept of them
// for support. Their locks outlive them.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { deleteDevices } from '../lib/device/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { keepLock } from '../lib/limits/kept-lock.ts'
import { indexKey } from '../lib/settings/secrets.ts'
import { throttleSettings } from '../lib/settings/throttle.ts'
import { eraseUser } from '../lib/timeline/keep.ts'
import { markErased } from '../lib/timeline/store.ts'

const store = connectStore()

export const handler = endpoint(
  operation.deleteDevices,
  async ({ userId, principal, now, signal, secrets }) => {
    const key = indexKey(await secrets.load())
    const lock = { store, indexKey: key, throttle: throttleSettings(), now, signal }
    const actor = actorOf(principal)
    await markErased(store, userId, now, signal)
    await deleteDevices(
      store,
      userId,
      { actor, erases: true, before: keepLock.bind(null, lock) },
      signal,
    )
    await eraseUser(store, userId, { actor, now, signal })
    return noContent()
  },
)
