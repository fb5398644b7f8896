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

/** What a request has beside method and path. */
const parts: Partial<Record<OperationName, Request>> = {
  'create-device': { body: { number: '+15555550100' } },
  'update-device': { body: { name: 'changed' } },
  'status-callback': { challengeId: 'challenge01', headers: { authorization: null } },
  verify: { body: { token: '123456' } },
  'delete-suspensions': { query: { country: 'CH' } },
  'put-always-allow': { query: { country: 'CH' } },
  'delete-always-allow': { query: { country: 'CH' } },
  'not-found': { method: 'GET', path: '/nowhere' },
}

/** What takes the devices away of the others comes last. */
const last: OperationName[] = ['delete-device', 'delete-devices']

/** Loads all functions as they are now. */
export function loadRoutes(): Promise<Route[]> {
  const names = Object.keys(operations) as OperationName[]
  const ordered = [...names.filter(name => !last.includes(name)), ...last]
  return Promise.all(
    ordered.map(async name => {
      const { handler } = await import(`../../functions/${name}.ts`)
      return { name, handler, access: operations[name].access, request: requestOf(name) }
    }),
  )
}

function requestOf(name: OperationName): Request {
  const [method = '', path = ''] = operations[name].route.split(' ')
  return { method, ...(!path.includes('{') && { path }), ...parts[name] }
}
