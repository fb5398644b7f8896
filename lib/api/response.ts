// Responses: JSON, RFC 9457 problem+json, or a page. None of them may be cached.
import { type Problem, problems } from '../problem.ts'

/** An API Gateway HTTP API response, payload 2.0. */
export interface ApiResponse {
  statusCode: number
  headers: Record<string, string>
  body: string
}

/** Makes a response with a JSON body. */
export function json(
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): ApiResponse {
  return answer(statusCode, JSON.stringify(body), {
    'content-type': 'application/json',
    ...headers,
  })
}

/** Makes a public response that may be kept for an hour. */
export function cacheable(body: unknown): ApiResponse {
  const { statusCode, headers, body: text } = json(200, body)
  return {
    statusCode,
    headers: { ...headers, 'cache-control': 'public, max-age=3600' },
    body: text,
  }
}

/** Makes a response with a page, which may do only what its own policy allows. */
export function html(page: { html: string; contentSecurityPolicy: string }): ApiResponse {
  return answer(200, page.html, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': page.contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
}

/** Makes a 204 response without a body. */
export function noContent(): ApiResponse {
  return answer(204, '', {})
}

/**
 * Makes a problem+json response. A 5xx has the id by which its request is found in the logs, and a
 * 503 says when to try again.
 */
export function problemResponse(
  { code, message, members, headers }: Problem,
  requestId: string,
): ApiResponse {
  const { status, title } = problems[code]
  const type = `urn:serverless-otp-twilio:problem:${code}`
  const found = status >= 500 && { requestId }
  const body = { type, title, status, detail: message, code, ...members, ...found }
  return answer(status, JSON.stringify(body), {
    'content-type': 'application/problem+json',
    ...(status === 503 && { 'retry-after': '1' }),
    ...headers,
  })
}

/** What every answer says. A browser that was here once asks by HTTPS alone for a year. */
const always = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
}

function answer(statusCode: number, body: string, headers: Record<string, string>): ApiResponse {
  return { statusCode, headers: { ...headers, ...always }, body }
}
