// Which methods a path takes, so that a wrong method is another problem than a wrong path.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { basePathOf, pathsBelow } from '../../../lib/api/base-path.ts'
import { type Operation, secretsOf } from '../../../lib/api/operation.ts'
import { allowedMethods, operations } from '../../../lib/api/operations.ts'

it('the operations have the names and routes of serverless.yml’s functions', () => {
  const file = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8')
  const { functions } = parse(file) as {
    functions: Record<string, { events?: [{ httpApi?: string }] }>
  }
  const deployed = Object.entries(functions).flatMap(([name, { events }]) => {
    const httpApi = events?.[0].httpApi
    // The others read the stream, or are Cognito's triggers.
    if (httpApi === undefined) return []
    return [[name, httpApi === '*' ? '$default' : httpApi]]
  })

  const listed = Object.entries(operations).map(([name, { route }]) => [name, route])

  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(deployed))
})

describe('the secrets of an operation', () => {
  const on = { OTP_PROOF_ISSUER: 'https://otp.example' }
  const names = ['OTP_TOKEN_KEY', 'OTP_PROOF_KEYS'] as const
  const of = (access: Operation['access'], secrets?: Operation['secrets']) =>
    ({ access, ...(secrets && { secrets }) }) as Operation

  it.each<[Operation, string[]]>([
    [of('verify', names), ['OTP_API_KEYS', ...names]],
    [of('any key', ['OTP_API_KEYS']), ['OTP_API_KEYS']],
    [of('admin'), ['OTP_API_KEYS']],
    [of('public'), []],
    [of('twilio', ['OTP_TWILIO_SIGNATURE_TOKEN']), ['OTP_TWILIO_SIGNATURE_TOKEN']],
  ])('are its own, and the API keys where it takes one: %j', (operation, secrets) => {
    expect(secretsOf(operation, on)).toEqual(secrets)
  })

  it('are those of proofs only where they are on', () => {
    expect(secretsOf(of('public', names), {})).toEqual(['OTP_TOKEN_KEY'])
  })
})

describe('a path', () => {
  it.each([
    ['/users/alice/devices', ['DELETE', 'GET', 'POST']],
    ['/users/alice/devices/1', ['DELETE', 'GET', 'PATCH']],
    ['/users/alice/devices/1/challenge', ['GET', 'POST']],
    ['/users/alice/devices/1/challenge/a_-/status', ['POST']],
    ['/users/alice/devices/1/verify', ['POST']],
    ['/users/alice/devices/1/reset', ['POST']],
    ['/all/devices', ['GET']],
    ['/figures', ['GET']],
    ['/openapi.json', ['GET']],
    ['/admin', ['GET']],
    ['/users/alice@example.org/devices/a:b~c', ['DELETE', 'GET', 'PATCH']],
    ['/users/a%2Fb/devices', ['DELETE', 'GET', 'POST']],
    ['/users/devices/devices', ['DELETE', 'GET', 'POST']],
  ])('takes its methods: %s', (path, methods) => {
    expect(allowedMethods(path).sort()).toEqual(methods)
  })

  it.each([
    '',
    '/',
    '/users',
    '/users/',
    '/users/alice',
    '/users//devices',
    '/users/alice/devices/',
    '/users/alice/devices/1/',
    '/users/alice/devices/1/challenge/',
    '/users/alice/devices/1/challenge/1',
    '/users/alice/devices/1/resend',
    '/users/alice/device',
    '/Users/alice/devices',
    '/all/devices/',
    '/devices',
    '/all/devices/1',
    '/admin/',
    '//devices',
    'devices',
    '/v1/devices',
    '/users/a/b/devices',
    '/users/{userId}/devices/{deviceId}/x',
    '/all/devices\n',
  ])('that is none takes no method: %j', path => {
    expect(allowedMethods(path)).toEqual([])
  })
})

describe('the base path of a mapping', () => {
  const devices = 'POST /users/{userId}/devices'

  it.each([
    ['/users/alice/devices', devices, ''],
    ['/otp/users/alice/devices', devices, '/otp'],
    ['/otp/v1/users/alice/devices', devices, '/otp/v1'],
    ['/users/users/alice/devices', devices, '/users'],
    ['/users/users/devices', devices, ''],
    ['/otp/openapi.json', 'GET /openapi.json', '/otp'],
    ['/otp/openapiXjson', 'GET /openapi.json', ''],
    ['/', devices, ''],
    ['/otp/nothing', '$default', ''],
  ])('of %s by %s is %j', (path, route, base) => {
    expect(basePathOf(path, route)).toBe(base)
  })

  it('is looked for on a domain of one’s own alone', () => {
    expect(pathsBelow('/otp/v1/admin', 'otp.example')).toEqual([
      '/otp/v1/admin',
      '/v1/admin',
      '/admin',
    ])
    expect(pathsBelow('/otp/admin', 'a1.execute-api.eu-central-1.amazonaws.com')).toEqual([
      '/otp/admin',
    ])
  })
})
