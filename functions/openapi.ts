// GET /openapi.json: the OpenAPI document of the API, which is public.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { openApiDocument } from '../lib/openapi/document.ts'
import { Problem } from '../lib/problem.ts'
import { shownPages } from '../lib/settings/pages.ts'

export const handler = endpoint(operation.openapi, async ({ basePath }) => {
  if (!shownPages().includes('openapi')) {
    throw new Problem('route_not_found', 'The OpenAPI document is switched off here.')
  }
  return json(200, openApiDocument(basePath || '/'))
})
