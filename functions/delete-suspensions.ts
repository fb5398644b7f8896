// DELETE /suspensions: an admin lifts the suspension of a prefix or a country.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { suspendedEntry } from '../lib/breaker/query.ts'
import { liftSuspension } from '../lib/breaker/suspensions.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'delete-suspensions',
  { secrets, deadlineMs: 5_000 },
  async ({ query, now, signal }) => {
    await liftSuspension(store, suspendedEntry(query), now, signal)
    return noContent()
  },
)
