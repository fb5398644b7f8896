// What the handlers get of a request, checked: ids, query, body, idempotency key. Anything else is refused
// here with one sentence, before anything was read or written.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as v from 'valibot'
import { pathId } from '../formats.ts'
import { parseJson } from '../json.ts'
import { Problem, type ProblemCode } from '../problem.ts'
import type { SecretSource } from '../settings/secrets.ts'
import type { Principal } from './api-key.ts'
import type { ObjectSchema } from './operation.ts'

/** What Twilio reports, of which nothing is believed yet. */
export interface Callback {
  challengeId: string
  /** Empty when there is none. */
  signature: string
  form: Record<string, string>
}

/** A request whose caller is known and whose parts are checked. */
export interface ApiRequest<Body = unknown, Query = unknown> {
  method: string
  path: string
  principal: Principal
  userId: string
  deviceId: string
  body: Body
  query: Query
  /** The Idempotency-Key header, or null. */
  idempotencyKey: string | null
  /** What Twilio reports, where Twilio is the caller. */
  callback: Callback | null
  /** The secrets of the operation. */
  secrets: SecretSource
  /** When the request came in, milliseconds since the epoch. */
  now: number
  /** Ends everything that is done for this request. */
  signal: AbortSignal
}

const mostBodyBytes = 16_384
const notAnObject = 'The body must be a JSON object.'

/** A header by its lower-case name: AWS lower-cases the names, others hand them on as they were sent. */
export function header(event: APIGatewayProxyEventV2, name: string): string | undefined {
  if (Object.hasOwn(event.headers, name)) return event.headers[name]
  const found = Object.entries(event.headers).find(([key]) => key.toLowerCase() === name)
  return found?.[1]
}

/** The ids in the path, percent-decoded by API Gateway; a route without one has it empty. */
export function readIds(event: APIGatewayProxyEventV2): { userId: string; deviceId: string } {
  const ids = { userId: '', deviceId: '' }
  for (const name of ['userId', 'deviceId'] as const) {
    const id = event.pathParameters?.[name]
    if (id === undefined) continue
    if (!pathId.test(id)) {
      throw new Problem(
        'invalid_id',
        `The ${name} must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : @ and -.`,
      )
    }
    ids[name] = id
  }
  return ids
}

/** The Idempotency-Key header, or null. */
export function readIdempotencyKey(event: APIGatewayProxyEventV2): string | null {
  const key = header(event, 'idempotency-key')
  if (key === undefined) return null
  if (/^[!-~]{1,255}$/.test(key)) return key
  throw new Problem(
    'invalid_idempotency_key',
    'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
  )
}

/** The query, checked; API Gateway joins a parameter given twice with a comma. */
export function readQuery<S extends ObjectSchema>(
  event: APIGatewayProxyEventV2,
  schema: S,
): v.InferOutput<S> {
  return check(schema, { ...event.queryStringParameters }, 'invalid_query')
}

/** The JSON body, checked; no body is an empty object. */
export function readBody<S extends ObjectSchema>(
  event: APIGatewayProxyEventV2,
  schema: S,
): v.InferOutput<S> {
  const text = bodyText(event)
  if (text.trim() === '') return check(schema, {}, 'invalid_body')
  if (!/^application\/json\s*(;|$)/i.test(header(event, 'content-type') ?? '')) {
    throw new Problem('unsupported_media_type', 'The body must be sent as application/json.')
  }
  const body = parseJson(text)
  if (body === undefined) {
    throw new Problem('invalid_json', 'The body is not well-formed JSON.')
  }
  // To valibot an array is an object with no members.
  if (Array.isArray(body)) throw new Problem('invalid_body', notAnObject)
  return check(schema, body, 'invalid_body')
}

/** The body as it was sent, which is not too long. */
export function bodyText(event: APIGatewayProxyEventV2): string {
  // Text on AWS; serverless-offline has parsed a bare number, false or null, and null is no body to it as well.
  const isSent = event.body != null || Number(header(event, 'content-length') ?? 0) > 0
  const received = isSent ? String(event.body ?? null) : ''
  const bytes = Buffer.from(received, event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > mostBodyBytes) {
    throw new Problem('body_too_large', `The body must be at most ${mostBodyBytes} bytes.`)
  }
  return bytes.toString('utf8')
}

function check<S extends ObjectSchema>(
  schema: S,
  input: unknown,
  code: ProblemCode,
): v.InferOutput<S> {
  const result = v.safeParse(schema, input, { abortEarly: true })
  if (result.success) return result.output
  throw new Problem(code, sentence(result.issues[0]))
}

/** One sentence about one issue, that never quotes what was received. */
function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') {
    const name = issue.path?.[0]?.key
    if (name === undefined) return notAnObject
    return issue.expected === 'never'
      ? 'There is a member that this request does not have.'
      : `The member ${String(name)} is missing.`
  }
  return issue.message
}
