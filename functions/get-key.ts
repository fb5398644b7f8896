// GET /key: what the caller's own API key may do, for which users, and until when.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'

export const handler = endpoint(operation.getKey, async ({ principal }) => {
  const { name, scopes, until = null, prefix = null } = principal
  return json(200, { name, scopes, until, prefix })
})
