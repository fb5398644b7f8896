// The problems in the OpenAPI document: a schema and an example per code, a response per status.
import {
  challengeInProgress,
  challengeNotFound,
  challengeReplaced,
  cooldownRunning,
  deliveryFailed,
  deviceNotFound,
  limitReached,
  noToken,
  nothingToResend,
  sendingSuspended,
  tokenUsedUp,
  undeliverableNumber,
} from '../api/device-problems.ts'
import { type ProblemCode, problems, unavailable } from '../problem.ts'
import { channelNotEnabled } from '../settings/channels.ts'
import { countryNotAllowed } from '../settings/countries.ts'
import { advice } from './advice.ts'
import { partSchemas, problemMembers } from './answer-schemas.ts'
import { type Json, schemaOf } from './json-schema.ts'

const noon = Date.UTC(2026, 0, 1, 12)

/** The problems that have a function of their own. */
const thrown = [
  deviceNotFound(),
  challengeNotFound(),
  challengeInProgress(),
  nothingToResend(),
  tokenUsedUp(),
  noToken(),
  challengeReplaced(),
  countryNotAllowed(),
  unavailable(null),
  cooldownRunning(noon + 30_000, noon),
  limitReached('number', noon + 600_000, noon),
  sendingSuspended('prefix', noon + 900_000, noon),
  channelNotEnabled(['sms', 'whatsapp']),
  undeliverableNumber(21614, ['sms', 'call']),
  deliveryFailed(20003, ['sms', 'call']),
]

/** An example of each problem's detail, and of its own members. */
const problemExamples: { [code in ProblemCode]?: [detail: string, members?: Json] } = {
  ...Object.fromEntries(thrown.map(({ code, message, members }) => [code, [message, members]])),
  invalid_id: ['The userId must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : @ and -.'],
  invalid_json: ['The body is not well-formed JSON.'],
  invalid_body: ['The member token is missing.'],
  invalid_query: ['The limit must be a whole number from 1 to 100.'],
  invalid_cursor: ['The cursor is not one of this search and API key, or is older than an hour.'],
  invalid_idempotency_key: [
    'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
  ],
  missing_api_key: ['Send an API key as Authorization: Bearer <key>.'],
  invalid_api_key: ['The API key is not known here.'],
  missing_scope: ['The API key lacks the scope verify.'],
  audience_not_allowed: ['The API key may not ask for proofs for this audience.'],
  invalid_token: [
    'The token is wrong, used or expired; ask for it again, from lockedUntil on.',
    { failureCount: 1, lockedUntil: '2026-01-01T12:00:01.000Z', guessesLeft: 4 },
  ],
  device_disabled: [
    'The device failed too often, until an admin resets it.',
    { failureCount: 100 },
  ],
  throttled: [
    'The device is locked after failures; nothing was compared; wait until lockedUntil.',
    { failureCount: 1, lockedUntil: '2026-01-01T12:00:01.000Z' },
  ],
  invalid_signature: ['The request is not signed by Twilio.'],
  route_not_found: ['There is no such route.'],
  method_not_allowed: ['This path does not take PUT.'],
  body_too_large: ['The body must be at most 16384 bytes.'],
  unsupported_media_type: ['The body must be sent as application/json.'],
  idempotency_key_reused: ['This Idempotency-Key was used for another request; take a new one.'],
  invalid_number: [
    'The number is not a possible phone number; give it in E.164, such as +12025550142.',
  ],
  number_type_not_allowed: [
    'A number of this type (premium_rate) costs too much; take a mobile or a landline.',
    { numberType: 'premium_rate' },
  ],
  too_many_devices: [
    'The user has 10 devices already; delete one first.',
    { of: 'user', most: 10 },
  ],
  test_number_expired: [
    'The date of this test number has passed; nothing was sent; give it a later one.',
  ],
  internal_error: ['Something went wrong on our side.'],
  not_configured: ['OTP_TWILIO_TOKEN_VALIDITY must be a whole number from 1 to 36000.'],
  delivery_busy: [
    'Twilio takes no more messages now; nothing was sent; try again with a new Idempotency-Key.',
  ],
  delivery_unknown: [
    'It is not known whether the message was sent; if it arrives, its token is good.',
    {
      challengeId: 'Vh1kq3ZcW0AQ',
      validUntil: '2026-01-01T12:05:00.000Z',
      nextChallengeAt: '2026-01-01T12:00:30.000Z',
    },
  ],
}

/** Returns an example of every problem that an operation answers, by code. */
export function problemExamplesByCode(): Json {
  return Object.fromEntries(documentedCodes.map(code => [code, { value: problemExample(code) }]))
}

/**
 * Returns the schema of every problem that an operation answers, by a name such as
 * InvalidTokenProblem.
 */
export function problemSchemas(): Json {
  return {
    ...Object.fromEntries(documentedCodes.map(code => [problemName(code), problemSchema(code)])),
    GatewayThrottled: gatewayThrottled,
  }
}

/**
 * API Gateway's own 429. The code is one that it never sends: with it every problem has a code, and
 * clients that decide by it compile.
 */
const gatewayThrottled = {
  type: 'object',
  required: ['message'],
  properties: {
    message: { type: 'string' },
    code: { type: 'string', enum: ['gateway_throttled'] },
  },
}

/** The problems of operations. The other two are in the description of the document. */
const documentedCodes = (Object.keys(problems) as ProblemCode[]).filter(
  code => code !== 'route_not_found' && code !== 'method_not_allowed',
)

/** Makes one response per status, with every code that has it. */
export function problemResponses(answered: readonly ProblemCode[]): Json {
  const statuses = new Set(answered.map(code => problems[code].status))
  const responses: Json = {}
  for (const status of [...statuses].sort()) {
    const here = answered.filter(code => problems[code].status === status)
    responses[status] = {
      description: here.map(code => `\`${code}\``).join(', '),
      headers: {
        'Cache-Control': reference('headers', 'NoStore'),
        ...((status === 429 || status === 503) && {
          'Retry-After': reference('headers', 'RetryAfter'),
        }),
        ...(status === 401 && {
          'WWW-Authenticate': reference('headers', 'WwwAuthenticate'),
        }),
      },
      content: {
        'application/problem+json': {
          schema: oneOf(here),
          examples: Object.fromEntries(here.map(code => [code, reference('examples', code)])),
        },
      },
    }
  }
  return withGatewayThrottling(responses)
}

/**
 * Above the rate of a route API Gateway answers itself, in its own form and without Retry-After.
 */
function withGatewayThrottling(responses: Json): Json {
  const own = responses[429] as { description?: string; headers?: Json; content?: Json } | undefined
  const byGateway = {
    schema: reference('schemas', 'GatewayThrottled'),
    example: { message: 'Too Many Requests' },
  }
  return {
    ...responses,
    429: {
      ...own,
      description: `${own ? `${own.description}; or, as application/json, ` : ''}API Gateway’s own throttling`,
      content: { ...own?.content, 'application/json': byGateway },
    },
  }
}

/** Names a schema: `invalid_token` becomes `InvalidTokenProblem`. */
function problemName(code: ProblemCode): string {
  return `${code.replaceAll(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase())}Problem`
}

function problemExample(code: ProblemCode): Json {
  const { status, title } = problems[code]
  const [detail = '', members = {}] = problemExamples[code] ?? []
  const type = `urn:serverless-otp-twilio:problem:${code}`
  const found = status >= 500 && { requestId: 'JKJaXmPLvHcESHA=' }
  return { type, title, status, detail, code, ...members, ...found }
}

/** A member that is there only where its setting is. */
const bySetting = 'guessesLeft'

function problemSchema(code: ProblemCode): Json {
  const { detail: _, ...fixed } = problemExample(code)
  const own = Object.keys(fixed).filter(name => name in problemMembers)
  const { meaning, next } = advice[code]
  return {
    type: 'object',
    description: `${meaning} ${next}`,
    required: [...Object.keys(fixed).filter(name => name !== bySetting), 'detail'],
    properties: {
      type: { type: 'string', const: fixed.type },
      title: { type: 'string', const: fixed.title },
      status: { type: 'integer', const: fixed.status },
      detail: { type: 'string', description: 'One sentence for people.' },
      code: { type: 'string', const: code },
      ...Object.fromEntries(
        own.map(member => [member, memberSchema(member as keyof typeof problemMembers)]),
      ),
    },
  }
}

/** A member that answers have, too, has its schema there. */
function memberSchema(member: keyof typeof problemMembers): Json {
  const schema = problemMembers[member]
  const [name] = Object.entries(partSchemas).find(([, part]) => part === schema) ?? []
  return name === undefined ? schemaOf(schema) : reference('schemas', name)
}

/** The schema of one of these problems, which their code tells apart. */
function oneOf(codes: readonly ProblemCode[]): Json {
  const schemas = codes.map(code => reference('schemas', problemName(code)))
  const [only] = schemas
  if (schemas.length === 1 && only) return only
  const mapping = Object.fromEntries(codes.map((code, at) => [code, schemas[at]?.$ref]))
  return { oneOf: schemas, discriminator: { propertyName: 'code', mapping } }
}

/** Refers to a component of the document. */
export function reference(kind: 'schemas' | 'headers' | 'examples', name: string): Json {
  return { $ref: `#/components/${kind}/${name}` }
}
