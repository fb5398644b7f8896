// The small backend of the sign-in form, with an API behind it that tells what it was asked.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SignInBackend, startSignIn } from '../../../infra/local/sign-in.ts'

let api: Server
let asked: { path: string; authorization: string | undefined; body: unknown }[]
let backend: SignInBackend
let answer: { status: number; body: object }

beforeEach(async () => {
  asked = []
  answer = { status: 201, body: { id: 'd1' } }
  api = createServer(async (request, response) => {
    const { authorization } = request.headers
    asked.push({ path: request.url ?? '', authorization, body: JSON.parse(await text(request)) })
    response.writeHead(answer.status).end(JSON.stringify(answer.body))
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

  expect([response.status, await response.json()]).toEqual([429, { code: 'cooldown' }])
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

test('an API that is away is told as such', async () => {
  const cookie = await beginSession()
  api.closeAllConnections()
  api.close()

  const response = await post('/challenge', '{}', { cookie })

  expect([response.status, await response.json()]).toEqual([503, { code: 'unavailable' }])
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
