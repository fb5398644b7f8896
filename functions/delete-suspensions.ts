// DELETE /suspensions: an admin lifts the suspension of a prefix or a country.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { suspendedEntry } from '../lib/breaker/query.ts'
import { liftSuspension } from '../lib/breaker/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = endpoint(operation.deleteSuspensions, async ({ query, now, signal }) => {
  await liftSuspension(store, suspendedEntry(query), now, signal)
  return noContent()
})
