// Every way in which a request can fail: one class, one table of codes. The form is RFC 9457. The
// codes are the API's contract and never change their meaning.

/** Status and title of every problem code that the API can answer. */
export const problems = {
  invalid_id: { status: 400, title: 'Invalid identifier' },
  invalid_json: { status: 400, title: 'Malformed JSON' },
  invalid_body: { status: 400, title: 'Invalid request body' },
  invalid_query: { status: 400, title: 'Invalid query' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  invalid_idempotency_key: { status: 400, title: 'Invalid idempotency key' },
  missing_api_key: { status: 401, title: 'Missing API key' },
  invalid_api_key: { status: 401, title: 'Invalid API key' },
  missing_scope: { status: 403, title: 'Missing scope' },
  invalid_token: { status: 403, title: 'Invalid token' },
  token_used_up: { status: 403, title: 'Token used up' },
  no_token: { status: 403, title: 'No token' },
  challenge_replaced: { status: 403, title: 'Challenge replaced' },
  invalid_signature: { status: 403, title: 'Invalid signature' },
  device_disabled: { status: 403, title: 'Device disabled' },
  device_not_found: { status: 404, title: 'Device not found' },
  challenge_not_found: { status: 404, title: 'Challenge not found' },
  route_not_found: { status: 404, title: 'Route not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  challenge_in_progress: { status: 409, title: 'Challenge in progress' },
  too_many_devices: { status: 409, title: 'Too many devices' },
  nothing_to_resend: { status: 409, title: 'Nothing to resend' },
  body_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key reused' },
  audience_not_allowed: { status: 422, title: 'Audience not allowed' },
  country_not_allowed: { status: 422, title: 'Country not allowed' },
  number_type_not_allowed: { status: 422, title: 'Number type not allowed' },
  invalid_number: { status: 422, title: 'Invalid number' },
  undeliverable_number: { status: 422, title: 'Undeliverable number' },
  channel_not_enabled: { status: 422, title: 'Channel not enabled' },
  test_number_expired: { status: 422, title: 'Test number expired' },
  cooldown: { status: 429, title: 'Cooldown' },
  limit_reached: { status: 429, title: 'Limit reached' },
  suspended: { status: 429, title: 'Suspended' },
  throttled: { status: 429, title: 'Throttled' },
  internal_error: { status: 500, title: 'Internal error' },
  not_configured: { status: 500, title: 'Not configured' },
  delivery_failed: { status: 502, title: 'Delivery failed' },
  delivery_busy: { status: 503, title: 'Delivery busy' },
  unavailable: { status: 503, title: 'Unavailable' },
  delivery_unknown: { status: 504, title: 'Delivery unknown' },
} as const satisfies Record<string, { status: number; title: string }>

/** The stable name of a problem. */
export type ProblemCode = keyof typeof problems

interface ProblemOptions {
  /** Further members of the answer: the numbers a client needs. */
  members?: Record<string, unknown>
  /** Further response headers, lower-case. */
  headers?: Record<string, string>
  /** Whole seconds after which the same request can succeed; becomes `Retry-After`. */
  retryAfterSeconds?: number
  cause?: unknown
}

/**
 * An expected failure of a request. `detail` is one sentence for the caller and holds no secret.
 */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly members: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.members = options.members ?? {}
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds !== undefined && {
        'retry-after': String(options.retryAfterSeconds),
      }),
    }
  }
}

/**
 * Makes the problem of a request that was not decided in time, so that its outcome is not known.
 */
export function unavailable(cause: unknown): Problem {
  return new Problem('unavailable', 'The request could not be completed in time; try again.', {
    cause,
    retryAfterSeconds: 1,
  })
}
