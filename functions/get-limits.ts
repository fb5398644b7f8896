// GET /limits: the limits on sends, and how much of them the deployment and the subjects of the
// query have used.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { readLimits } from '../lib/limits/store.ts'
import { allCountersOf } from '../lib/limits/subject.ts'
import { windowEnd } from '../lib/limits/window.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { indexKey } from '../lib/settings/secrets.ts'
import { rfc3339 } from '../lib/time.ts'

const store = connectStore()

export const handler = endpoint(operation.getLimits, async ({ query, now, signal, secrets }) => {
  const { mode, limits } = limitSettings()
  const key = indexKey(await secrets.load())
  const subjects = { ...queriedSubjects(query, defaultCountry()), deployment: '' }
  const read = await readLimits(store, allCountersOf(key, limits, subjects, now), signal)
  return json(200, {
    mode,
    limits: limits.map(({ limit, most, seconds }) => ({
      limit,
      most,
      seconds,
      sent: sumOf(
        read.filter(({ window }) => window.limit === limit && window.seconds === seconds),
      ),
      resetsAt: rfc3339(windowEnd(seconds, now)),
    })),
  })
})

/** The shards together; null where the query names no subject. */
function sumOf(shards: { sent: number }[]): number | null {
  return shards.length === 0 ? null : shards.reduce((sum, { sent }) => sum + sent, 0)
}
