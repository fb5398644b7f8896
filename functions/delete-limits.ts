// DELETE /limits: an admin empties the limits of the subjects that the query names, or else those
// of the deployment.
import { actorOf } from '../lib/api/api-key.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { connectActs } from '../lib/audit/admin.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { emptyLimits } from '../lib/limits/store.ts'
import { allCountersOf } from '../lib/limits/subject.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { indexKey } from '../lib/settings/secrets.ts'

const store = connectStore()
const report = connectActs()

export const handler = endpoint(
  operation.deleteLimits,
  async ({ query, principal, now, signal, secrets }) => {
    const limits = limitSettings()
    const key = indexKey(await secrets.load())
    const named = queriedSubjects(query, defaultCountry())
    const subjects = Object.keys(named).length > 0 ? named : { deployment: '' }
    await emptyLimits(store, allCountersOf({ indexKey: key, limits }, subjects, now), signal)
    const actor = actorOf(principal)
    const subject = { ...query, number: named.number_all }
    await report({ type: 'limits_cleared', actor, subject, now })
    return noContent()
  },
)
