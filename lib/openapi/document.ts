// The OpenAPI 3.1 document, made from the table of operations and the schemas that check the
// requests, so that it cannot differ from what the API does.

import type { ObjectSchema, Operation } from '../api/operation.ts'
import { operations } from '../api/operations.ts'
import { challengeIdForm, pathId } from '../formats.ts'
import type { ProblemCode } from '../problem.ts'
import { answerSchemas, partSchemas } from './answer-schemas.ts'
import { type Documentation, type DocumentedName, device, documentation } from './documentation.ts'
import { componentsOf, type Json, schemaOf } from './json-schema.ts'
import { problemExamplesByCode, problemResponses, problemSchemas, reference } from './problems.ts'

/**
 * The problems that every operation can answer. API Gateway's own throttling is
 * added in problems.ts.
 */
const everywhere: ProblemCode[] = [
  'invalid_query',
  'missing_api_key',
  'invalid_api_key',
  'missing_scope',
  'internal_error',
  'not_configured',
  'unavailable',
]
const withBody: ProblemCode[] = [
  'invalid_json',
  'invalid_body',
  'body_too_large',
  'unsupported_media_type',
]

/** Makes the document. `server` is the URL of the API, unless its reader gives another. */
export function openApiDocument(server: string): Json {
  const paths: Record<string, Json> = {}
  for (const name of Object.keys(documentation) as DocumentedName[]) {
    const [method = '', path = ''] = operations[name].route.split(' ')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(name) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'serverless-otp-twilio',
      version: '1',
      summary: 'SMS one-time passwords: register a phone, challenge it, verify the token.',
      description,
      license: { name: 'Unlicense', identifier: 'Unlicense' },
    },
    servers: [
      {
        url: '{api}',
        variables: { api: { default: server, description: 'The URL that the deploy prints.' } },
      },
    ],
    security: [{ apiKey: [] }],
    tags: [
      { name: 'devices', description: 'The phones of a user.' },
      { name: 'tokens', description: 'Sending and verifying.' },
      { name: 'admin', description: 'For operators who help users.' },
    ],
    paths: {
      ...paths,
      [callbackPath]: { post: callbackOperation() },
      '/openapi.json': { get: ownOperation },
      '/admin': { get: pageOperation },
    },
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        twilio: { type: 'apiKey', in: 'header', name: 'X-Twilio-Signature' },
      },
      schemas: {
        ...componentsOf({ ...answerSchemas, ...partSchemas }),
        ...problemSchemas(),
      },
      examples: problemExamplesByCode(),
      headers: {
        NoStore: {
          description: 'Always `no-store`.',
          schema: { type: 'string', const: 'no-store' },
        },
        RetryAfter: { description: 'Whole seconds.', schema: { type: 'integer', minimum: 0 } },
        WwwAuthenticate: { description: 'Always `Bearer`.', schema: { type: 'string' } },
        Location: { description: 'Path of the device.', schema: { type: 'string' } },
      },
    },
  }
}

const description = `Errors are problem details (RFC 9457) with a stable \`code\`. Any other path answers 404
\`route_not_found\`, and any other method of a path 405 \`method_not_allowed\` with \`Allow\`.`

/** Not for clients: generators that know the mark leave it out. */
const internal = { 'x-internal': true }

/** This document itself, which is public. */
const ownOperation = {
  operationId: 'openapi',
  ...internal,
  tags: ['admin'],
  summary: 'Show this document',
  security: [],
  responses: {
    200: {
      description: 'The document.',
      headers: { 'Cache-Control': reference('headers', 'NoStore') },
      content: { 'application/json': { schema: { type: 'object' } } },
    },
    ...problemResponses(['internal_error', 'unavailable']),
  },
}

/** The admin console, which is public. It calls the operations above. */
const pageOperation = {
  operationId: 'admin',
  ...internal,
  tags: ['admin'],
  summary: 'Show the admin console',
  security: [],
  responses: {
    200: {
      description: 'The console as one page; it asks for an API key.',
      headers: { 'Cache-Control': reference('headers', 'NoStore') },
      content: { 'text/html': { schema: { type: 'string' } } },
    },
    ...problemResponses(['internal_error', 'unavailable']),
  },
}

const callbackPath = operations['status-callback'].route.replace('POST ', '')

/** Called only by Twilio. */
function callbackOperation(): Json {
  return {
    operationId: operationId('status-callback'),
    ...internal,
    tags: ['tokens'],
    summary: 'Report the delivery status of a message',
    description:
      'Called and signed by Twilio. A late or repeated report, and one of another challenge, changes nothing.',
    security: [{ twilio: [] }],
    parameters: idParameters(callbackPath),
    requestBody: {
      content: {
        'application/x-www-form-urlencoded': {
          schema: {
            type: 'object',
            properties: {
              MessageStatus: { type: 'string' },
              CallStatus: { type: 'string' },
              ErrorCode: { type: 'string' },
            },
          },
          example: { MessageStatus: 'undelivered', ErrorCode: '30006' },
        },
      },
    },
    responses: {
      ...successResponse([204, 'It was read.']),
      ...problemResponses([
        'invalid_id',
        'invalid_idempotency_key',
        'invalid_signature',
        'body_too_large',
        'internal_error',
        'not_configured',
        'unavailable',
      ]),
    },
  }
}

function operationOf(name: DocumentedName): Json {
  const { route, access, body, query }: Operation = operations[name]
  const { summary, description, success, idempotencyKey, example, ...rest } = documentation[name]
  const isForAll = access === 'any key'
  const isForAdmins = isForAll || access === 'admin'
  const tag = isForAdmins ? 'admin' : access.startsWith('devices') ? 'devices' : 'tokens'
  const hasIds = route.includes('{')
  const answered = [
    ...everywhere.filter(code => !isForAll || code !== 'missing_scope'),
    ...(hasIds ? (['invalid_id'] as const) : []),
    ...(example === undefined ? [] : withBody),
    ...(idempotencyKey === undefined ? [] : (['invalid_idempotency_key'] as const)),
    ...rest.problems,
  ]
  const parameters = [
    ...idParameters(route),
    ...queryParameters(query),
    ...(idempotencyKey === undefined ? [] : [idempotencyParameter(idempotencyKey)]),
  ]
  return {
    operationId: operationId(name),
    tags: [tag],
    summary,
    description: `${description} ${isForAll ? 'Any key may ask.' : `Scope: \`${access}\`.`}`,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== null && example && bodyOf(schemaOf(body), example)),
    responses: { ...successResponse(success), ...problemResponses(answered) },
  }
}

/** The name of a function as generators of clients want it: `create-device` is `createDevice`. */
function operationId(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase())
}

/** Required where a member of it is: the API takes no body for an empty one. */
function bodyOf(schema: Json, example: Json): Json {
  const required = (schema.required as string[]).length > 0
  // An example beside the schema is one that the Java generator warns of.
  const content = { 'application/json': { schema: { ...schema, examples: [example] } } }
  return { requestBody: { required, content } }
}

/** The operations that the id of a new device leads to. */
const linksOfDevice = Object.fromEntries(
  (['get-device', 'update-device', 'delete-device', 'challenge', 'verify', 'reset'] as const)
    .map(operationId)
    .map(id => [
      id,
      {
        operationId: id,
        parameters: { userId: '$request.path.userId', deviceId: '$response.body#/id' },
      },
    ]),
)

function successResponse([status, description, schema, example]: Documentation['success']): Json {
  const content = { 'application/json': { schema: reference('schemas', schema ?? ''), example } }
  return {
    [status]: {
      description,
      headers: {
        'Cache-Control': reference('headers', 'NoStore'),
        ...(status === 201 && { Location: reference('headers', 'Location') }),
      },
      ...(schema && { content }),
      ...(status === 201 && { links: linksOfDevice }),
    },
  }
}

const id = {
  type: 'string',
  pattern: pathId.source,
}
const idDocumentation = {
  userId: { description: 'Of the caller’s choosing.', schema: id, example: 'alice' },
  deviceId: { description: 'As created.', schema: id, example: device.id },
  challengeId: {
    description: 'From the answer of the challenge.',
    schema: { type: 'string', pattern: challengeIdForm.source },
    example: 'Vh1kq3ZcW0AQ',
  },
}

function idParameters(route: string): Json[] {
  return [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    ...idDocumentation[name as keyof typeof idDocumentation],
  }))
}

function queryParameters(query: ObjectSchema | null): Json[] {
  if (query === null) return []
  const { properties = {} } = schemaOf(query) as { properties?: Record<string, Json> }
  const examples: Json = {
    confirmed: true,
    number: device.number,
    limit: 25,
    userId: device.userId,
    deviceId: device.id,
    clientIp: '203.0.113.7',
    country: 'US',
    prefix: '+1415555',
    hours: 24,
    challengeId: 'Vh1kq3ZcW0AQ',
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
    ...(examples[name] !== undefined && { example: examples[name] }),
  }))
}

function idempotencyParameter(description: string): Json {
  return {
    name: 'Idempotency-Key',
    in: 'header',
    description,
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
    example: 'login-4711',
  }
}
