// GET /limits: the limits on sends, and how full they are for the deployment and for whom the query names.
import { endpoint } from '../lib/api/endpoint.ts'
import { json } from '../lib/api/response.ts'
import { rfc3339 } from '../lib/device/device.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { readLimits } from '../lib/limits/store.ts'
import { countersOf, windowEnd } from '../lib/limits/subject.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { defaultCountry } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])

export const handler = endpoint(
  'get-limits',
  { secrets, deadlineMs: 5_000 },
  async ({ query, now, signal }) => {
    const { mode, limits } = limitSettings()
    const key = tokenKey(await secrets.load())
    const subjects = { ...queriedSubjects(query, defaultCountry()), deployment: '' }
    const counters = limits.map(limit => countersOf(key, [limit], subjects, now))
    const sent = await Promise.all(counters.map(one => readLimits(store, one, signal)))
    return json(200, {
      mode,
      limits: limits.map(({ limit, most, seconds }, n) => ({
        limit,
        most,
        seconds,
        sent: sent[n]?.[0] ?? null,
        resetsAt: rfc3339(windowEnd(seconds, now)),
      })),
    })
  },
)
