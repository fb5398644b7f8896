// What every handler does around its own work, as middy middlewares in this order: write the
// log line, turn errors into problems, authenticate the caller, check the request. The only
// importer of middy.
import middy from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type { InferOutput } from 'valibot'
import { describeError, logOutcome } from '../log.ts'
import { Problem, problems, unavailable } from '../problem.ts'
import { type SecretSource, secretSource } from '../settings/secrets.ts'
import { findPrincipal, isExpired, isFor, type Principal, parseApiKeys } from './api-key.ts'
import { basePathOf } from './base-path.ts'
import { readCallback } from './callback.ts'
import { type ObjectSchema, type Operation, secretsOf } from './operation.ts'
import {
  type ApiRequest,
  header,
  readBody,
  readIdempotencyKey,
  readIds,
  readQuery,
} from './request.ts'
import { type ApiResponse, problemResponse } from './response.ts'

const defaultDeadlineMs = 5_000

type Checked<Schema> = Schema extends ObjectSchema ? InferOutput<Schema> : null
type RequestOf<Of extends Operation> = ApiRequest<Checked<Of['body']>, Checked<Of['query']>>

interface Event extends APIGatewayProxyEventV2 {
  /** From performance.now(). */
  startedAt: number
  principal?: Principal
  checked?: Omit<ApiRequest, 'principal' | 'secrets' | 'signal'>
}
type Middleware = middy.MiddlewareObj<Event, ApiResponse>

/** What a handler stands on. */
interface Ground {
  secrets: SecretSource
  /** What else is made ready for the first request, such as a connection; it may fail. */
  prepare: (signal: AbortSignal) => Promise<unknown>
}

/** Makes the Lambda handler of an operation. */
export function endpoint<Of extends Operation>(
  operation: Of,
  work: (request: RequestOf<Of>) => Promise<ApiResponse>,
  { secrets = sourceOf(operation), prepare = async () => {} }: Partial<Ground> = {},
) {
  const { name, deadlineMs = defaultDeadlineMs }: Operation = operation
  const handler = middy<Event, ApiResponse>()
    .use(writeLogLine(operation))
    .use(answerProblems(name))
    .use(authenticate(operation, secrets))
    .use(checkRequest(operation))
    .handler(({ startedAt, principal, checked }) =>
      withinDeadline(deadlineMs - elapsedMs(startedAt), signal =>
        work({ ...checked, principal, secrets, signal } as RequestOf<Of>),
      ),
    )
  return Object.assign(handler, { prepare: () => prepareFirst({ secrets, prepare }) })
}

/** What is left of a request's time for its own work, after it has waited for its secrets. */
const workMs = 1_000
/** A challenge that waits for longer has no time for Twilio. */
const longestWaitMs = 14_000

function sourceOf(operation: Operation): SecretSource {
  const waitMs = (operation.deadlineMs ?? defaultDeadlineMs) - workMs
  return secretSource(secretsOf(operation, process.env), {
    longestWaitMs: Math.min(waitMs, longestWaitMs),
  })
}

/** As long as loading may wait for what the first request needs. */
const preparationMs = 2_000

/**
 * Makes ready what the first request needs, while Lambda loads the function and gives it a whole
 * processor: see infra/bundle/preparation.cjs. What fails or takes too long is left to the request.
 */
async function prepareFirst({ secrets, prepare }: Ground): Promise<void> {
  const signal = AbortSignal.timeout(preparationMs)
  await Promise.allSettled([secrets.prepare(preparationMs), prepare(signal)])
}

function writeLogLine({ name, access }: Operation): Middleware {
  return {
    before: ({ event }) => {
      event.startedAt = performance.now()
    },
    after: ({ event, context, response }) => {
      // Of Twilio's reports, two a message, the access log has the line.
      if (access === 'twilio') return
      const line = { status: response?.statusCode, ...logMembers(event, context) }
      logOutcome('info', { operation: name, outcome: 'ok' }, line)
    },
  }
}

function answerProblems(operation: string): Middleware {
  return {
    onError: request => {
      const { error, event, context } = request
      const problem = error instanceof Problem ? error : internalError(error)
      const { status } = problems[problem.code]
      const line = { status, code: problem.code, ...logMembers(event, context) }
      const ended = { operation, outcome: problem.code }
      if (status < 500) logOutcome('info', ended, line)
      else {
        // Only the sentence of a setting helps to fix it: it names the setting and holds no value.
        const detail = problem.code === 'not_configured' ? problem.message : undefined
        logOutcome('error', ended, { ...line, detail, error: describeError(problem) })
      }
      request.response = problemResponse(problem, requestIdOf(event, context))
    },
  }
}

function internalError(cause: unknown): Problem {
  return new Problem('internal_error', 'Something went wrong on our side.', { cause })
}

/** API Gateway's id: its access log has it, and the caller as the header apigw-requestid. */
function requestIdOf({ requestContext }: Event, { awsRequestId }: Context): string {
  return requestContext.requestId ?? awsRequestId
}

function logMembers(event: Event, context: Context) {
  const { startedAt, principal, checked } = event
  return {
    durationMs: Math.round(elapsedMs(startedAt)),
    requestId: requestIdOf(event, context),
    principal: principal?.name,
    deviceId: checked?.deviceId || undefined,
  }
}

function elapsedMs(startedAt: number): number {
  return performance.now() - startedAt
}

function authenticate({ access, ...operation }: Operation, secrets: SecretSource): Middleware {
  return {
    before: async ({ event }) => {
      // Twilio is authenticated by its signature, which the function of its callbacks checks.
      if (access === 'public' || access === 'twilio') return
      const authorization = header(event, 'authorization')
      const apiKey = /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1]
      if (apiKey === undefined) {
        throw new Problem('missing_api_key', 'Send an API key as Authorization: Bearer <key>.', {
          headers: { 'www-authenticate': 'Bearer' },
        })
      }
      const kept = parseApiKeys((await secrets.load()).OTP_API_KEYS)
      const principal = findPrincipal(kept, apiKey)
      if (principal === null) {
        throw new Problem('invalid_api_key', 'The API key is not known here.', {
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        })
      }
      event.principal = principal
      if (isExpired(principal, Date.now())) {
        throw new Problem('invalid_api_key', 'The API key has expired; make a new one.', {
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
        })
      }
      const { scopes, prefix } = principal
      const needed = prefix === undefined ? access : (operation.accessWithPrefix ?? access)
      if (needed !== 'any key' && !scopes.some(scope => scope === needed)) {
        throw new Problem('missing_scope', `The API key lacks the scope ${needed}.`)
      }
    },
  }
}

function checkRequest({ route, access, body, query }: Operation): Middleware {
  return {
    before: ({ event }) => {
      const { http, domainName = '' } = event.requestContext
      const { method, path } = http
      const ids = readIds(event)
      const { principal } = event
      if (principal && !isFor(principal, ids.userId)) {
        const detail = `The API key is for users whose id begins with ${principal.prefix} alone.`
        throw new Problem('missing_scope', detail)
      }
      event.checked = {
        method,
        path,
        basePath: basePathOf(path, route),
        domainName,
        ...ids,
        idempotencyKey: readIdempotencyKey(event),
        callback: access === 'twilio' ? readCallback(event) : null,
        query: query && readQuery(event, query),
        body: body && readBody(event, body),
        now: Date.now(),
      }
    },
  }
}

const graceMs = 250

/**
 * Aborts the work shortly before its deadline. Work that ignores the signal is answered
 * with `unavailable`.
 */
async function withinDeadline<Result>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const soft = setTimeout(() => controller.abort(), deadlineMs - graceMs)
  let hard: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    hard = setTimeout(() => reject(unavailable(new Error('The deadline has passed.'))), deadlineMs)
  })
  try {
    return await Promise.race([work(controller.signal), late])
  } finally {
    clearTimeout(soft)
    clearTimeout(hard)
  }
}
