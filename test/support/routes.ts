// Every route of the API as a table for tests that go over all of them.
import { type OperationName, operations } from '../../lib/api/operations.ts'
import type { invoke, Request } from './lambda.ts'

/** A route, and a request that it takes. */
export interface Route {
  name: OperationName
  handler: Parameters<typeof invoke>[0]
  access: (typeof operations)[OperationName]['access']
  request: Request
}

const requests: Record<OperationName, Request> = {
  'create-device': { body: { number: '+15555550100' } },
  'list-devices': { method: 'GET' },
  'get-device': { method: 'GET' },
  'update-device': { method: 'PATCH', body: { name: 'changed' } },
  challenge: {},
  'get-challenge': { method: 'GET' },
  'status-callback': { challengeId: 'challenge01', headers: { authorization: null } },
  verify: { body: { token: '123456' } },
  reset: {},
  'find-devices': { method: 'GET' },
  'get-limits': { method: 'GET' },
  'delete-limits': { method: 'DELETE' },
  'get-suspensions': { method: 'GET' },
  'delete-suspensions': { method: 'DELETE', query: { country: 'CH' } },
  'put-always-allow': { method: 'PUT', query: { country: 'CH' } },
  'delete-always-allow': { method: 'DELETE', query: { country: 'CH' } },
  'get-figures': { method: 'GET' },
  openapi: { method: 'GET', path: '/openapi.json' },
  admin: { method: 'GET', path: '/admin' },
  'not-found': { method: 'GET', path: '/nowhere' },
  'delete-device': { method: 'DELETE' },
  'delete-devices': { method: 'DELETE' },
}

/** Loads all functions as they are now; what deletes comes last. */
export function loadRoutes(): Promise<Route[]> {
  return Promise.all(
    (Object.keys(requests) as OperationName[]).map(async name => {
      const { handler } = await import(`../../functions/${name}.ts`)
      return { name, handler, access: operations[name].access, request: requests[name] }
    }),
  )
}
