// GET /admin: the admin console, one page for everybody; what it shows needs an API key, as everywhere.
/// <reference path="../lib/console/page.d.ts" />
import { page } from 'console:page'
import { endpoint } from '../lib/api/endpoint.ts'
import { html } from '../lib/api/response.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const secrets = secretSource([])

export const handler = endpoint('admin', { secrets, deadlineMs: 5_000 }, async () => html(page))
