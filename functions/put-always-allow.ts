// PUT /always-allow: an admin exempts a number, a prefix or a country from suspension.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { allowedEntry } from '../lib/breaker/query.ts'
import { allow } from '../lib/breaker/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.putAlwaysAllow,
  async ({ query, principal, now, signal, secrets }) => {
    const key = indexKey(await secrets.load())
    await allow(store, allowedEntry(query, key, defaultCountry()), now, signal)
    const actor = actorOf(principal)
    await report({ type: 'always_allowed', actor, subject: query, now })
    return noContent()
  },
)
