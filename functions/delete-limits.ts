// DELETE /limits: an admin lets somebody send again at once; whom the query names, or the deployment.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { emptyLimits } from '../lib/limits/store.ts'
import { countersOf } from '../lib/limits/subject.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { secretSource, tokenKey } from '../lib/settings/secrets.ts'
import { defaultCountry } from '../lib/settings/settings.ts'

const store = connectStore()
const secrets = secretSource(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])

export const handler = endpoint(
  'delete-limits',
  { secrets, deadlineMs: 5_000 },
  async ({ query, now, signal }) => {
    const { limits } = limitSettings()
    const key = tokenKey(await secrets.load())
    const named = queriedSubjects(query, defaultCountry())
    const subjects = Object.keys(named).length > 0 ? named : { deployment: '' }
    await emptyLimits(store, countersOf(key, limits, subjects, now), signal)
    return noContent()
  },
)
