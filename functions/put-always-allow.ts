// PUT /always-allow: an admin exempts a number, a prefix or a country from suspension.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { allowedEntry } from '../lib/breaker/query.ts'
import { allow } from '../lib/breaker/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()

export const handler = endpoint(
  operation.putAlwaysAllow,
  async ({ query, now, signal, secrets }) => {
    const key = indexKey(await secrets.load())
    await allow(store, allowedEntry(query, key, defaultCountry()), now, signal)
    return noContent()
  },
)
