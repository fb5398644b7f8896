// The service as its clients see it: real HTTP, real routes, the packaged functions.
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import {
  challengeSchema,
  challengeStateSchema,
  devicePageSchema,
  figuresSchema,
  verifiedSchema,
} from '../../lib/openapi/answer-schemas.ts'
import { call, newestSms, service } from '../support/client.ts'

let numbers = 0

/** A number that no other test has. */
function newNumber(): string {
  return `+1415555${1000 + ++numbers}`
}

async function register(number = newNumber()) {
  const user = `user-${randomUUID()}`
  const { body } = await call('POST', `/users/${user}/devices`, { body: { number } })
  return { user, number, path: `/users/${user}/devices/${body.id}` }
}

describe('the main job', () => {
  it('registers, challenges, refuses a guess, locks, verifies and refuses the token again', async () => {
    const { path, number } = await register()

    const challenged = await call('POST', `${path}/challenge`)
    const token = await newestSms(number)
    const wrong = token === '123456' ? '654321' : '123456'
    const guessed = await call('POST', `${path}/verify`, { body: { token: wrong } })
    const locked = await call('POST', `${path}/verify`, { body: { token } })
    await call('POST', `${path}/reset`)
    const verified = await call('POST', `${path}/verify`, { body: { token } })
    const reused = await call('POST', `${path}/verify`, { body: { token } })

    expect(challenged).toMatchObject({ status: 200, body: { message: 'Sent by SMS' } })
    expect(guessed).toMatchObject({ status: 403, body: { code: 'invalid_token' } })
    expect(locked).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(verified).toMatchObject({ status: 200, body: { verified: true } })
    expect(reused).toMatchObject({ status: 403, body: { code: 'no_token' } })
  })
})

describe('every route', () => {
  it('answers as the table of the README has it', async () => {
    const { user, path, number } = await register()
    const devices = `/users/${user}/devices`

    const answers = [
      await call('POST', devices, { body: { number: newNumber(), name: 'second' } }),
      await call('GET', devices),
      await call('GET', `${devices}?confirmed=false`),
      await call('GET', path),
      await call('PATCH', path, { body: { name: 'renamed' } }),
      await call('POST', `${path}/challenge`),
      await call('POST', `${path}/verify`, { body: { token: '1' } }),
      await call('POST', `${path}/reset`),
      await call('GET', `/all/devices?number=${encodeURIComponent(number)}`),
      await call('GET', '/all/devices?limit=1'),
      await call('GET', '/figures?hours=168'),
      await call('DELETE', path),
      await call('DELETE', path),
      await call('GET', path),
      await call('DELETE', devices),
    ]

    expect(answers.map(({ status }) => status)).toEqual([
      201, 200, 200, 200, 200, 200, 403, 200, 200, 200, 200, 204, 204, 404, 204,
    ])
    expect(answers.every(({ headers }) => headers['cache-control'] === 'no-store')).toBe(true)
  })

  it('answers what the OpenAPI document says, member for member', async () => {
    const { user, path, number } = await register()
    const devices = `/users/${user}/devices`
    const shown = {
      list: await call('GET', devices),
      page: await call('GET', `/all/devices?number=${encodeURIComponent(number)}`),
      challenge: await call('POST', `${path}/challenge`),
    }
    const token = await newestSms(number)
    const verified = await call('POST', `${path}/verify`, { body: { token } })

    expect(v.is(devicePageSchema, shown.list.body)).toBe(true)
    expect(v.is(devicePageSchema, shown.page.body)).toBe(true)
    expect(v.is(challengeSchema, shown.challenge.body)).toBe(true)
    expect(v.is(verifiedSchema, verified.body)).toBe(true)
    expect(v.is(figuresSchema, (await call('GET', '/figures')).body)).toBe(true)
  })

  it('describes itself to everybody', async () => {
    const { status, body } = await call('GET', '/openapi.json', { key: null })

    expect([status, body.openapi]).toEqual([200, '3.1.1'])
  })

  it('takes ids that are percent-encoded', async () => {
    const created = await call('POST', '/users/bob%40example.com/devices', {
      body: { number: newNumber() },
    })
    const shown = await call('GET', `/users/bob%40example.com/devices/${created.body.id}`)

    expect(created.headers.location).toBe(`/users/bob%40example.com/devices/${created.body.id}`)
    expect([shown.status, shown.body.userId]).toEqual([200, 'bob@example.com'])
  })

  it('takes a plus in the query as it is typed', async () => {
    const { number } = await register()

    const { status, body } = await call('GET', `/all/devices?number=${number}`)

    expect([status, body.devices.length]).toEqual([200, 1])
  })
})

describe('what became of a message', () => {
  async function challenged(body: object = {}) {
    const { path, number } = await register()
    const { body: challenge } = await call('POST', `${path}/challenge`, { body })
    const to = encodeURIComponent(number)
    const list = await fetch(`${service.inbox}/messages.json?to=${to}`)
    const { messages } = (await list.json()) as { messages: { sid: string; channel: string }[] }
    return { path, challenge, message: messages[0]! }
  }

  it('is told by signed callbacks, and shown by device and challenge', async () => {
    const { path, challenge, message } = await challenged()

    const told = await fetch(`${service.inbox}/messages/${message.sid}/status`, {
      method: 'POST',
      body: new URLSearchParams({ status: 'delivered' }),
    })
    const shown = await call('GET', `${path}/challenge?challengeId=${challenge.challengeId}`)
    const device = await call('GET', path)

    expect(await told.json()).toEqual({ answered: 204 })
    expect(shown.body).toMatchObject({ state: 'pending', delivery: { status: 'delivered' } })
    expect(v.is(challengeStateSchema, shown.body)).toBe(true)
    expect(device.body.delivery.status).toBe('delivered')
  })

  it.each(['call', 'whatsapp'])('goes by %s, too', async channel => {
    const { challenge, message } = await challenged({ channel, locale: 'de' })

    expect(v.is(challengeSchema, challenge)).toBe(true)
    expect(message.channel).toBe(channel)
  })

  it('is not believed of anybody else', async () => {
    const { path, challenge } = await challenged()

    const { status, body } = await call(
      'POST',
      `${path}/challenge/${challenge.challengeId}/status`,
      {
        key: null,
        body: 'MessageStatus=failed',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    )

    expect([status, body.code]).toEqual([403, 'invalid_signature'])
  })
})

describe('what is refused', () => {
  it.each([
    ['GET', '/', 404, 'route_not_found'],
    ['GET', '/users', 404, 'route_not_found'],
    ['POST', '/users/a/devices/b/unlock', 404, 'route_not_found'],
    ['PUT', '/users/a/devices', 405, 'method_not_allowed'],
    ['GET', '/users/a/devices/b/verify', 405, 'method_not_allowed'],
    ['DELETE', '/all/devices', 405, 'method_not_allowed'],
    // As in API Gateway, a slash at the end makes another path.
    ['GET', '/users/a/devices/', 404, 'route_not_found'],
    ['DELETE', '/users/a/devices/', 404, 'route_not_found'],
    ['DELETE', '/users/a/devices/?x=1', 404, 'route_not_found'],
    ['GET', '/all/devices/', 404, 'route_not_found'],
    // What clients make of /users/../devices, /users/./devices and /users/a/devices/..
    ['GET', '/devices', 404, 'route_not_found'],
    ['GET', '/users/devices', 404, 'route_not_found'],
    ['DELETE', '/users/a/', 404, 'route_not_found'],
    ['GET', '/users/%20/devices', 400, 'invalid_id'],
    ['GET', '/users/a%20b/devices', 400, 'invalid_id'],
    ['GET', `/users/${'x'.repeat(129)}/devices`, 400, 'invalid_id'],
    ['GET', '/users/a/devices?confirmed=maybe', 400, 'invalid_query'],
    ['GET', '/users/a/devices?other=1', 400, 'invalid_query'],
  ])('%s %s', async (method, path, status, code) => {
    const answer = await call(method, path)

    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  })

  it.each(['api', 'inbox', 'dynamodb', 'demo'] as const)(
    'of the %s a request under the name of another site',
    async server => {
      const { hostname, port } = new URL(service[server])
      const ask = (host: string) =>
        new Promise(resolve => {
          http.get({ host: hostname, port, path: '/', headers: { host } }, ({ statusCode }) =>
            resolve(statusCode),
          )
        })

      expect(await ask(`evil.example:${port}`)).toBe(421)
      expect(await ask(`localhost:${port}`)).not.toBe(421)
    },
  )

  it('any other origin, which gets no word of it', async () => {
    const headers = { origin: 'https://evil.example' }
    const { status, headers: answered } = await call('GET', '/openapi.json', { headers })
    const asked = { ...headers, 'access-control-request-method': 'GET' }
    const preflight = await call('OPTIONS', '/users/a/devices', { headers: asked })

    expect(status).toBe(200)
    expect(preflight.status).toBeGreaterThanOrEqual(400)
    for (const names of [answered, preflight.headers].map(Object.keys)) {
      expect(names.filter(name => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('a body that is not well-formed, too large, or of another type', async () => {
    const post = (body: string, type: string) =>
      call('POST', '/users/a/devices', { body, headers: { 'content-type': type } })

    const answers = [
      await post('{"number":', 'application/json'),
      await post(`{"name":"${'x'.repeat(17_000)}"}`, 'application/json'),
      await post('number=1', 'application/x-www-form-urlencoded'),
    ]

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'invalid_json'],
      [413, 'body_too_large'],
      [415, 'unsupported_media_type'],
    ])
  })

  it('everybody without a key, on every route', async () => {
    const routes = [
      ['POST', '/users/a/devices'],
      ['GET', '/users/a/devices'],
      ['DELETE', '/users/a/devices'],
      ['GET', '/users/a/devices/b'],
      ['PATCH', '/users/a/devices/b'],
      ['DELETE', '/users/a/devices/b'],
      ['POST', '/users/a/devices/b/challenge'],
      ['GET', '/users/a/devices/b/challenge'],
      ['POST', '/users/a/devices/b/verify'],
      ['POST', '/users/a/devices/b/reset'],
      ['GET', '/all/devices'],
      ['GET', '/nothing'],
    ] as const

    const without = await Promise.all(routes.map(([m, p]) => call(m, p, { key: null })))
    const unknown = await Promise.all(routes.map(([m, p]) => call(m, p, { key: 'otp_nobody' })))

    expect(new Set(without.map(({ body }) => body.code))).toEqual(new Set(['missing_api_key']))
    expect(new Set(unknown.map(({ body }) => body.code))).toEqual(new Set(['invalid_api_key']))
  })
})

describe('the SMS inbox', () => {
  it('shows number, text and time, and says that it is a stand-in', async () => {
    const { path, number } = await register()
    await call('POST', `${path}/challenge`)

    const page = await (await fetch(service.inbox)).text()
    const { messages } = (await (await fetch(`${service.inbox}/messages.json`)).json()) as {
      messages: { to: string; body: string; sentAt: string }[]
    }

    expect(page).toMatch(/stand-in/i)
    expect(messages[0]).toMatchObject({ to: number, body: expect.stringMatching(/^\d{6}$/) })
    expect(Date.parse(messages[0]!.sentAt)).toBeGreaterThan(0)
  })
})
