// A request as the handlers get it, checked: ids, query, body, idempotency key. Anything invalid is
// refused with one sentence, before anything is read or written.
import { isUtf8 } from 'node:buffer'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import * as v from 'valibot'
import { pathId } from '../formats.ts'
import { parseJson } from '../json.ts'
import { Problem, type ProblemCode } from '../problem.ts'
import { inWords } from '../settings/read.ts'
import type { SecretSource } from '../settings/secrets.ts'
import type { Principal } from './api-key.ts'
import type { ObjectSchema } from './operation.ts'

/** A status callback of Twilio; nothing in it is trusted yet. */
export interface Callback {
  challengeId: string
  /** Empty when there is none. */
  signature: string
  /** Which key has signed, and how; empty for the account's auth token. */
  signatureSettings: string
  /** What was appended to the URL of the callback, as it was sent; signed with it. */
  query: string
  form: Record<string, string | string[]>
}

/** A request whose caller is known and whose parts are checked. */
export interface ApiRequest<Body = unknown, Query = unknown> {
  method: string
  path: string
  /** What a mapping of a custom domain puts before the route; empty without one. */
  basePath: string
  /** The domain that was asked. */
  domainName: string
  principal: Principal
  userId: string
  deviceId: string
  body: Body
  query: Query
  /** The Idempotency-Key header, or null. */
  idempotencyKey: string | null
  /** The status callback, where Twilio is the caller; otherwise null. */
  callback: Callback | null
  /** The secrets of the operation. */
  secrets: SecretSource
  /** Time of arrival, milliseconds since the epoch. */
  now: number
  /** Aborts everything that is done for this request. */
  signal: AbortSignal
}

const mostBodyBytes = 16_384
const notAnObject = 'The body must be a JSON object.'

/**
 * Finds a header by its lower-case name. AWS lower-cases the names; other servers
 * keep them as sent.
 */
export function header(event: APIGatewayProxyEventV2, name: string): string | undefined {
  if (Object.hasOwn(event.headers, name)) return event.headers[name]
  const found = Object.entries(event.headers).find(([key]) => key.toLowerCase() === name)
  return found?.[1]
}

/**
 * Reads the ids in the path, which API Gateway has percent-decoded. An id that the route lacks is
 * empty. Throws `invalid_id`.
 */
export function readIds(event: APIGatewayProxyEventV2): { userId: string; deviceId: string } {
  const ids = { userId: '', deviceId: '' }
  for (const name of ['userId', 'deviceId'] as const) {
    const id = event.pathParameters?.[name]
    if (id === undefined) continue
    if (!pathId.test(id)) {
      throw new Problem(
        'invalid_id',
        `The ${name} must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : @ | + and -, and not dots alone.`,
      )
    }
    ids[name] = id
  }
  return ids
}

/** Reads the Idempotency-Key header; null when there is none. Throws `invalid_idempotency_key`. */
export function readIdempotencyKey(event: APIGatewayProxyEventV2): string | null {
  const key = header(event, 'idempotency-key')
  if (key === undefined) return null
  if (/^[!-~]{1,255}$/.test(key)) return key
  throw new Problem(
    'invalid_idempotency_key',
    'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
  )
}

/**
 * Checks the query. API Gateway joins a parameter that is given twice with a comma.
 * Throws `invalid_query`.
 */
export function readQuery<S extends ObjectSchema>(
  event: APIGatewayProxyEventV2,
  schema: S,
): v.InferOutput<S> {
  return check(schema, { ...event.queryStringParameters }, 'invalid_query')
}

/**
 * Checks the JSON body; no body is an empty object. Throws `unsupported_media_type`,
 * `invalid_json`, `invalid_body` or `body_too_large`.
 */
export function readBody<S extends ObjectSchema>(
  event: APIGatewayProxyEventV2,
  schema: S,
): v.InferOutput<S> {
  // Some clients write a byte order mark, which RFC 8259 §8.1 lets a reader ignore.
  const text = bodyText(event).replace(/^\ufeff/, '')
  if (text.trim() === '') return check(schema, {}, 'invalid_body')
  const contentType = header(event, 'content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw new Problem('unsupported_media_type', 'The body must be sent as application/json.')
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1] ?? 'utf-8'
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new Problem('unsupported_media_type', 'The body must be sent in UTF-8.')
  }
  const body = isWellFormed(event) ? parseJson(text) : undefined
  if (body === undefined) {
    throw new Problem('invalid_json', 'The body is not well-formed JSON.')
  }
  // valibot accepts an array as an object without members.
  if (Array.isArray(body)) throw new Problem('invalid_body', notAnObject)
  return check(schema, body, 'invalid_body')
}

/** Whether the bytes are UTF-8, where they are seen: another text would be kept in pieces. */
function isWellFormed({ body, isBase64Encoded }: APIGatewayProxyEventV2): boolean {
  return !isBase64Encoded || isUtf8(Buffer.from(body ?? '', 'base64'))
}

/** Reads the body as it was sent. Throws `body_too_large`. */
export function bodyText(event: APIGatewayProxyEventV2): string {
  // On AWS the body is text. serverless-offline has already parsed a bare number or false, and it
  // passes a JSON null as if there were no body.
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
  const [{ type, path, message }] = result.issues
  if (type !== 'strict_object') throw new Problem(code, message)
  const name = path?.[0]?.key
  const missing = name === undefined ? notAnObject : `The member ${String(name)} is missing.`
  throw new Problem(code, unknownMember(schema, input) ?? missing)
}

/**
 * Returns the sentence about a member that the request does not have, which says more than that
 * another one is missing. It names what is of letters alone: nobody's token or number is.
 */
function unknownMember(schema: ObjectSchema, input: unknown): string | null {
  const known = Object.keys((schema as unknown as { entries: object }).entries)
  const name = Object.keys(Object(input)).find(one => !known.includes(one))
  if (name === undefined || typeof input !== 'object') return null
  const shown = /^[A-Za-z_]{1,32}$/.test(name) ? ` ${name}` : ''
  const [only, ...more] = known
  if (only === undefined) return `The member${shown} is not known: this request has none.`
  const names = more.length === 0 ? only : inWords(known, 'and')
  return `The member${shown} is not known: this request has ${names}.`
}
