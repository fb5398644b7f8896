// GET /key, and keys that end, through the real handlers.
import { beforeEach, expect, it, vi } from 'vitest'
import { handler as getHandler } from '../../../functions/get-device.ts'
import { handler } from '../../../functions/get-key.ts'
import { drawApiKey, hashApiKey } from '../../../lib/api/api-key.ts'
import { noon } from '../../support/device.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke } from '../../support/lambda.ts'

const apiKey = drawApiKey()
const headers = { authorization: `Bearer ${apiKey}` }
const kept = (more: object = {}) =>
  JSON.stringify([{ name: 'tenant', hash: hashApiKey(apiKey), scopes: ['verify'], ...more }])

freezeAtNoon()
beforeEach(() => {
  vi.unstubAllEnvs()
  vi.stubEnv('OTP_API_KEYS', kept())
})

const fresh = async (file: 'get-key' | 'get-device') => {
  vi.resetModules()
  return (await import(`../../../functions/${file}.ts`)).handler as typeof handler
}

it('tells any key its name, its scopes and that it does not end', async () => {
  const { status, body } = await invoke(await fresh('get-key'), { method: 'GET', headers })

  expect([status, body]).toEqual([
    200,
    {
      ...{ name: 'tenant', scopes: ['verify'], until: null, prefix: null },
      ...{ channels: ['sms'], countries: null },
    },
  ])
})

it('tells any key the channels that are on, and the countries that are sent to', async () => {
  vi.stubEnv('OTP_TWILIO_CHANNELS', 'call,sms')
  vi.stubEnv('OTP_TWILIO_ALLOWED_COUNTRIES', 'GB, US')

  const { body } = await invoke(await fresh('get-key'), { method: 'GET', headers })

  expect([body.channels, body.countries]).toEqual([
    ['sms', 'call'],
    ['GB', 'US'],
  ])
})

it('tells the prefix of a key', async () => {
  vi.stubEnv('OTP_API_KEYS', kept({ prefix: 'acme:' }))

  const { body } = await invoke(await fresh('get-key'), { method: 'GET', headers })

  expect(body.prefix).toBe('acme:')
})

it('tells the end of a key, and its last moment is let in', async () => {
  vi.stubEnv('OTP_API_KEYS', kept({ until: '2026-01-01' }))
  vi.setSystemTime(Date.UTC(2026, 0, 2) - 1)

  const { status, body } = await invoke(await fresh('get-key'), { method: 'GET', headers })

  expect([status, body.until]).toEqual([200, '2026-01-01'])
})

it.each(['get-key', 'get-device'] as const)('refuses a key after its end at %s', async file => {
  vi.stubEnv('OTP_API_KEYS', kept({ until: '2025-12-31' }))
  vi.setSystemTime(noon)

  const {
    status,
    body,
    headers: answered,
  } = await invoke(await fresh(file), {
    ...{ method: 'GET', userId: 'alice', deviceId: 'd', headers },
  })

  expect([status, body.code, body.detail]).toEqual([
    401,
    'invalid_api_key',
    'The API key has expired; make a new one.',
  ])
  expect(answered['www-authenticate']).toBe('Bearer error="invalid_token"')
})

it('refuses a key that nobody knows', async () => {
  const unknown = { authorization: `Bearer ${drawApiKey()}` }

  for (const one of [handler, getHandler]) {
    const request = { method: 'GET', userId: 'alice', deviceId: 'd', headers: unknown }
    expect((await invoke(one, request)).status).toBe(401)
  }
})
