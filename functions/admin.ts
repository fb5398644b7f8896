// GET /admin: the admin console, a public page. The data that it shows needs an API key.
/// <reference path="../lib/console/page.d.ts" />
import { page } from 'console:page'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { html } from '../lib/api/response.ts'
import { Problem } from '../lib/problem.ts'
import { shownPages } from '../lib/settings/pages.ts'

export const handler = endpoint(operation.admin, async () => {
  if (!shownPages().includes('console')) {
    throw new Problem('route_not_found', 'The console is switched off here.')
  }
  return html(page)
})
