// Every operation of the API: where it is, who may call it, what it takes and which secrets it reads. The handlers, the
// `$default` function, the OpenAPI document and the roles all read them; a test holds them against serverless.yml. Each is
// an export of its own, so that a function's bundle has only its own schemas.
import { secretNames } from '../settings/secrets.ts'
import type { Operation } from './operation.ts'
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

export const createDevice = {
  name: 'create-device',
  route: 'POST /users/{userId}/devices',
  access: 'devices:write',
  body: createBody,
  query: nothing,
} as const satisfies Operation

export const listDevices = {
  name: 'list-devices',
  route: 'GET /users/{userId}/devices',
  access: 'devices:read',
  body: null,
  query: listQuery,
} as const satisfies Operation

export const deleteDevices = {
  name: 'delete-devices',
  route: 'DELETE /users/{userId}/devices',
  access: 'devices:write',
  body: null,
  query: nothing,
} as const satisfies Operation

export const getDevice = {
  name: 'get-device',
  route: 'GET /users/{userId}/devices/{deviceId}',
  access: 'devices:read',
  body: null,
  query: nothing,
} as const satisfies Operation

export const updateDevice = {
  name: 'update-device',
  route: 'PATCH /users/{userId}/devices/{deviceId}',
  access: 'devices:write',
  body: patchBody,
  query: nothing,
} as const satisfies Operation

export const deleteDevice = {
  name: 'delete-device',
  route: 'DELETE /users/{userId}/devices/{deviceId}',
  access: 'devices:write',
  body: null,
  query: nothing,
} as const satisfies Operation

export const challenge = {
  name: 'challenge',
  route: 'POST /users/{userId}/devices/{deviceId}/challenge',
  access: 'challenge',
  body: challengeBody,
  query: nothing,
  secrets: secretNames,
  deadlineMs: 20_000,
} as const satisfies Operation

export const getChallenge = {
  name: 'get-challenge',
  route: 'GET /users/{userId}/devices/{deviceId}/challenge',
  access: 'challenge',
  body: null,
  query: challengeQuery,
} as const satisfies Operation

export const statusCallback = {
  name: 'status-callback',
  route: 'POST /users/{userId}/devices/{deviceId}/challenge/{challengeId}/status',
  access: 'twilio',
  body: null,
  query: null,
  secrets: ['OTP_TWILIO_API_KEY', 'OTP_TWILIO_AUTH', 'OTP_TWILIO_SIGNATURE_TOKEN'],
} as const satisfies Operation

export const verify = {
  name: 'verify',
  route: 'POST /users/{userId}/devices/{deviceId}/verify',
  access: 'verify',
  body: verifyBody,
  query: nothing,
  secrets: ['OTP_TOKEN_KEY'],
  deadlineMs: 4_500,
} as const satisfies Operation

export const reset = {
  name: 'reset',
  route: 'POST /users/{userId}/devices/{deviceId}/reset',
  access: 'admin',
  body: nothing,
  query: nothing,
} as const satisfies Operation

export const findDevices = {
  name: 'find-devices',
  route: 'GET /devices',
  access: 'admin',
  body: null,
  query: findQuery,
} as const satisfies Operation

export const getLimits = {
  name: 'get-limits',
  route: 'GET /limits',
  access: 'admin',
  body: null,
  query: limitsQuery,
  secrets: ['OTP_TOKEN_KEY'],
} as const satisfies Operation

export const deleteLimits = {
  name: 'delete-limits',
  route: 'DELETE /limits',
  access: 'admin',
  body: null,
  query: limitsQuery,
  secrets: ['OTP_TOKEN_KEY'],
} as const satisfies Operation

export const getSuspensions = {
  name: 'get-suspensions',
  route: 'GET /suspensions',
  access: 'admin',
  body: null,
  query: nothing,
} as const satisfies Operation

export const deleteSuspensions = {
  name: 'delete-suspensions',
  route: 'DELETE /suspensions',
  access: 'admin',
  body: null,
  query: suspensionsQuery,
} as const satisfies Operation

export const putAlwaysAllow = {
  name: 'put-always-allow',
  route: 'PUT /always-allow',
  access: 'admin',
  body: null,
  query: allowQuery,
  secrets: ['OTP_TOKEN_KEY'],
} as const satisfies Operation

export const deleteAlwaysAllow = {
  name: 'delete-always-allow',
  route: 'DELETE /always-allow',
  access: 'admin',
  body: null,
  query: allowQuery,
  secrets: ['OTP_TOKEN_KEY'],
} as const satisfies Operation

export const getFigures = {
  name: 'get-figures',
  route: 'GET /figures',
  access: 'admin',
  body: null,
  query: figuresQuery,
} as const satisfies Operation

export const openapi = {
  name: 'openapi',
  route: 'GET /openapi.json',
  access: 'public',
  body: null,
  query: null,
} as const satisfies Operation

export const admin = {
  name: 'admin',
  route: 'GET /admin',
  access: 'public',
  body: null,
  query: null,
} as const satisfies Operation

export const notFound = {
  name: 'not-found',
  route: '$default',
  access: 'any key',
  body: null,
  query: null,
} as const satisfies Operation

/** All operations by name, the name of their function. */
export const operations = {
  'create-device': createDevice,
  'list-devices': listDevices,
  'delete-devices': deleteDevices,
  'get-device': getDevice,
  'update-device': updateDevice,
  'delete-device': deleteDevice,
  challenge,
  'get-challenge': getChallenge,
  'status-callback': statusCallback,
  verify,
  reset,
  'find-devices': findDevices,
  'get-limits': getLimits,
  'delete-limits': deleteLimits,
  'get-suspensions': getSuspensions,
  'delete-suspensions': deleteSuspensions,
  'put-always-allow': putAlwaysAllow,
  'delete-always-allow': deleteAlwaysAllow,
  'get-figures': getFigures,
  openapi,
  admin,
  'not-found': notFound,
}

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
