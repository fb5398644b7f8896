// Every request that no route takes: 404, or 405 where the path exists with other methods.
import { endpoint } from '../lib/api/endpoint.ts'
import { allowedMethods } from '../lib/api/operations.ts'
import { Problem } from '../lib/problem.ts'
import { secretSource } from '../lib/settings/secrets.ts'

const secrets = secretSource(['OTP_API_KEYS'])

export const handler = endpoint(
  'not-found',
  { secrets, deadlineMs: 5_000 },
  async ({ method, path }) => {
    const allowed = allowedMethods(path)
    if (allowed.length === 0) throw new Problem('route_not_found', 'There is no such route.')
    throw new Problem('method_not_allowed', `This path does not take ${method}.`, {
      headers: { allow: allowed.join(', ') },
    })
  },
)
