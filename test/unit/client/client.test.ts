// The client against an HTTP server that answers what a test says, so that what it sends is seen.
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { operations } from '../../../lib/api/operations.ts'
import { createClient, OtpError } from '../../../lib/client/client.ts'
import { thrownCodes } from '../../../lib/client/result.ts'
import { advice } from '../../../lib/openapi/advice.ts'
import { type DocumentedName, documentation } from '../../../lib/openapi/documentation.ts'
import { problems } from '../../../lib/problem.ts'

interface Asked {
  line: string
  headers: IncomingHttpHeaders
  body: string
}
type Given = { status: number; body?: unknown; headers?: Record<string, string> } | 'lost' | 'hang'

let server: Server
let asked: Asked[]
/** What is answered, one after the other; the last is repeated. */
let answers: Given[]

const names = Object.keys(documentation) as DocumentedName[]
const atOnce = { 'retry-after': '0' }
const problem = (
  code: string,
  members: object = {},
  headers: Record<string, string> = {},
): Given => ({
  status: problems[code as keyof typeof problems].status,
  body: { code, detail: `It is ${code}.`, ...members },
  headers,
})
const sent = { status: 200, body: { challengeId: 'c1' } }

function answer(response: ServerResponse): void {
  const given = (answers.length > 1 ? answers.shift() : answers[0]) as Given
  if (given === 'hang') return
  if (given === 'lost') return void response.destroy()
  const { status, body, headers } = given
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : body && JSON.stringify(body))
}

beforeEach(async () => {
  asked = []
  answers = [{ status: 200, body: {} }]
  server = createServer(async (request, response) => {
    const { method, url, headers } = request
    asked.push({ line: `${method} ${url}`, headers, body: await text(request) })
    answer(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The shortest pauses.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  server.closeAllConnections()
  server.close()
})

/** A client that waits for nothing, with what its waits were to be, in milliseconds. */
function connectHurried(then: (ms: number) => void = () => {}) {
  const waits: number[] = []
  const start = setTimeout
  vi.stubGlobal('setTimeout', (call: () => void, ms: number) => {
    // Connections of earlier tests have timers, too.
    if (!new Error().stack?.includes('/lib/client/')) return start(call, ms)
    waits.push(ms)
    then(ms)
    return start(call, 0)
  })
  // Without a connection, which has timers of its own.
  const fetch = async () => {
    const given = answers.shift()
    if (typeof given !== 'object') throw new TypeError('fetch failed')
    const { status, body, headers = {} } = given
    return new Response(JSON.stringify(body), { status, headers })
  }
  return { otp: createClient({ url: 'https://a.example', apiKey: 'otpKey', fetch }), waits }
}

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const connect = () => createClient({ url: url(), apiKey: 'otpKey' })
const keys = () => asked.map(({ headers }) => headers['idempotency-key'])

describe('a client', () => {
  it.each(['', 'a key', 'otp\nKey', 'otpKéy'])('is not made with the key %j', apiKey => {
    expect(() => createClient({ url: 'https://a.example', apiKey })).toThrow(/^The apiKey must/)
  })

  it('is not made without a URL', () => {
    expect(() => createClient({ url: 'a.example', apiKey: 'otpKey' })).toThrow(TypeError)
  })

  it('is made in the window of a browser only where it is told to', () => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {})
    const options = { url: 'https://a.example', apiKey: 'otpKey' }

    expect(() => createClient(options)).toThrow(/for servers/)
    expect(createClient({ ...options, allowBrowser: true })).toHaveProperty('verify')
  })

  it.each(['/otp', '/otp/', '/otp//'])('keeps the path of its URL: %s', async path => {
    await createClient({ url: `${url()}${path}`, apiKey: 'otpKey' }).key()

    expect(asked[0]?.line).toBe('GET /otp/key')
  })

  it('sends its key to no other host', async () => {
    answers = [{ status: 302, headers: { location: 'https://elsewhere.example' } }]

    await expect(connect().key()).rejects.toMatchObject({
      code: 'unreadable',
      status: 302,
      message: 'unreadable: This is no answer of the API; is the URL right?',
    })
    expect(asked).toHaveLength(1)
  })

  it('logs nothing', async () => {
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map(name =>
      vi.spyOn(console, name),
    )
    answers = ['lost', problem('throttled'), problem('internal_error')]

    await connect().verify('alice', 'd1', { token: '1' })
    await connect()
      .key()
      .catch(() => {})

    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
})

describe('a request', () => {
  it('is that of its operation', async () => {
    const otp = connect()
    await otp.devices.create('alice', { number: '+14155552671', name: 'Phone' })
    await otp.devices.get('alice', 'd1')
    await otp.devices.list('alice', { confirmed: true, limit: 5 })
    await otp.devices.update('alice', 'd1', { name: 'Work' })
    await otp.devices.delete('alice', 'd1')
    await otp.devices.deleteAll('alice')
    await otp.devices.reset('alice', 'd1')
    await otp.devices.find({ number: '+14155552671' })
    await otp.devices.find({ state: 'locked' })
    await otp.devices.events('alice', 'd1', { limit: 5 })
    await otp.events('alice', { cursor: 'c' })
    await otp.challenge('alice', 'd1', { clientIp: '203.0.113.7' })
    await otp.resend('alice', 'd1', { channel: 'call' })
    await otp.challengeState('alice', 'd1', { challengeId: 'c1' })
    await otp.verify('alice', 'd1', { token: '123456', challengeId: 'c1' })
    await otp.limits.get({ userId: 'alice' })
    await otp.limits.empty()
    await otp.suspensions.get()
    await otp.suspensions.get({ number: '+447005012345' })
    await otp.suspensions.lift({ prefix: '+4470050' })
    await otp.suspensions.allow({ country: 'CH' })
    await otp.suspensions.disallow({ country: 'CH' })
    await otp.figures({ hours: 48 })
    await otp.key()

    expect(asked.map(({ line, body }) => `${line} ${body}`.trim())).toEqual([
      'POST /users/alice/devices {"number":"+14155552671","name":"Phone"}',
      'GET /users/alice/devices/d1',
      'GET /users/alice/devices?confirmed=true&limit=5',
      'PATCH /users/alice/devices/d1 {"name":"Work"}',
      'DELETE /users/alice/devices/d1',
      'DELETE /users/alice/devices',
      'POST /users/alice/devices/d1/reset',
      'GET /all/devices?number=%2B14155552671',
      'GET /all/devices?state=locked',
      'GET /users/alice/devices/d1/events?limit=5',
      'GET /users/alice/events?cursor=c',
      'POST /users/alice/devices/d1/challenge {"clientIp":"203.0.113.7"}',
      'POST /users/alice/devices/d1/challenge {"channel":"call","resend":true}',
      'GET /users/alice/devices/d1/challenge?challengeId=c1',
      'POST /users/alice/devices/d1/verify {"token":"123456","challengeId":"c1"}',
      'GET /limits?userId=alice',
      'DELETE /limits',
      'GET /suspensions',
      'GET /suspensions?number=%2B447005012345',
      'DELETE /suspensions?prefix=%2B4470050',
      'PUT /always-allow?country=CH',
      'DELETE /always-allow?country=CH',
      'GET /figures?hours=48',
      'GET /key',
    ])
    // Every route has a method.
    const routes = asked.map(({ line }) => line.split('?')[0]?.replace('alice', '{userId}'))
    expect(new Set(routes.map(route => route?.replace('d1', '{deviceId}')))).toEqual(
      new Set(names.map(name => operations[name].route)),
    )
    expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer otpKey']),
    )
  })

  it('has its ids encoded', async () => {
    await connect().devices.get('auth0|5f/../é?#', 'd 1')

    expect(asked[0]?.line).toBe('GET /users/auth0%7C5f%2F..%2F%C3%A9%3F%23/devices/d%201')
  })

  it.each(['', '.', '..', undefined as unknown as string])('is not made for the id %j', id => {
    const refusal = new TypeError('An id must be text, and not dots alone.')

    expect(() => connect().devices.delete('alice', id)).toThrow(refusal)
    expect(() => connect().devices.deleteAll(id)).toThrow(refusal)
  })

  it('leaves out what is undefined', async () => {
    await connect().verify('alice', 'd1', { token: '1', challengeId: undefined })
    await connect().devices.list('alice', { confirmed: undefined })

    expect(asked.map(({ line, body }) => `${line} ${body}`)).toEqual([
      'POST /users/alice/devices/d1/verify {"token":"1"}',
      'GET /users/alice/devices ',
    ])
  })

  it('is JSON where it has a body', async () => {
    await connect().devices.create('alice', { number: '1' })
    await connect().devices.get('alice', 'd1')

    const types = asked.map(({ headers }) => headers['content-type'])
    expect(types).toEqual(['application/json', undefined])
  })

  it('has an idempotency key where it must not be done twice, a new one each time', async () => {
    const otp = connect()
    await otp.devices.create('alice', { number: '1' })
    await otp.challenge('alice', 'd1')
    await otp.resend('alice', 'd1')
    await otp.verify('alice', 'd1', { token: '1' })
    await otp.devices.reset('alice', 'd1')

    expect(new Set(keys()).size).toBe(5)
    expect(keys().map(key => key?.length)).toEqual([36, 36, 36, 36, undefined])
  })

  it('has the caller’s idempotency key where there is one, and not in its body', async () => {
    await connect().challenge('alice', 'd1', { idempotencyKey: 'login-1' })

    expect([keys(), asked[0]?.body]).toEqual([['login-1'], '{}'])
  })
})

describe('a result', () => {
  it('has the members of the answer', async () => {
    answers = [sent]

    expect(await connect().challenge('alice', 'd1')).toEqual({ ok: true, challengeId: 'c1' })
  })

  it('of an answer without a body is ok', async () => {
    answers = [{ status: 204 }]

    expect(await connect().devices.delete('alice', 'd1')).toEqual({ ok: true })
  })

  it('has the members of the problem, and the wait', async () => {
    answers = [problem('throttled', { failureCount: 3 }, { 'retry-after': '4' })]

    expect(await connect().verify('alice', 'd1', { token: '1' })).toMatchObject({
      ok: false,
      code: 'throttled',
      status: 429,
      failureCount: 3,
      retryAfter: 4,
    })
  })

  it('has no wait where none is given', async () => {
    answers = [problem('invalid_token')]

    expect(await connect().verify('alice', 'd1', { token: '1' })).toMatchObject({
      retryAfter: null,
    })
  })

  it.each(thrownCodes)('is none for %s, which is thrown', async code => {
    answers = [problem(code, { requestId: 'r1' })]
    const thrown = await connect()
      .key()
      .catch(error => error)

    expect(thrown).toBeInstanceOf(OtpError)
    expect(thrown).toMatchObject({ name: 'OtpError', code, requestId: 'r1' })
    expect(thrown.message).toBe(`${code}: It is ${code}.`)
    expect(asked).toHaveLength(1)
  })

  it('is none where API Gateway alone knows the request, by whose id it is found', async () => {
    const headers = { 'apigw-requestid': 'gateway-1' }
    answers = [{ status: 404, body: { message: 'Not Found' }, headers }]

    await expect(connect().key()).rejects.toMatchObject({ requestId: 'gateway-1' })
  })

  it('is one for every code that operations answer of their own', () => {
    const own = Object.values(documentation).flatMap(one => one.problems)
    const general = Object.entries(advice).filter(([, { group }]) => group === 'any route')

    expect(own.filter(code => (thrownCodes as readonly string[]).includes(code))).toEqual([])
    // What somebody typed may be at fault, and that somebody can mend it.
    const typed = ['invalid_body', 'body_too_large']
    expect([...thrownCodes, ...typed, 'unavailable'].toSorted()).toEqual(
      general.map(([code]) => code).toSorted(),
    )
  })

  it.each([404, 403, 301])('is none for a %i that is not of the API', async status => {
    answers = [{ status, body: '<h1>No</h1>', headers: { 'content-type': 'text/html' } }]

    await expect(connect().key()).rejects.toMatchObject({ code: 'unreadable', status })
  })

  it('passes on a code that a later version brings', async () => {
    answers = [{ status: 409, body: { code: 'brand_new' } }]

    expect(await connect().key()).toEqual({
      ...{ ok: false, code: 'brand_new', status: 409 },
      ...{ detail: '', retryAfter: null },
    })
  })
})

describe('a try', () => {
  it.each<[string, Given]>([
    ['without an answer', 'lost'],
    ['with half an answer', { status: 200, body: '{"challen' }],
    ['with half a problem', { status: 403, body: '{"code":"inval' }],
    ['with JSON that is no object', { status: 200, body: '12' }],
    ['that is unavailable', problem('unavailable', {}, atOnce)],
    ['that API Gateway throttles', { status: 429, body: { message: 'Too Many' }, headers: atOnce }],
    ['that API Gateway fails', { status: 503, body: { message: 'Service Unavailable' } }],
    ['that Lambda fails', { status: 500, body: { message: 'Internal Server Error' } }],
  ])('%s is made again with the same key', async (_, first) => {
    answers = [first, sent]

    expect(await connect().challenge('alice', 'd1')).toMatchObject({ ok: true })
    expect(asked).toHaveLength(2)
    expect(new Set(keys()).size).toBe(1)
    expect(new Set(asked.map(({ line, body }) => line + body)).size).toBe(1)
  })

  it.each([
    'throttled',
    'cooldown',
    'limit_reached',
    'suspended',
    'delivery_unknown',
    'delivery_failed',
  ])('that is answered %s is the last', async code => {
    answers = [problem(code, {}, atOnce)]

    expect(await connect().challenge('alice', 'd1')).toMatchObject({ ok: false, code })
    expect(asked).toHaveLength(1)
  })

  it('that Twilio had no time for is made again with a new key, since nothing was sent', async () => {
    answers = [problem('delivery_busy', {}, atOnce), sent]

    expect(await connect().challenge('alice', 'd1')).toMatchObject({ ok: true })
    expect(new Set(keys()).size).toBe(2)
  })

  it('that Twilio had no time for is the last where the key is the caller’s', async () => {
    answers = [problem('delivery_busy', {}, atOnce)]
    const request = { idempotencyKey: 'login-1' }

    expect(await connect().challenge('alice', 'd1', request)).toMatchObject({
      code: 'delivery_busy',
      retryAfter: 0,
    })
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Given]>([
    ['lost', 'lost'],
    ['cut off', problem('unavailable', {}, atOnce)],
  ])('that finds its predecessor, %s, still running waits for its outcome', async (_, first) => {
    answers = [first, problem('challenge_in_progress'), sent]

    expect(await connect().challenge('alice', 'd1')).toMatchObject({ ok: true })
    expect(new Set(keys()).size).toBe(1)
  })

  it.each<[string, Given[]]>([
    ['', []],
    [' after one that API Gateway refused', [{ status: 429, body: {}, headers: atOnce }]],
  ])('that finds another request running with its key is the last%s', async (_, before) => {
    answers = [...before, problem('challenge_in_progress')]

    expect(await connect().challenge('alice', 'd1', { idempotencyKey: 'a' })).toMatchObject({
      code: 'challenge_in_progress',
    })
    expect(asked).toHaveLength(before.length + 1)
  })

  it('is not made again where the wait is longer than a user’s', async () => {
    answers = [problem('delivery_busy', {}, { 'retry-after': '11' })]

    expect(await connect().challenge('alice', 'd1')).toMatchObject({ retryAfter: 11 })
    expect(asked).toHaveLength(1)
  })

  it('is made again after as long as the service asks for', async () => {
    const { otp, waits } = connectHurried()
    answers = [problem('unavailable', {}, { 'retry-after': '10' }), sent]

    expect(await otp.challenge('alice', 'd1')).toMatchObject({ ok: true })
    expect(waits).toEqual([10_000])
  })

  it.each([
    [0, [250, 500, 1000]],
    [0.5, [375, 750, 1500]],
  ])(
    'is made again after twice as long each time, and not by all at once: %d',
    async (drawn, ms) => {
      vi.spyOn(Math, 'random').mockReturnValue(drawn)
      const { otp, waits } = connectHurried()
      answers = []

      await otp.key()

      expect(waits).toEqual(ms)
    },
  )

  it('is the last when it is the fourth', async () => {
    answers = ['lost']

    expect(await connect().devices.get('alice', 'd1')).toMatchObject({
      ok: false,
      code: 'no_answer',
      status: 0,
      detail: 'There was no answer, so it is not known whether it was done.',
      retryAfter: null,
    })
    expect(asked).toHaveLength(4)
  })

  it('says who refused it when API Gateway refuses all', async () => {
    answers = [{ status: 429, body: { message: 'Too Many Requests' }, headers: atOnce }]

    expect(await connect().key()).toMatchObject({
      code: 'gateway_throttled',
      status: 429,
      detail: 'API Gateway takes no more requests now; nothing was done.',
    })
    expect(asked).toHaveLength(4)
  })

  it('has 25 seconds for a challenge and 8 for the rest', async () => {
    const deadlines = vi.spyOn(AbortSignal, 'timeout')
    await connect().challenge('alice', 'd1')
    await connect().resend('alice', 'd1')
    await connect().verify('alice', 'd1', { token: '1' })
    await connect().key()

    expect(deadlines.mock.calls).toEqual([[25_000], [25_000], [8_000], [8_000]])
  })

  it('that takes too long is a lost one', async () => {
    answers = ['hang', sent]
    const late = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(late.signal)
    const challenged = connect().challenge('alice', 'd1')
    await vi.waitUntil(() => asked.length === 1)
    late.abort()

    expect(await challenged).toMatchObject({ ok: true })
    expect(new Set(keys()).size).toBe(1)
  })

  it('ends within 50 seconds of the first', async () => {
    answers = []
    let now = 1000
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const { otp } = connectHurried(ms => {
      now += ms
    })
    const deadlines = vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => {
      now += ms
      return new AbortController().signal
    })

    await otp.challenge('alice', 'd1')

    expect(deadlines.mock.calls).toEqual([[25_000], [24_750]])
  })
})

describe('a signal', () => {
  it('ends a try', async () => {
    answers = ['hang']
    const controller = new AbortController()
    const verified = connect().verify('alice', 'd1', { token: '1', signal: controller.signal })
    await vi.waitUntil(() => asked.length === 1)
    controller.abort(new Error('The user has left.'))

    await expect(verified).rejects.toThrow('The user has left.')
  })

  it('ends the wait for the next try', async () => {
    answers = [problem('unavailable', {}, { 'retry-after': '9' })]
    const controller = new AbortController()
    const pausing = vi.spyOn(controller.signal, 'addEventListener')
    const verified = connect().verify('alice', 'd1', { token: '1', signal: controller.signal })
    await vi.waitUntil(() => pausing.mock.calls.length > 0)
    const ended = vi.spyOn(globalThis, 'clearTimeout')
    controller.abort(new Error('The user has left.'))

    await expect(verified).rejects.toThrow('The user has left.')
    expect(ended).toHaveBeenCalled()
    expect(asked).toHaveLength(1)
  })

  it('ends every request', async () => {
    const signal = AbortSignal.abort(new Error('The user has left.'))
    const { devices, ...otp } = connect()

    for (const request of [
      devices.create('alice', { number: '1', signal }),
      devices.delete('alice', 'd1', { signal }),
      devices.deleteAll('alice', { signal }),
      devices.reset('alice', 'd1', { signal }),
      otp.challenge('alice', 'd1', { signal }),
    ]) {
      await expect(request).rejects.toThrow('The user has left.')
    }
    expect(asked).toEqual([])
  })
})

describe('the list of a user’s devices', () => {
  const page = (ids: string[], cursor?: string | null): Given => ({
    status: 200,
    body: { devices: ids.map(id => ({ id })), ...(cursor !== undefined && { cursor }) },
  })

  it('is whole, however many pages it has', async () => {
    answers = [page(['a', 'b'], 'next'), page(['c'], null)]

    expect(await connect().devices.list('alice', { confirmed: true })).toMatchObject({
      ok: true,
      devices: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
    })
    expect(asked.map(({ line }) => line)).toEqual([
      'GET /users/alice/devices?confirmed=true',
      'GET /users/alice/devices?confirmed=true&cursor=next',
    ])
  })

  it('is one page where one is asked for', async () => {
    answers = [page(['a'], 'next')]

    expect(await connect().devices.list('alice', { limit: 1 })).toMatchObject({ cursor: 'next' })
    expect(await connect().devices.list('alice', { cursor: 'x' })).toMatchObject({ cursor: 'next' })
    expect(asked).toHaveLength(2)
  })

  it('is a failure where one of its pages is', async () => {
    answers = [page(['a'], 'next'), problem('invalid_cursor')]

    expect(await connect().devices.list('alice')).toMatchObject({ code: 'invalid_cursor' })
  })
})
