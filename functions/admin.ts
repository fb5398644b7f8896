// GET /admin: the admin console, a public page. The data that it shows needs an API key.
/// <reference path="../lib/console/page.d.ts" />
import { page } from 'console:page'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { html } from '../lib/api/response.ts'
import { Problem } from '../lib/problem.ts'
import { consoleIdleMinutes, shownPages } from '../lib/settings/pages.ts'

export const handler = endpoint(operation.admin, async () => {
  if (!shownPages().includes('console')) {
    throw new Problem('route_not_found', 'The console is switched off here.')
  }
  // The page was built before its setting was known: it stands in its root element.
  const root = `<html lang="en" data-idle-minutes="${consoleIdleMinutes()}">`
  return html({ ...page, html: page.html.replace('<html lang="en">', root) })
})
