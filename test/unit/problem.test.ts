// The codes are the API's contract, and the form of a problem is RFC 9457.
import { describe, expect, it } from 'vitest'
import { json, noContent, problemResponse } from '../../lib/api/response.ts'
import { Problem, type ProblemCode, problems, unavailable } from '../../lib/problem.ts'
import { securityHeaders } from '../support/headers.ts'

const codes = Object.keys(problems) as ProblemCode[]

describe('the codes', () => {
  it('have the status that the API says', () => {
    const statuses = Object.fromEntries(codes.map(code => [code, problems[code].status]))

    expect(statuses).toEqual({
      invalid_id: 400,
      invalid_json: 400,
      invalid_body: 400,
      invalid_query: 400,
      invalid_cursor: 400,
      invalid_idempotency_key: 400,
      missing_api_key: 401,
      invalid_api_key: 401,
      missing_scope: 403,
      invalid_token: 403,
      token_used_up: 403,
      no_token: 403,
      challenge_replaced: 403,
      invalid_signature: 403,
      device_disabled: 403,
      device_not_found: 404,
      challenge_not_found: 404,
      route_not_found: 404,
      method_not_allowed: 405,
      challenge_in_progress: 409,
      too_many_devices: 409,
      nothing_to_resend: 409,
      body_too_large: 413,
      unsupported_media_type: 415,
      number_type_not_allowed: 422,
      invalid_number: 422,
      undeliverable_number: 422,
      idempotency_key_reused: 422,
      audience_not_allowed: 422,
      country_not_allowed: 422,
      channel_not_enabled: 422,
      test_number_expired: 422,
      cooldown: 429,
      limit_reached: 429,
      suspended: 429,
      throttled: 429,
      internal_error: 500,
      not_configured: 500,
      delivery_failed: 502,
      delivery_busy: 503,
      unavailable: 503,
      delivery_unknown: 504,
    })
  })

  it.each(codes)('%s is snake_case', code => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })

  it.each(codes)('%s has the status of an error', code => {
    const { status } = problems[code]

    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
  })

  it.each(codes)('%s has a title in words', code => {
    expect(problems[code].title).toMatch(/^[A-Z][A-Za-z ]+$/)
  })

  it('have different titles', () => {
    const titles = codes.map(code => problems[code].title)

    expect(new Set(titles).size).toBe(codes.length)
  })
})

describe('a problem', () => {
  it('is answered in the form of RFC 9457', () => {
    const problem = new Problem('throttled', 'The device is locked.', {
      members: { failureCount: 3, lockedUntil: '2026-01-01T12:00:05.000Z' },
      retryAfterSeconds: 5,
    })

    const { statusCode, headers, body } = problemResponse(problem, 'r-1')

    expect(statusCode).toBe(429)
    expect(headers).toEqual({
      'content-type': 'application/problem+json',
      ...securityHeaders,
      'retry-after': '5',
    })
    expect(JSON.parse(body)).toEqual({
      type: 'urn:serverless-otp-twilio:problem:throttled',
      title: 'Throttled',
      status: 429,
      detail: 'The device is locked.',
      code: 'throttled',
      failureCount: 3,
      lockedUntil: '2026-01-01T12:00:05.000Z',
    })
  })

  it.each(codes)('%s is answered with its own status, title and type', code => {
    const { statusCode, headers, body } = problemResponse(new Problem(code, 'One sentence.'), 'r-1')

    expect(JSON.parse(body)).toEqual({
      type: `urn:serverless-otp-twilio:problem:${code}`,
      title: problems[code].title,
      status: statusCode,
      detail: 'One sentence.',
      code,
      // Only what is our fault is looked up in the logs.
      ...(statusCode >= 500 && { requestId: 'r-1' }),
    })
    expect(headers).toEqual({
      'content-type': 'application/problem+json',
      // Whoever is told to come later is told when.
      ...(statusCode === 503 && { 'retry-after': '1' }),
      ...securityHeaders,
    })
  })

  it('carries its own headers', () => {
    const problem = new Problem('missing_api_key', 'Send an API key.', {
      headers: { 'www-authenticate': 'Bearer' },
    })

    expect(problemResponse(problem, 'r-1').headers).toEqual({
      'content-type': 'application/problem+json',
      ...securityHeaders,
      'www-authenticate': 'Bearer',
    })
  })

  it('may be retried at once', () => {
    const problem = new Problem('delivery_busy', 'Busy.', { retryAfterSeconds: 0 })

    expect(problem.headers).toEqual({ 'retry-after': '0' })
  })

  it('never answers with its cause', () => {
    const cause = new Error('canary')

    const { headers, body } = problemResponse(
      new Problem('internal_error', 'Sorry.', { cause }),
      'r-1',
    )

    expect(JSON.stringify(headers) + body).not.toContain('canary')
  })

  it('is an error with a code, a name and a cause', () => {
    const cause = new Error('canary')

    const problem = new Problem('unavailable', 'Try again.', { cause })

    expect(problem).toBeInstanceOf(Error)
    expect(problem).toMatchObject({ code: 'unavailable', name: 'Problem', message: 'Try again.' })
    expect(problem.cause).toBe(cause)
  })
})

describe('what was not decided in time', () => {
  it('is unavailable for a second', () => {
    expect(unavailable(new Error('canary'))).toMatchObject({
      code: 'unavailable',
      message: 'The request could not be completed in time; try again.',
      headers: { 'retry-after': '1' },
    })
  })

  it('keeps its cause out of its message', () => {
    const cause = new Error('canary')

    const problem = unavailable(cause)

    expect(problem.cause).toBe(cause)
    expect(problem.message).not.toContain('canary')
  })
})

describe('any answer', () => {
  it('with a body is JSON for no cache', () => {
    expect(json(201, { id: 'x' }, { location: '/users/alice/devices/x' })).toEqual({
      statusCode: 201,
      headers: {
        'content-type': 'application/json',
        location: '/users/alice/devices/x',
        ...securityHeaders,
      },
      body: '{"id":"x"}',
    })
  })

  it('without a body has no content type', () => {
    expect(noContent()).toEqual({
      statusCode: 204,
      headers: securityHeaders,
      body: '',
    })
  })

  it('is for no cache, whatever headers it is given', () => {
    const { headers } = json(200, {}, { 'cache-control': 'max-age=60' })

    expect(headers['cache-control']).toBe('no-store')
  })
})
