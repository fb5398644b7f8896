// DELETE /suspensions: an admin lifts the suspension of a prefix or a country.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { suspendedEntry } from '../lib/breaker/query.ts'
import { liftSuspension } from '../lib/breaker/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.deleteSuspensions,
  async ({ query, principal, now, signal }) => {
    await liftSuspension(store, suspendedEntry(query), now, signal)
    const actor = actorOf(principal)
    await report({ type: 'suspension_lifted', actor, subject: query, now })
    return noContent()
  },
)
