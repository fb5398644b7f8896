// GET /suspensions: which prefixes and countries are suspended, and what is always allowed; or what
// of it decides about one number.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { listEntries } from '../lib/breaker/store.ts'
import { decidingEntries } from '../lib/breaker/subject.ts'
import { suspensionsView } from '../lib/breaker/view.ts'
import { parseQueriedNumber, readNumber } from '../lib/device/number.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()

export const handler = endpoint(
  operation.getSuspensions,
  async ({ query: { number }, now, signal, secrets }) => {
    const breaker = breakerSettings()
    const phone =
      number === undefined ? null : readNumber(parseQueriedNumber(number, defaultCountry()), null)
    const entries = await listEntries(store, signal)
    if (phone === null) return json(200, suspensionsView(entries, breaker, now))
    const rule = { alwaysAllow: breaker.alwaysAllow, indexKey: indexKey(await secrets.load()), now }
    return json(200, suspensionsView(decidingEntries(phone, entries, rule), breaker, now))
  },
)
