// GET /suspensions: which prefixes and countries are suspended, and what is always allowed.

import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { listEntries } from '../lib/breaker/store.ts'
import { suspensionsView } from '../lib/breaker/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'

const store = connectStore()

export const handler = endpoint(operation.getSuspensions, async ({ now, signal }) =>
  json(200, suspensionsView(await listEntries(store, signal), breakerSettings(), now)),
)
