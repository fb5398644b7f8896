// GET /suspensions: which prefixes and countries are suspended, and who is always allowed.

import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { listEntries } from '../lib/breaker/suspensions.ts'
import { suspensionsView } from '../lib/breaker/view.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'get-suspensions',
  { secrets, deadlineMs: 5_000 },
  async ({ now, signal }) =>
    json(200, suspensionsView(await listEntries(store, signal), breakerSettings(), now)),
)
