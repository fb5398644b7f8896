// The small backend of the sign-in form, with an API behind it that tells what it was asked.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type SignInBackend, startSignIn } from '../../../infra/local/sign-in.ts'
import { documentation } from '../../../lib/openapi/documentation.ts'

let api: Server
let asked: {
  path: string
  key: string | undefined
  authorization: string | undefined
  body: unknown
}[]
let backend: SignInBackend
let answer: { status: number; body: object }
/** Answered before, one request each. */
let first: (typeof answer)[]

beforeEach(async () => {
  asked = []
  first = []
  answer = { status: 201, body: { id: 'd1' } }
  api = createServer(async (request, response) => {
    const { authorization, 'idempotency-key': key } = request.headers
    const body = JSON.parse((await text(request)) || 'null')
    asked.push({ path: request.url ?? '', key: key as string, authorization, body })
    const { status, body: given } = first.shift() ?? answer
    response.writeHead(status).end(JSON.stringify(given))
  }).listen(0, '127.0.0.1')
  await once(api, 'listening')
  backend = await startSignIn({
    host: '127.0.0.1',
    port: 0,
    api: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    key: 'otp_demo',
    inbox: 'http://inbox',
  })
})

afterEach(async () => {
  await backend.close()
  api.closeAllConnections()
  api.close()
})

function post(path: string, body: string, headers: Record<string, string> = {}) {
  return fetch(backend.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

async function beginSession() {
  const response = await post('/session', '{"number":"+14155552671"}')
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

test('a session begins with a number, and its challenge goes to the device of that session', async () => {
  const cookie = await beginSession()
  answer = { status: 429, body: { code: 'cooldown' } }

  const response = await post('/challenge', '{}', { cookie })

  expect(response.status).toBe(429)
  expect(await response.json()).toMatchObject({ ok: false, code: 'cooldown', retryAfter: null })
  const [created, challenged] = asked
  expect(created).toMatchObject({
    path: expect.stringMatching(/^\/users\/demo-[\w-]+\/devices$/),
    authorization: 'Bearer otp_demo',
    body: { number: '+14155552671' },
  })
  expect(challenged?.path).toBe(`${created?.path}/d1/challenge`)
})

test('a token is handed on with nothing else of the request', async () => {
  const cookie = await beginSession()
  answer = { status: 200, body: { verified: true } }

  await post('/verify', '{"token":"123456","userId":"alice","path":"/admin"}', { cookie })

  expect(asked[1]?.path).toMatch(/\/d1\/verify$/)
  expect(asked[1]?.body).toEqual({ token: '123456', clientIp: '127.0.0.1' })
})

test('the address is that of the connection, whatever a header says of it', async () => {
  const cookie = await beginSession()
  const headers = { cookie, 'x-forwarded-for': '203.0.113.7, 10.0.0.1', forwarded: 'for=1.2.3.4' }

  await post('/challenge', '{"clientIp":"203.0.113.7"}', headers)

  expect(asked[1]?.body).toEqual({ clientIp: '127.0.0.1' })
})

test('nothing is sent or verified without a session', async () => {
  const answers = [
    await post('/challenge', '{}'),
    await post('/verify', '{"token":"1"}', { cookie: 'demo=guessed' }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([401, 401])
  expect(asked).toEqual([])
})

test('a form of another site gets nothing done', async () => {
  const response = await post('/session', '{"number":"+14155552671"}', {
    'content-type': 'text/plain',
  })

  expect([response.status, asked]).toEqual([415, []])
})

test.each(['{', '[]', 'null', '1', '""', ''])(
  'a body that is none is an empty one: %j',
  async body => {
    answer = { status: 422, body: { code: 'invalid_number' } }

    const response = await post('/session', body)

    expect(response.status).toBe(422)
    expect(asked[0]?.body).toEqual({ number: '' })
  },
)

test('each press of send again is a resend with a key of its own', async () => {
  const cookie = await beginSession()
  answer = { status: 200, body: { challengeId: 'c2' } }

  await post('/resend', '{}', { cookie })
  await post('/resend', '{"channel":"call"}', { cookie })

  const [, one, two] = asked
  expect([one?.body, two?.body]).toEqual([
    { resend: true, clientIp: '127.0.0.1' },
    { resend: true, clientIp: '127.0.0.1', channel: 'call' },
  ])
  expect(new Set([one?.key, two?.key]).size).toBe(2)
})

test('where no token lives, send again is a new challenge', async () => {
  const cookie = await beginSession()
  first = [{ status: 409, body: { code: 'nothing_to_resend' } }]
  answer = { status: 200, body: { challengeId: 'c2' } }

  const response = await post('/resend', '{}', { cookie })

  expect(await response.json()).toMatchObject({ ok: true, challengeId: 'c2' })
  expect(asked[2]?.body).toEqual({ clientIp: '127.0.0.1' })
})

test('the challenge that is verified is the last that may have been sent', async () => {
  const cookie = await beginSession()
  for (const [status, code, challengeId] of [
    [200, undefined, 'c1'],
    [504, 'delivery_unknown', 'c2'],
    [429, 'cooldown', undefined],
  ] as const) {
    answer = { status, body: { code, challengeId } }
    await post('/challenge', '{}', { cookie })
  }

  await post('/verify', '{"token":"1"}', { cookie })

  expect(asked.at(-1)?.body).toMatchObject({ challengeId: 'c2' })
})

test('what only an operator can mend is told without its reason', async () => {
  const cookie = await beginSession()
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  answer = { status: 403, body: { code: 'missing_scope', detail: 'The API key lacks it.' } }

  const response = await post('/challenge', '{}', { cookie })

  expect([response.status, await response.json()]).toEqual([500, { ok: false, code: 'broken' }])
  expect(logged).toHaveBeenCalledWith('missing_scope: The API key lacks it.')
  logged.mockRestore()
})

test('an API that is away is told as such', async () => {
  const cookie = await beginSession()
  api.closeAllConnections()
  api.close()

  const response = await post('/challenge', '{}', { cookie })

  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ ok: false, code: 'no_answer' })
})

test('another path is not there', async () => {
  expect((await post('/admin', '{}')).status).toBe(404)
})

test('the page runs its own script and style alone, and has no key in it', async () => {
  const response = await fetch(backend.url)
  const html = await response.text()

  expect(response.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; connect-src 'self'; /,
  )
  expect(html).not.toContain('otp_demo')
  expect(html).toContain('autocomplete="one-time-code"')
})

const html = readFileSync(new URL('../../../infra/local/sign-in.html', import.meta.url), 'utf8')
const source = /const words = (\{.*?\n {2}\})\n/s.exec(html)?.[1] ?? ''
const words: Record<string, Record<string, unknown> & { sentences: Record<string, string> }> =
  new Function(`return ${source}`)()

test.each(Object.entries(words))(
  'the form has a sentence for every code: %s',
  (_, { sentences }) => {
    const codes = (['create-device', 'challenge', 'get-challenge', 'verify'] as const).flatMap(
      name => documentation[name].problems,
    )
    const typed = ['invalid_body', 'body_too_large']
    const own = [...typed, 'unavailable', 'no_answer', 'gateway_throttled', 'offline', 'no_session']

    expect([...codes, ...own].filter(code => !(code in sentences))).toEqual([])
    expect(Object.values(sentences).filter(sentence => !/^[A-Z].*\.$/.test(sentence))).toEqual([])
  },
)

test('the form says the same in both languages', () => {
  const said = Object.values(words).map(({ sentences, ...rest }) => [
    ...Object.keys(rest),
    ...Object.keys(sentences),
  ])

  expect(said).toHaveLength(2)
  expect(said[0]).toEqual(said[1])
})
