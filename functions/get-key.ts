// GET /key: what the caller's own API key may do, for which users, and until when; and to which
// countries, and by which channels, anybody is sent to.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { enabledChannels } from '../lib/settings/channels.ts'
import { allowedCountries } from '../lib/settings/countries.ts'

export const handler = endpoint(operation.getKey, async ({ principal }) => {
  const { name, scopes, until = null, prefix = null } = principal
  const sending = { channels: enabledChannels(), countries: allowedCountries() }
  return json(200, { name, scopes, until, prefix, ...sending })
})
