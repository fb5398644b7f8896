// Every operation of the API: its route, its access, its input and its secrets. The handlers, the
// `$default` function, the OpenAPI document and the roles read them, and a test holds them against
// serverless.yml. Each is an export of its own, so that a bundle has only its own schemas.
import { patternSource } from './base-path.ts'
import type { Operation } from './operation.ts'
import {
  allowQuery,
  challengeBody,
  challengeQuery,
  createBody,
  eventsQuery,
  figuresQuery,
  findQuery,
  limitsQuery,
  listQuery,
  nothing,
  numberQuery,
  patchBody,
  suspensionsQuery,
  verifyBody,
} from './schemas.ts'

/** Registers a number of a user. */
export const createDevice = {
  name: 'create-device',
  route: 'POST /users/{userId}/devices',
  access: 'devices:write',
  body: createBody,
  query: nothing,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Lists the devices of a user. */
export const listDevices = {
  name: 'list-devices',
  route: 'GET /users/{userId}/devices',
  access: 'devices:read',
  body: null,
  query: listQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Deletes all devices of a user. */
export const deleteDevices = {
  name: 'delete-devices',
  route: 'DELETE /users/{userId}/devices',
  access: 'devices:write',
  body: null,
  query: nothing,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Shows a device. */
export const getDevice = {
  name: 'get-device',
  route: 'GET /users/{userId}/devices/{deviceId}',
  access: 'devices:read',
  body: null,
  query: nothing,
} as const satisfies Operation

/** Changes a device. */
export const updateDevice = {
  name: 'update-device',
  route: 'PATCH /users/{userId}/devices/{deviceId}',
  access: 'devices:write',
  body: patchBody,
  query: nothing,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Deletes a device. */
export const deleteDevice = {
  name: 'delete-device',
  route: 'DELETE /users/{userId}/devices/{deviceId}',
  access: 'devices:write',
  body: null,
  query: nothing,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Makes a token and delivers it. */
export const challenge = {
  name: 'challenge',
  route: 'POST /users/{userId}/devices/{deviceId}/challenge',
  access: 'challenge',
  body: challengeBody,
  query: nothing,
  secrets: [
    'OTP_INDEX_KEY',
    'OTP_TOKEN_KEY',
    'OTP_TWILIO_ACCOUNT',
    'OTP_TWILIO_API_KEY',
    'OTP_TWILIO_AUTH',
    'OTP_TWILIO_SIGNATURE_TOKEN',
    'OTP_TWILIO_TEST_NUMBERS',
  ],
  deadlineMs: 20_000,
} as const satisfies Operation

/** Shows the state of a challenge. */
export const getChallenge = {
  name: 'get-challenge',
  route: 'GET /users/{userId}/devices/{deviceId}/challenge',
  access: 'challenge',
  body: null,
  query: challengeQuery,
} as const satisfies Operation

/** Takes a delivery status that Twilio reports. */
export const statusCallback = {
  name: 'status-callback',
  route: 'POST /users/{userId}/devices/{deviceId}/challenge/{challengeId}/status',
  access: 'twilio',
  body: null,
  query: null,
  secrets: ['OTP_TWILIO_SIGNATURE_TOKEN'],
} as const satisfies Operation

/** Verifies a token. */
export const verify = {
  name: 'verify',
  route: 'POST /users/{userId}/devices/{deviceId}/verify',
  access: 'verify',
  body: verifyBody,
  query: nothing,
  secrets: ['OTP_TOKEN_KEY', 'OTP_INDEX_KEY', 'OTP_PROOF_KEYS'],
  deadlineMs: 4_500,
} as const satisfies Operation

/** Clears the throttle and the cooldown of a device. */
export const reset = {
  name: 'reset',
  route: 'POST /users/{userId}/devices/{deviceId}/reset',
  access: 'admin',
  body: nothing,
  query: nothing,
} as const satisfies Operation

/** Finds devices of all users. */
export const findDevices = {
  name: 'find-devices',
  route: 'GET /all/devices',
  access: 'admin',
  accessWithPrefix: 'devices:read',
  body: null,
  query: findQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Lists what happened to a device. */
export const listDeviceEvents = {
  name: 'list-device-events',
  route: 'GET /users/{userId}/devices/{deviceId}/events',
  access: 'devices:read',
  body: null,
  query: eventsQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Lists what happened to all devices of a user. */
export const listUserEvents = {
  name: 'list-user-events',
  route: 'GET /users/{userId}/events',
  access: 'devices:read',
  body: null,
  query: eventsQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Shows the limits on sends. */
export const getLimits = {
  name: 'get-limits',
  route: 'GET /limits',
  access: 'admin',
  body: null,
  query: limitsQuery,
  secrets: ['OTP_INDEX_KEY', 'OTP_TWILIO_TEST_NUMBERS'],
} as const satisfies Operation

/** Empties limits on sends. */
export const deleteLimits = {
  name: 'delete-limits',
  route: 'DELETE /limits',
  access: 'admin',
  body: null,
  query: limitsQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Shows what the breaker suspends, and what is always allowed; or what decides about a number. */
export const getSuspensions = {
  name: 'get-suspensions',
  route: 'GET /suspensions',
  access: 'admin',
  body: null,
  query: numberQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Lifts a suspension. */
export const deleteSuspensions = {
  name: 'delete-suspensions',
  route: 'DELETE /suspensions',
  access: 'admin',
  body: null,
  query: suspensionsQuery,
} as const satisfies Operation

/** Exempts a number, a prefix or a country from suspension. */
export const putAlwaysAllow = {
  name: 'put-always-allow',
  route: 'PUT /always-allow',
  access: 'admin',
  body: null,
  query: allowQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Takes back such an exemption. */
export const deleteAlwaysAllow = {
  name: 'delete-always-allow',
  route: 'DELETE /always-allow',
  access: 'admin',
  body: null,
  query: allowQuery,
  secrets: ['OTP_INDEX_KEY'],
} as const satisfies Operation

/** Shows what was sent and verified. */
export const getFigures = {
  name: 'get-figures',
  route: 'GET /figures',
  access: 'admin',
  body: null,
  query: figuresQuery,
} as const satisfies Operation

/** Shows what the caller's API key may do. */
export const getKey = {
  name: 'get-key',
  route: 'GET /key',
  access: 'any key',
  body: null,
  query: nothing,
} as const satisfies Operation

/** Shows the public keys of proofs. */
export const proofKeys = {
  name: 'proof-keys',
  route: 'GET /.well-known/jwks.json',
  access: 'public',
  body: null,
  query: null,
  secrets: ['OTP_PROOF_PUBLIC_KEYS'],
} as const satisfies Operation

/** Shows who signs proofs, and where the keys are. */
export const proofDiscovery = {
  name: 'proof-discovery',
  route: 'GET /.well-known/openid-configuration',
  access: 'public',
  body: null,
  query: null,
} as const satisfies Operation

/** Shows the OpenAPI document. */
export const openapi = {
  name: 'openapi',
  route: 'GET /openapi.json',
  access: 'public',
  body: null,
  query: null,
} as const satisfies Operation

/** Shows the admin console. */
export const admin = {
  name: 'admin',
  route: 'GET /admin',
  access: 'public',
  body: null,
  query: null,
} as const satisfies Operation

/** Answers requests that match no route. */
export const notFound = {
  name: 'not-found',
  route: '$default',
  access: 'any key',
  body: null,
  query: null,
} as const satisfies Operation

/** All operations, by the name of their function. */
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
  'list-device-events': listDeviceEvents,
  'list-user-events': listUserEvents,
  'get-limits': getLimits,
  'delete-limits': deleteLimits,
  'get-suspensions': getSuspensions,
  'delete-suspensions': deleteSuspensions,
  'put-always-allow': putAlwaysAllow,
  'delete-always-allow': deleteAlwaysAllow,
  'get-figures': getFigures,
  'get-key': getKey,
  'proof-keys': proofKeys,
  'proof-discovery': proofDiscovery,
  openapi,
  admin,
  'not-found': notFound,
}

/** The name of an operation. */
export type OperationName = keyof typeof operations

/** Returns the methods that a path takes; none for an unknown path. */
export function allowedMethods(path: string): string[] {
  return Object.values(operations).flatMap(({ route }) => {
    const [method = '', pattern] = route.split(' ')
    if (pattern === undefined) return []
    const matcher = new RegExp(`^${patternSource(pattern)}$`)
    return matcher.test(path) ? [method] : []
  })
}
