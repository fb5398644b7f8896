// GET /openapi.json: the OpenAPI document of the API, which is public.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { openApiDocument } from '../lib/openapi/document.ts'

export const handler = endpoint(operation.openapi, async () => json(200, openApiDocument('/')))
