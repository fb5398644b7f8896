// Calls a handler as API Gateway would: an HTTP API event, payload 2.0, in; status, headers and
// JSON out.
import { randomUUID } from 'node:crypto'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { expect } from 'vitest'
import type { DeviceKey } from '../../lib/device/device.ts'
import { digestToken } from '../../lib/token/digest.ts'
import { apiKey } from './keys.ts'
import { recordAnswer, recordSecret } from './record.ts'

/** A middy handler, as every file of functions/ exports one. */
type Handler = (event: never, context: never) => unknown

/** A request; what is left out is a good one. */
export interface Request {
  method?: string
  path?: string
  userId?: string
  deviceId?: string
  challengeId?: string
  query?: Record<string, string>
  /** The query as it was sent. */
  rawQuery?: string
  /** An object is sent as JSON, a string as it is. */
  body?: unknown
  /** Null takes a header away. */
  headers?: Record<string, string | null>
  base64?: boolean
  /** The answer shows the token on purpose, as a message with {token} does. */
  showsToken?: boolean
}

/** What came back. */
export interface Answer {
  status: number
  headers: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: tests name the members that they expect
  body: any
}

/** Invokes a handler once. */
export async function invoke(handler: Handler, request: Request = {}): Promise<Answer> {
  const answer = (await handler(eventOf(request) as never, context as never)) as {
    statusCode: number
    headers: Record<string, string>
    body: string
  }
  const { statusCode: status, headers, body } = answer
  if (!request.showsToken) recordAnswer({ status, headers, body })
  recordSecrets(request)
  const read = readBody(body)
  // Who has the signature has the proof: head and claims can be guessed.
  if (typeof read?.proof === 'string') recordSecret('proof', read.proof.split('.')[2])
  if (status >= 400) expect(JSON.parse(body).detail).toMatch(aSentence)
  return { status, headers, body: read }
}

/** Registers a device, of a new user unless one is given. */
export async function registerDevice(
  create: Handler,
  number = '+15555550100',
  userId = `user-${randomUUID()}`,
): Promise<DeviceKey> {
  const { body } = await invoke(create, { userId, body: { number } })
  return { userId, deviceId: body.id }
}

/** What every problem says of itself. */
const aSentence = /^[A-Z][\w.]* .*\.$/

function recordSecrets({ userId = '', deviceId = '', body }: Request): void {
  const { token, number } = Object(body)
  const { OTP_INDEX_KEY, OTP_TOKEN_KEY, OTP_TWILIO_AUTH } = process.env
  // What a test sets in place of a key, such as a bad one, is no secret.
  const keys = [OTP_INDEX_KEY, OTP_TOKEN_KEY, OTP_TWILIO_AUTH].filter(
    key => (key ?? '').length > 20,
  )
  recordSecret('key', apiKey, ...keys)
  if (typeof number === 'string' && /^\+\d{8,}$/.test(number)) recordSecret('number', number)
  if (typeof token !== 'string' || !/^\d{6,8}$/.test(token)) return
  recordSecret('token', token)
  const key = Buffer.from(OTP_TOKEN_KEY ?? '', 'base64')
  recordSecret('digest', digestToken(key, { userId, deviceId, token }))
}

/** The event of a request. */
export function eventOf({
  method = 'POST',
  path = '/',
  ...request
}: Request): APIGatewayProxyEventV2 {
  const text = typeof request.body === 'object' ? JSON.stringify(request.body) : request.body
  const headers = {
    authorization: `Bearer ${apiKey}`,
    ...(request.body !== undefined && { 'content-type': 'application/json' }),
    ...request.headers,
  }
  const given = Object.entries(headers).filter(([, value]) => value !== null)
  const { userId, deviceId, challengeId } = request
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: request.rawQuery ?? '',
    headers: Object.fromEntries(given) as Record<string, string>,
    ...(request.query && { queryStringParameters: request.query }),
    pathParameters: {
      ...(userId !== undefined && { userId }),
      ...(deviceId !== undefined && { deviceId }),
      ...(challengeId !== undefined && { challengeId }),
    },
    requestContext: { http: { method, path } } as APIGatewayProxyEventV2['requestContext'],
    body: request.base64 ? Buffer.from(text as string).toString('base64') : (text as string),
    isBase64Encoded: request.base64 ?? false,
  }
}

/** Lambda's context of an invocation. */
export const context = {
  awsRequestId: '00000000-0000-4000-8000-000000000000',
  getRemainingTimeInMillis: () => 25_000,
} as Context

/** JSON, or nothing; the page of the console, which alone is neither, as it is. */
function readBody(body: string) {
  if (body === '') return null
  return body.startsWith('<!doctype html>') ? body : JSON.parse(body)
}
