// Which methods a path takes: for telling a wrong method from a wrong path.
import { describe, expect, it } from 'vitest'
import { allowedMethods, routes } from '../../lib/api/routes.ts'

it('the routes are those of the API', () => {
  expect([...routes].sort()).toEqual([
    'DELETE /users/{userId}/devices',
    'DELETE /users/{userId}/devices/{deviceId}',
    'GET /devices',
    'GET /users/{userId}/devices',
    'GET /users/{userId}/devices/{deviceId}',
    'PATCH /users/{userId}/devices/{deviceId}',
    'POST /users/{userId}/devices',
    'POST /users/{userId}/devices/{deviceId}/challenge',
    'POST /users/{userId}/devices/{deviceId}/reset',
    'POST /users/{userId}/devices/{deviceId}/verify',
  ])
})

describe('a path', () => {
  it.each([
    ['/users/alice/devices', ['DELETE', 'GET', 'POST']],
    ['/users/alice/devices/1', ['DELETE', 'GET', 'PATCH']],
    ['/users/alice/devices/1/challenge', ['POST']],
    ['/users/alice/devices/1/verify', ['POST']],
    ['/users/alice/devices/1/reset', ['POST']],
    ['/devices', ['GET']],
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
    '/devices/',
    '/devices/1',
    '//devices',
    'devices',
    '/v1/devices',
    '/users/a/b/devices',
    '/users/{userId}/devices/{deviceId}/x',
    '/devices\n',
  ])('that is none takes no method: %j', path => {
    expect(allowedMethods(path)).toEqual([])
  })
})
