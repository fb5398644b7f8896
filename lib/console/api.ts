// The client of the API as the console uses it, with the operator's key. Every failure comes back
// as a value, so that no screen can forget it.
import type { Scope } from '../api/api-key.ts'
import { createClient, type Key, type OtpClient, OtpError } from '../client/client.ts'
import type { ProblemCode } from '../problem.ts'
import { learnServerTime } from './clock.ts'

export type { Scope } from '../api/api-key.ts'
export type {
  Device,
  DevicePage,
  Event as TimelineEvent,
  Figures,
  Key,
  Limits,
  Suspensions,
} from '../client/client.ts'

/** A problem of the API, or the reason why there is no answer. */
export interface Failure {
  code: ProblemCode | 'no_answer' | 'gateway_throttled' | 'unreadable'
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

/** The API with one key. */
export interface Api extends Connected {
  key: Key
}

/** Whether a key has a scope. The API decides: this only says beforehand what it will refuse. */
export function may({ key }: Pick<Api, 'key'>, scope: Scope): boolean {
  return key.scopes.includes(scope)
}

/** Whether a key may find devices without knowing their user. */
export function mayFind(api: Pick<Api, 'key'>): boolean {
  return may(api, api.key.prefix === null ? 'admin' : 'devices:read')
}

/** The API with a key of which nothing is known yet. */
export interface Connected {
  /** Never rejects. */
  call<Asked extends { ok: boolean }>(
    ask: (otp: OtpClient) => Promise<Asked>,
  ): Promise<Result<Extract<Asked, { ok: true }>>>
}

/** Connects to the API. `refused` is called when it does not know the key, or no longer. */
export function connectApi(apiKey: string, refused: (failure: Failure) => void): Connected {
  const otp = createClient({
    // Relative to the console, wherever the API is mounted.
    url: new URL('./', location.href).href,
    apiKey,
    // The operator's own key, in the operator's own browser.
    allowBrowser: true,
    fetch: fetchHere,
  })
  return {
    async call(ask) {
      const result = await ask(otp).catch(failureOf)
      // biome-ignore lint/suspicious/noExplicitAny: the client has its type
      if (result.ok) return { ok: true, value: result as any }
      const failure = result as Failure & { ok: false }
      if (failure.status === 401) refused(failure)
      return { ok: false, failure }
    },
  }
}

async function fetchHere(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(url, { ...init, cache: 'no-store', credentials: 'omit' })
  learnServerTime(response.headers.get('date'))
  return response
}

/** What the client throws: a mistake, or that the screen has gone. */
function failureOf(error: unknown): Failure & { ok: false } {
  if (!(error instanceof OtpError)) return { ok: false, code: 'no_answer', status: 0 }
  const { code, status, detail, requestId } = error
  return { ok: false, code, status, detail, ...(requestId !== null && { requestId }) }
}
