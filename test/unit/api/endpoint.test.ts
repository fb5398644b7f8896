// What every handler does around its own work: the line in the log, the problem, the caller, the
// deadline.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Scope } from '../../../lib/api/api-key.ts'
import { endpoint } from '../../../lib/api/endpoint.ts'
import { type OperationName, operations } from '../../../lib/api/operations.ts'
import { type ApiResponse, json } from '../../../lib/api/response.ts'
import { logger } from '../../../lib/log.ts'
import { Problem, unavailable } from '../../../lib/problem.ts'
import { apiKey, keptApiKeys, keyFor } from '../../support/keys.ts'
import { context, eventOf, type Request } from '../../support/lambda.ts'

const ids = { userId: 'u', deviceId: 'd' }
const load = vi.fn()
const secrets = { load, reload: load, prepare: vi.fn(async () => {}) }
const { awsRequestId } = context
let lines: string[]

beforeEach(() => {
  lines = []
  load.mockReset().mockResolvedValue({ OTP_API_KEYS: keptApiKeys })
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation(line => lines.push(String(line)) > 0)
  }
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Name = OperationName
type Given = { signal: AbortSignal; callback: object | null }
type Work = (request: Given) => Promise<ApiResponse>

const done = async () => json(200, {})

async function call(work: Work = done, request: Request = {}, name: Name = 'get-device') {
  const handler = endpoint(operations[name], work as never, { secrets })
  const answer: ApiResponse = await handler(
    eventOf({ ...ids, method: 'GET', ...request }) as never,
    context,
  )
  return { ...answer, problem: answer.body === '' ? {} : JSON.parse(answer.body) }
}

const line = (level: keyof typeof logger) => vi.spyOn(logger, level)
const metrics = () => lines.map(one => JSON.parse(one)).filter(one => '_aws' in one)

/** A call whose work does not end; `isAborted` says whether it was asked to. */
async function callWithoutEnd() {
  let isAborted = false
  let started = () => {}
  const working = new Promise<void>(resolve => {
    started = resolve
  })
  const answering = call(({ signal }) => {
    signal.addEventListener('abort', () => {
      isAborted = true
    })
    started()
    return new Promise(() => {})
  })
  await working
  return { answering, isAborted: () => isAborted }
}

describe('the line in the log', () => {
  it('of a success names caller, device and status', async () => {
    const info = line('info')

    await call()

    expect(info.mock.calls).toEqual([
      [
        'get-device',
        {
          status: 200,
          durationMs: expect.any(Number),
          requestId: awsRequestId,
          principal: 'suite',
          deviceId: 'd',
        },
      ],
    ])
  })

  it('has the duration in whole milliseconds', async () => {
    const info = line('info')
    const start = performance.now()
    vi.spyOn(performance, 'now').mockReturnValue(start)

    await call(async () => {
      vi.spyOn(performance, 'now').mockReturnValue(start + 41.6)
      return json(200, {})
    })

    expect(info.mock.calls[0]?.[1]).toMatchObject({ durationMs: 42 })
  })

  it('of a request without a device names none', async () => {
    const info = line('info')

    await call(done, { userId: 'u', deviceId: '' }, 'list-devices')

    expect(info.mock.calls[0]?.[1]).toMatchObject({ principal: 'suite', deviceId: undefined })
  })

  it('of a client’s mistake is no error', async () => {
    const [info, error] = [line('info'), line('error')]

    await call(() => Promise.reject(new Problem('device_not_found', 'No such device.')))

    const logged = { status: 404, code: 'device_not_found', principal: 'suite', deviceId: 'd' }
    expect(info.mock.calls).toEqual([['get-device', expect.objectContaining(logged)]])
    expect(error).not.toHaveBeenCalled()
  })

  it('of an outage has its cause without a message', async () => {
    const [info, error] = [line('info'), line('error')]

    await call(() => Promise.reject(unavailable(new TypeError('foreign'))))

    const cause = expect.objectContaining({ name: 'TypeError' })
    expect(error.mock.calls).toEqual([
      [
        'get-device',
        expect.objectContaining({
          status: 503,
          code: 'unavailable',
          requestId: awsRequestId,
          detail: undefined,
          error: expect.objectContaining({ name: 'Problem', cause }),
        }),
      ],
    ])
    expect(info).not.toHaveBeenCalled()
    expect(lines.join('')).not.toContain('foreign')
  })

  it('of a bad setting has the sentence that names it', async () => {
    const error = line('error')

    await call(() => Promise.reject(new Problem('not_configured', 'OTP_X must be y.')))

    expect(error.mock.calls[0]?.[1]).toMatchObject({ status: 500, detail: 'OTP_X must be y.' })
  })
})

describe('the metric', () => {
  const verify = (work: Work = done) =>
    call(work, { method: 'POST', body: { token: '1' } }, 'verify')

  it('of a success is ok', async () => {
    await verify()

    expect(metrics()).toMatchObject([{ operation: 'verify', ok: 1 }])
  })

  it('of a problem is its code', async () => {
    await verify(() => Promise.reject(new Problem('throttled', 'Later.')))

    expect(metrics()).toMatchObject([{ operation: 'verify', throttled: 1 }])
  })

  it('is in the one line of its request', async () => {
    await verify()

    expect(lines).toHaveLength(1)
  })

  it('of what nothing reads is none', async () => {
    await call()

    expect([lines.length, metrics()]).toEqual([1, []])
  })

  it.each([null, 'Bearer unknown'])('of a stranger is not written: %j', async authorization => {
    await call(done, { headers: { authorization } })

    expect(metrics()).toEqual([])
    expect(lines).toHaveLength(1)
  })
})

describe('an unexpected error', () => {
  it('is answered with nothing but the request’s id', async () => {
    const { statusCode, problem } = await call(() => Promise.reject(new TypeError('foreign')))

    expect(statusCode).toBe(500)
    expect(problem).toMatchObject({
      code: 'internal_error',
      detail: 'Something went wrong on our side.',
      requestId: awsRequestId,
    })
    expect(JSON.stringify(problem)).not.toContain('foreign')
  })

  it('is in the log by its name', async () => {
    const error = line('error')

    await call(() => Promise.reject(new TypeError('foreign')))

    const cause = expect.objectContaining({ name: 'TypeError' })
    expect(error.mock.calls[0]?.[1]).toMatchObject({ error: { cause } })
  })
})

describe('a caller', () => {
  const as = (authorization: string | null) => ({ headers: { authorization } })

  it.each([`Bearer ${apiKey}`, `bearer   ${apiKey}`])(
    'is known by a key after Bearer: %#',
    async authorization => {
      expect((await call(done, as(authorization))).statusCode).toBe(200)
    },
  )

  it.each([
    null,
    '',
    apiKey,
    'Bearer',
    'Bearer ',
    'Basic dTpw',
    `x Bearer ${apiKey}`,
    'Bearer a b',
  ])('without a key is answered how to send one: %#', async authorization => {
    const { statusCode, headers, problem } = await call(done, as(authorization))

    expect([statusCode, headers['www-authenticate']]).toEqual([401, 'Bearer'])
    expect(problem).toMatchObject({
      code: 'missing_api_key',
      detail: 'Send an API key as Authorization: Bearer <key>.',
    })
    expect(load).not.toHaveBeenCalled()
  })

  it('with an unknown key is refused', async () => {
    const { headers, problem } = await call(done, as('Bearer otp_unknown'))

    expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    expect(problem).toMatchObject({
      code: 'invalid_api_key',
      detail: 'The API key is not known here.',
    })
  })

  it('whose key has another scope is answered which one it lacks', async () => {
    const { problem } = await call(done, as(`Bearer ${keyFor('verify')}`))

    expect(problem).toMatchObject({
      code: 'missing_scope',
      detail: 'The API key lacks the scope devices:read.',
    })
  })

  it('whose key lacks a scope is named in the log', async () => {
    const info = line('info')
    const scope: Scope = 'verify'

    await call(done, as(`Bearer ${keyFor(scope)}`))

    expect(info.mock.calls[0]?.[1]).toMatchObject({ principal: scope })
  })

  it('needs no key for a public operation', async () => {
    const answer = await call(done, as(null), 'openapi')

    expect([answer.statusCode, load.mock.calls.length]).toEqual([200, 0])
  })

  it('that is Twilio needs no key', async () => {
    const request = { challengeId: 'c1', body: 'MessageStatus=sent', ...as(null) }

    const answer = await call(done, request, 'status-callback')

    expect([answer.statusCode, load.mock.calls.length]).toEqual([200, 0])
  })

  it('that is Twilio has its callback read for the work', async () => {
    let callback: object | null = null
    const request = { challengeId: 'c1', body: 'MessageStatus=sent', ...as(null) }

    await call(
      async given => {
        callback = given.callback
        return json(200, {})
      },
      request,
      'status-callback',
    )

    expect(callback).toMatchObject({ challengeId: 'c1', form: { MessageStatus: 'sent' } })
  })

  it('needs a key of whatever scope at an unknown route', async () => {
    const { statusCode } = await call(done, as(`Bearer ${keyFor('verify')}`), 'not-found')

    expect(statusCode).toBe(200)
  })
})

describe('the work', () => {
  it('is given what was checked', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_767_268_800_000 })
    let given: object = {}

    await call(
      async request => {
        given = request
        return json(200, {})
      },
      { path: '/users/u/devices/d', headers: { 'idempotency-key': 'k' } },
    )

    expect(given).toEqual({
      ...ids,
      method: 'GET',
      path: '/users/u/devices/d',
      basePath: '',
      domainName: '',
      idempotencyKey: 'k',
      callback: null,
      query: {},
      body: null,
      now: 1_767_268_800_000,
      secrets,
      principal: expect.objectContaining({ name: 'suite' }),
      signal: expect.any(AbortSignal),
    })
  })

  it('is aborted a quarter of a second before the deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { isAborted } = await callWithoutEnd()

    vi.advanceTimersByTime(4_749)
    const before = isAborted()
    vi.advanceTimersByTime(1)

    expect([before, isAborted()]).toEqual([false, true])
  })

  it('without an end is answered as unavailable at the deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { answering } = await callWithoutEnd()

    vi.advanceTimersByTime(5_000)

    const { statusCode, problem } = await answering
    expect([statusCode, problem.code]).toEqual([503, 'unavailable'])
  })

  it('has the time that the checks before it left', { timeout: 5_000 }, async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    load.mockImplementation(async () => {
      vi.advanceTimersByTime(4_000)
      return { OTP_API_KEYS: keptApiKeys }
    })
    const { answering } = await callWithoutEnd()

    vi.advanceTimersByTime(1_000)

    expect((await answering).statusCode).toBe(503)
  })

  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

    await call()

    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the preparation', () => {
  const prepareWith = (prepare?: (signal: AbortSignal) => Promise<unknown>) =>
    endpoint(operations['get-device'], done as never, { secrets, ...(prepare && { prepare }) })

  it('reads the secrets and makes ready what else is needed', async () => {
    const prepare = vi.fn(async (signal: AbortSignal) => signal.aborted)
    secrets.prepare.mockClear()

    await prepareWith(prepare).prepare()

    expect(secrets.prepare.mock.calls).toEqual([[2_000]])
    expect(prepare.mock.settledResults).toEqual([{ type: 'fulfilled', value: false }])
  })

  it('leaves to the first request what fails', async () => {
    const handler = prepareWith(() => Promise.reject(new Error('It fails.')))

    await expect(handler.prepare()).resolves.toBeUndefined()
  })

  it('needs nothing but the secrets where nothing else is named', async () => {
    secrets.prepare.mockClear()

    await prepareWith().prepare()

    expect(secrets.prepare).toHaveBeenCalledOnce()
  })
})

describe('the secrets of an operation', () => {
  it.each([
    ['get-device', 4_000],
    ['challenge', 14_000],
    ['verify', 3_500],
  ] as const)('of %s are waited for %i ms at most', async (name, longestWaitMs) => {
    const secretSource = vi.fn(() => secrets)
    vi.resetModules()
    vi.doMock('../../../lib/settings/secrets.ts', () => ({ secretSource }))
    const mocked = await import('../../../lib/api/endpoint.ts')
    vi.doUnmock('../../../lib/settings/secrets.ts')

    mocked.endpoint(operations[name], done as never)

    expect(secretSource.mock.calls).toEqual([[expect.any(Array), { longestWaitMs }]])
  })
})
