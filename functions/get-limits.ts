// GET /limits: the limits on sends, and how much of them the deployment and the subjects of the
// query have used.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { readLimits } from '../lib/limits/store.ts'
import { countersOf, windowEnd } from '../lib/limits/subject.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { indexKey } from '../lib/settings/secrets.ts'
import { rfc3339 } from '../lib/time.ts'

const store = connectStore()

export const handler = endpoint(operation.getLimits, async ({ query, now, signal, secrets }) => {
  const { mode, limits } = limitSettings()
  const key = indexKey(await secrets.load())
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
})
