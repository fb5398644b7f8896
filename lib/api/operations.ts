// Every operation of the API: where it is, who may call it, what it takes. The handlers, the `$default`
// function and the OpenAPI document all read this table; a test holds it against serverless.yml.
import type { GenericSchema } from 'valibot'
import type { Scope } from './api-key.ts'
import {
  allowQuery,
  challengeBody,
  challengeQuery,
  createBody,
  figuresQuery,
  findQuery,
  limitsQuery,
  listQuery,
  nothing,
  patchBody,
  suspensionsQuery,
  verifyBody,
} from './schemas.ts'

/** Checks an object with no member that it does not know. */
export type ObjectSchema = GenericSchema<Record<string, unknown>>

/** What is the same for every request of an operation. */
export interface Operation {
  /** Method and path; `$default` takes what no other route does. */
  route: string
  /** The scope that a caller needs; `any key` asks only for a known one, `twilio` for Twilio's signature. */
  access: Scope | 'any key' | 'public' | 'twilio'
  /** Null is not looked at. */
  body: ObjectSchema | null
  query: ObjectSchema | null
}

/** All operations by name, the name of their function. */
export const operations = {
  'create-device': {
    route: 'POST /users/{userId}/devices',
    access: 'devices:write',
    body: createBody,
    query: nothing,
  },
  'list-devices': {
    route: 'GET /users/{userId}/devices',
    access: 'devices:read',
    body: null,
    query: listQuery,
  },
  'delete-devices': {
    route: 'DELETE /users/{userId}/devices',
    access: 'devices:write',
    body: null,
    query: nothing,
  },
  'get-device': {
    route: 'GET /users/{userId}/devices/{deviceId}',
    access: 'devices:read',
    body: null,
    query: nothing,
  },
  'update-device': {
    route: 'PATCH /users/{userId}/devices/{deviceId}',
    access: 'devices:write',
    body: patchBody,
    query: nothing,
  },
  'delete-device': {
    route: 'DELETE /users/{userId}/devices/{deviceId}',
    access: 'devices:write',
    body: null,
    query: nothing,
  },
  challenge: {
    route: 'POST /users/{userId}/devices/{deviceId}/challenge',
    access: 'challenge',
    body: challengeBody,
    query: nothing,
  },
  'get-challenge': {
    route: 'GET /users/{userId}/devices/{deviceId}/challenge',
    access: 'challenge',
    body: null,
    query: challengeQuery,
  },
  'status-callback': {
    route: 'POST /users/{userId}/devices/{deviceId}/challenge/{challengeId}/status',
    access: 'twilio',
    body: null,
    query: null,
  },
  verify: {
    route: 'POST /users/{userId}/devices/{deviceId}/verify',
    access: 'verify',
    body: verifyBody,
    query: nothing,
  },
  reset: {
    route: 'POST /users/{userId}/devices/{deviceId}/reset',
    access: 'admin',
    body: nothing,
    query: nothing,
  },
  'find-devices': {
    route: 'GET /devices',
    access: 'admin',
    body: null,
    query: findQuery,
  },
  'get-limits': {
    route: 'GET /limits',
    access: 'admin',
    body: null,
    query: limitsQuery,
  },
  'delete-limits': {
    route: 'DELETE /limits',
    access: 'admin',
    body: null,
    query: limitsQuery,
  },
  'get-suspensions': {
    route: 'GET /suspensions',
    access: 'admin',
    body: null,
    query: nothing,
  },
  'delete-suspensions': {
    route: 'DELETE /suspensions',
    access: 'admin',
    body: null,
    query: suspensionsQuery,
  },
  'put-always-allow': {
    route: 'PUT /always-allow',
    access: 'admin',
    body: null,
    query: allowQuery,
  },
  'delete-always-allow': {
    route: 'DELETE /always-allow',
    access: 'admin',
    body: null,
    query: allowQuery,
  },
  'get-figures': {
    route: 'GET /figures',
    access: 'admin',
    body: null,
    query: figuresQuery,
  },
  openapi: {
    route: 'GET /openapi.json',
    access: 'public',
    body: null,
    query: null,
  },
  admin: {
    route: 'GET /admin',
    access: 'public',
    body: null,
    query: null,
  },
  'not-found': {
    route: '$default',
    access: 'any key',
    body: null,
    query: null,
  },
} as const satisfies Record<string, Operation>

/** The name of an operation. */
export type OperationName = keyof typeof operations

/** The methods that a path takes; none for a path that does not exist. */
export function allowedMethods(path: string): string[] {
  return Object.values(operations).flatMap(({ route }) => {
    const [method = '', pattern] = route.split(' ')
    if (pattern === undefined) return []
    const matcher = new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
    return matcher.test(path) ? [method] : []
  })
}
