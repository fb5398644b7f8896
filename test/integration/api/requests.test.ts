// What every handler refuses before anything is read or written: unknown keys, missing scopes, bad
// requests.
import { beforeAll, describe, expect, it } from 'vitest'
import { handler as challengeHandler } from '../../../functions/challenge.ts'
import { handler as createHandler } from '../../../functions/create-device.ts'
import { handler as deleteHandler } from '../../../functions/delete-device.ts'
import { handler as deleteAllHandler } from '../../../functions/delete-devices.ts'
import { handler as findHandler } from '../../../functions/find-devices.ts'
import { handler as getHandler } from '../../../functions/get-device.ts'
import { handler as listHandler } from '../../../functions/list-devices.ts'
import { handler as notFoundHandler } from '../../../functions/not-found.ts'
import { handler as openapiHandler } from '../../../functions/openapi.ts'
import { handler as resetHandler } from '../../../functions/reset.ts'
import { handler as updateHandler } from '../../../functions/update-device.ts'
import { handler as verifyHandler } from '../../../functions/verify.ts'
import type { Scope } from '../../../lib/api/api-key.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf, putDevice } from '../../support/devices.ts'
import { securityHeaders } from '../../support/headers.ts'
import { keyFor } from '../../support/keys.ts'
import { invoke, type Request } from '../../support/lambda.ts'

const store = connectStore()
let device: DeviceItem
let ids: { userId: string; deviceId: string }

beforeAll(async () => {
  device = await putDevice(store)
  ids = { userId: device.userId, deviceId: device.deviceId }
})

type Handler = Parameters<typeof invoke>[0]

/** Every function, a request that it takes, and the scope that it asks for. */
const functions: [string, Handler, Scope, Request][] = [
  ['create-device', createHandler, 'devices:write', { body: { number: '+15555550100' } }],
  ['list-devices', listHandler, 'devices:read', { method: 'GET' }],
  ['get-device', getHandler, 'devices:read', { method: 'GET' }],
  ['update-device', updateHandler, 'devices:write', { method: 'PATCH', body: { name: 'n' } }],
  ['delete-device', deleteHandler, 'devices:write', { method: 'DELETE' }],
  ['delete-devices', deleteAllHandler, 'devices:write', { method: 'DELETE' }],
  ['challenge', challengeHandler, 'challenge', {}],
  ['verify', verifyHandler, 'verify', { body: { token: '123456' } }],
  ['reset', resetHandler, 'admin', {}],
  ['find-devices', findHandler, 'admin', { method: 'GET' }],
]

async function refuses(handler: Handler, request: Request, expected: [number, string]) {
  const before = await itemOf(store, device)

  const { status, headers, body } = await invoke(handler, { ...ids, ...request })

  expect([status, body.code]).toEqual(expected)
  expect(body).toMatchObject({ status, type: `urn:serverless-otp-twilio:problem:${body.code}` })
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json',
    ...securityHeaders,
  })
  expect(await itemOf(store, device)).toEqual(before)
  return { headers, body }
}

describe.each([...functions, ['not-found', notFoundHandler, null, {}] as const])(
  '%s',
  (_, handler, __, request) => {
    it('refuses a request without a key', async () => {
      const { headers } = await refuses(handler, { ...request, headers: { authorization: null } }, [
        401,
        'missing_api_key',
      ])

      expect(headers['www-authenticate']).toBe('Bearer')
    })

    it.each(['Bearer otp_unknown', 'bearer otp_unknown'])(
      'refuses the unknown key of %s',
      async value => {
        const { headers } = await refuses(
          handler,
          { ...request, headers: { authorization: value } },
          [401, 'invalid_api_key'],
        )

        expect(headers['www-authenticate']).toContain('Bearer')
      },
    )

    it.each(['Basic dTpw', 'Bearer', 'Bearer a b', ''])(
      'does not take %j for a key',
      async value => {
        await refuses(handler, { ...request, headers: { authorization: value } }, [
          401,
          'missing_api_key',
        ])
      },
    )
  },
)

describe.each(functions)('%s', (_, handler, scope, request) => {
  const others = (
    ['devices:read', 'devices:write', 'challenge', 'verify', 'admin'] as const
  ).filter(other => other !== scope)

  it.each(others)('is not open to a key with the scope %s', async other => {
    const { body } = await refuses(
      handler,
      { ...request, headers: { authorization: `Bearer ${keyFor(other)}` } },
      [403, 'missing_scope'],
    )

    expect(body.detail).toContain(scope)
  })
})

describe.each(functions.filter(([name]) => name !== 'find-devices'))(
  '%s',
  (name, handler, _, good) => {
    const bad = ['a/b', 'a b', '', 'ü', 'a\u0000', 'x'.repeat(129), '$(x)', '../..']

    it.each(bad)('refuses the user id %j', userId =>
      refuses(handler, { ...good, userId }, [400, 'invalid_id']).then(() => undefined),
    )

    if (!/s$|create/.test(name)) {
      it('refuses a device id of the same kind', async () => {
        for (const deviceId of bad)
          await refuses(handler, { ...good, deviceId }, [400, 'invalid_id'])
      })
    }

    it.each(['', 'two words', 'x'.repeat(256), 'ü'])('refuses the Idempotency-Key %j', key =>
      refuses(handler, { ...good, headers: { 'idempotency-key': key } }, [
        400,
        'invalid_idempotency_key',
      ]).then(() => undefined),
    )
  },
)

describe.each(functions.filter(([name]) => /create|update|verify/.test(name)))(
  '%s',
  (name, handler, _, good) => {
    const json = { 'content-type': 'application/json' }

    it.each([
      ['malformed JSON', '{"number": ', 'invalid_json'],
      ['a number', '1', 'invalid_body'],
      ['null', 'null', 'invalid_body'],
      ['an array', '[]', 'invalid_body'],
      ['a string', '"x"', 'invalid_body'],
      ['a member that is not there', '{"nam": "x"}', 'invalid_body'],
      ['__proto__', '{"__proto__": {"token": "123456", "number": "+15555550100"}}', 'invalid_body'],
      ['a wrong type', '{"token": 123456, "number": 5, "name": []}', 'invalid_body'],
    ])('refuses %s', (_, body, code) =>
      refuses(handler, { ...good, body, headers: json }, [400, code]).then(() => undefined),
    )

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', null])(
      'refuses the content type %s',
      type =>
        refuses(handler, { ...good, headers: { 'content-type': type } }, [
          415,
          'unsupported_media_type',
        ]).then(() => undefined),
    )

    it.each([
      ['as it is', false],
      ['in base64', true],
    ])('refuses a body over 16 KB %s', (_, base64) => {
      const body = JSON.stringify({ name: 'x'.repeat(16_384) })
      const request = { ...good, body, base64, headers: json }

      return refuses(handler, request, [413, 'body_too_large']).then(() => undefined)
    })

    if (name !== 'update-device') {
      it('refuses a missing body', () =>
        refuses(handler, { ...good, body: undefined }, [400, 'invalid_body']).then(() => undefined))
    }

    const taken = [200, 201, 403, 429]

    it('takes a body in base64', async () => {
      const { status } = await invoke(handler, {
        ...ids,
        ...good,
        base64: true,
        body: JSON.stringify(good.body),
      })

      expect(taken).toContain(status)
    })

    it('takes any case of header names', async () => {
      const { status } = await invoke(handler, {
        ...ids,
        ...good,
        headers: { 'content-type': null, 'Content-Type': 'Application/JSON; charset=utf-8' },
      })

      expect(taken).toContain(status)
    })
  },
)

describe('verify', () => {
  it.each(['', '   ', 'x'.repeat(65), null, 1e5, ['123456'], { a: 1 }, true])(
    'refuses the token %j without counting it',
    token =>
      refuses(verifyHandler, { body: { token } }, [400, 'invalid_body']).then(() => undefined),
  )
})

describe('challenge and reset', () => {
  it.each([
    ['challenge', challengeHandler],
    ['reset', resetHandler],
  ])('%s takes no member', (_, handler) =>
    refuses(handler, { body: { number: '+15555550100' } }, [400, 'invalid_body']).then(
      () => undefined,
    ),
  )
})

describe('the OpenAPI document', () => {
  it.each([
    ['/openapi.json', '/'],
    ['/otp/openapi.json', '/otp'],
  ])('at %s has its server at %s', async (path, server) => {
    const { status, body } = await invoke(openapiHandler, { method: 'GET', path, headers: {} })

    expect([status, body.servers[0].variables.api.default]).toEqual([200, server])
  })
})

describe('an unknown route', () => {
  it('answers 404 whatever its body', async () => {
    const request = { method: 'POST', path: '/nothing/here', body: 'x', headers: {} }

    await refuses(notFoundHandler, request, [404, 'route_not_found'])
  })

  it('answers 405 with Allow where the path takes other methods', async () => {
    const request = { method: 'PUT', path: '/users/a/devices/b' }

    const { headers } = await refuses(notFoundHandler, request, [405, 'method_not_allowed'])

    expect(headers.allow).toBe('GET, PATCH, DELETE')
  })

  it('answers the same below the base path of a custom domain', async () => {
    const request = { method: 'PUT', path: '/otp/v1/users/a/devices/b' }

    const { headers } = await refuses(notFoundHandler, request, [405, 'method_not_allowed'])

    expect(headers.allow).toBe('GET, PATCH, DELETE')
  })

  it('answers 404 where only another base path has the route', async () => {
    const request = { method: 'GET', path: '/otp/users/a/devices/b' }

    await refuses(notFoundHandler, request, [404, 'route_not_found'])
  })
})

describe('a table that cannot be reached', () => {
  /** Asks for a device of a table that cannot be reached. */
  async function askUnreachable() {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:1'
    const { handler } = await import('../../../functions/get-device.ts?unreachable' as string)
    return invoke(handler, { ...ids, method: 'GET' })
  }

  it('answers 503 with Retry-After', async () => {
    const { status, headers, body } = await askUnreachable()

    expect([status, headers['retry-after'], body.code]).toEqual([503, '1', 'unavailable'])
  })

  it('answers nothing of the cause', async () => {
    expect(JSON.stringify((await askUnreachable()).body)).not.toContain('ECONNREFUSED')
  })
})
