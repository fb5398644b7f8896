// DELETE /always-allow: an admin takes back an allowance, so that the breaker judges the number,
// prefix or country again.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { allowedEntry } from '../lib/breaker/query.ts'
import { disallow } from '../lib/breaker/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.deleteAlwaysAllow,
  async ({ query, principal, now, signal, secrets }) => {
    const key = indexKey(await secrets.load())
    await disallow(store, allowedEntry(query, key, defaultCountry()).entry, now, signal)
    const actor = actorOf(principal)
    await report({ type: 'always_allow_ended', actor, subject: query, now })
    return noContent()
  },
)
