// GET /admin: the admin console, one page for everybody; what it shows needs an API key, as everywhere.
/// <reference path="../lib/console/page.d.ts" />
import { page } from 'console:page'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { html } from '../lib/api/response.ts'

export const handler = endpoint(operation.admin, async () => html(page))
