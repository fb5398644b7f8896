// Every request that matches no route: 404, or 405 where the path exists with other methods.
import { pathsBelow } from '../lib/api/base-path.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { Problem } from '../lib/problem.ts'

export const handler = endpoint(operation.notFound, async ({ method, path, domainName }) => {
  const [allowed = []] = pathsBelow(path, domainName)
    .map(operation.allowedMethods)
    .filter(methods => methods.length > 0)
  // API Gateway knows the mapping: a path that it gave no function to is none.
  if (allowed.length === 0 || allowed.includes(method))
    throw new Problem('route_not_found', 'There is no such route.')
  throw new Problem('method_not_allowed', `This path does not take ${method}.`, {
    headers: { allow: allowed.join(', ') },
  })
})
