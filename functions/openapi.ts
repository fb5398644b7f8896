// GET /openapi.json: the API's own description, for everybody.
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { openApiDocument } from '../lib/openapi/document.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const secrets = secretSource([])

export const handler = endpoint('openapi', { secrets, deadlineMs: 5_000 }, async () =>
  json(200, openApiDocument('/')),
)
