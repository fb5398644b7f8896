// The public API as the console calls it, with the operator's key. Every failure comes back as a
// value, so that no screen can forget it.
import type { InferOutput } from 'valibot'
import type {
  challengeSchema,
  devicePageSchema,
  deviceSchema,
  figuresSchema,
  limitsSchema,
  suspensionsSchema,
  verifiedSchema,
} from '../openapi/answer-schemas.ts'
import type { ProblemCode } from '../problem.ts'
import { learnServerTime } from './clock.ts'

/** A device, as the API shows it. */
export type Device = InferOutput<typeof deviceSchema>
/** A page of devices. */
export type DevicePage = InferOutput<typeof devicePageSchema>
/** A challenge that was sent. */
export type Challenge = InferOutput<typeof challengeSchema>
/** A token that was verified. */
export type Verified = InferOutput<typeof verifiedSchema>
/** What was sent and verified, by the hour. */
export type Figures = InferOutput<typeof figuresSchema>
/** The limits on sends. */
export type Limits = InferOutput<typeof limitsSchema>
/** What the breaker suspends. */
export type Suspensions = InferOutput<typeof suspensionsSchema>

/** A problem of the API, or the reason why there is no answer. */
export interface Failure {
  code: ProblemCode | 'offline' | 'timeout' | 'too_many_requests' | 'unreadable'
  /** 0 when there was no answer. */
  status: number
  detail?: string
  failureCount?: number
  challengeId?: string
  lockedUntil?: string | null
  nextChallengeAt?: string | null
  validUntil?: string
  twilioCode?: number | null
  /** Of `limit_reached`: the name of the limit. */
  limit?: string
  /** Of `suspended`: `prefix` or `country`. */
  suspended?: string
  requestId?: string
}

/** A value, or the failure in its place. */
export type Result<Value> = { ok: true; value: Value } | { ok: false; failure: Failure }

interface Request {
  body?: object
  idempotencyKey?: string
  signal?: AbortSignal
}

/** The API with one key. */
export interface Api {
  call<Value>(method: string, path: string, request?: Request): Promise<Result<Value>>
}

const timeoutMs = 30_000

/**
 * Connects to the API. `refused` is called when it does not accept the key, or
 * not for this request.
 */
export function connectApi(apiKey: string, refused: (failure: Failure) => void): Api {
  return {
    async call(method, path, request = {}) {
      const result = await send(apiKey, method, path, request)
      if (!result.ok && isRefusal(result.failure)) refused(result.failure)
      // biome-ignore lint/suspicious/noExplicitAny: the caller names the documented shape
      return result as Result<any>
    },
  }
}

/** Returns the path of a device, or of all devices of a user. */
export function devicePath(userId: string, deviceId?: string): string {
  const devices = `users/${encodeURIComponent(userId)}/devices`
  return deviceId === undefined ? devices : `${devices}/${encodeURIComponent(deviceId)}`
}

function isRefusal({ status, code }: Failure): boolean {
  return status === 401 || code === 'missing_scope'
}

async function send(
  apiKey: string,
  method: string,
  path: string,
  { body, idempotencyKey, signal }: Request,
): Promise<Result<unknown>> {
  const late = AbortSignal.timeout(timeoutMs)
  try {
    // Relative to the console, wherever the API is mounted.
    const response = await fetch(new URL(path, new URL('./', location.href)), {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    })
    learnServerTime(response.headers.get('date'))
    if (response.status === 204) return { ok: true, value: null }
    const answer = await response.json().catch(() => null)
    if (response.ok && answer !== null) return { ok: true, value: answer }
    return { ok: false, failure: failureOf(response.status, answer) }
  } catch {
    return { ok: false, failure: { code: late.aborted ? 'timeout' : 'offline', status: 0 } }
  }
}

function failureOf(status: number, answer: Partial<Failure> | null): Failure {
  if (typeof answer?.code === 'string') return { ...answer, code: answer.code, status }
  // API Gateway's own throttling has no code.
  return { code: status === 429 ? 'too_many_requests' : 'unreadable', status }
}
