// What a call gives back: an answer, or a failure that its caller can do something about. What
// nobody can handle but whoever set up the service, or wrote the call, is thrown.
import type { Operations } from './api.ts'

/**
 * The codes that are thrown: mistakes in the set-up or in the call, and faults of the service. What
 * somebody typed may be at fault for `invalid_body` and `body_too_large`, so they are results.
 */
export const thrownCodes = [
  'invalid_id',
  'invalid_json',
  'invalid_query',
  'invalid_idempotency_key',
  'missing_api_key',
  'invalid_api_key',
  'missing_scope',
  'route_not_found',
  'method_not_allowed',
  'unsupported_media_type',
  'not_configured',
  'internal_error',
] as const

/** A code that is thrown. */
export type ThrownCode = (typeof thrownCodes)[number]

/** The name of an operation. */
export type OperationName = keyof Operations

/** What an operation answers when all is well. */
export type Answer<Name extends OperationName> = { ok: true } & Operations[Name]['answer']

/**
 * What an operation answers otherwise: `code` says what, and what else there is depends on it.
 * `retryAfter` is in whole seconds, null where no wait is known to help.
 */
export type Failure<Name extends OperationName> = { ok: false; retryAfter: number | null } & (
  | Exclude<Operations[Name]['problem'], { code: ThrownCode }>
  | NoAnswer
  | GatewayThrottling
)

/** The result of a call. */
export type Result<Name extends OperationName> = Answer<Name> | Failure<Name>

/**
 * Every try was without an answer of the API, so it is not known whether it was done. `status` is
 * that of whatever answered in its place, or 0.
 */
export interface NoAnswer {
  code: 'no_answer'
  status: number
  detail: string
}

/** API Gateway has refused every try, above the throttle of the stage; nothing was done. */
export interface GatewayThrottling {
  code: 'gateway_throttled'
  status: 429
  detail: string
}

/** Thrown for what no caller can handle; nothing of the request is in it. */
export class OtpError extends Error {
  /** `unreadable` is an answer that is not of this API: mostly a wrong URL. */
  readonly code: ThrownCode | 'unreadable'
  readonly status: number
  /** One sentence for people. */
  readonly detail: string
  /** Finds the request in the logs of the service; null where there is none. */
  readonly requestId: string | null

  constructor(
    code: ThrownCode | 'unreadable',
    detail: string,
    { status, requestId }: { status: number; requestId: string | null },
  ) {
    super(`${code}: ${detail}`)
    this.name = 'OtpError'
    this.code = code
    this.status = status
    this.detail = detail
    this.requestId = requestId
  }
}
