// DELETE /always-allow: an admin lets a number, a prefix or a country be judged as any other.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { allowedEntry } from '../lib/breaker/query.ts'
import { disallow } from '../lib/breaker/suspensions.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { defaultCountry } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])

export const handler = endpoint(
  'delete-always-allow',
  { secrets, deadlineMs: 5_000 },
  async ({ query, now, signal }) => {
    const key = tokenKey(await secrets.load())
    await disallow(store, allowedEntry(query, key, defaultCountry()).entry, now, signal)
    return noContent()
  },
)
