// Every route under every fault, with secrets that are nowhere else: none is in a log line, a
// metric, an answer or a URL. What fails is made to quote its request, as parsers and validators
// do.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { digestToken } from '../../../lib/token/digest.ts'
import {
  awsSecret,
  canaryNumber,
  credentials,
  foundIn,
  listen,
  logged,
} from '../../support/canaries.ts'
import { challenge, indexKey, putDevice, settingsOf, tokenKey } from '../../support/devices.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { apiKey, keptApiKeys } from '../../support/keys.ts'
import { invoke, type Request } from '../../support/lambda.ts'
import { loadRoutes, type Route } from '../../support/routes.ts'
import { isLong } from '../../support/runs.ts'
import { type SsmFault, startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { startTwilio } from '../../support/twilio.ts'

Object.assign(process.env, credentials, {
  AWS_SECRET_ACCESS_KEY: awsSecret,
  OTP_TWILIO_TOKEN_LENGTH: '8',
})
let fault: Fault | undefined
let twilioFault: Fault | undefined
const { direct, proxy } = await startFaultyStore({ plan: () => fault })
const twilio = await startTwilio()
const line = await startFaultProxy(twilio.url, { plan: () => twilioFault })
process.env.OTP_TWILIO_URL = line.url
const ssm = await startSsmStandIn()
let routes: Route[]

beforeAll(async () => {
  routes = await loadRoutes()
  listen()
})
afterEach(() => {
  fault = undefined
  twilioFault = undefined
  ssm.behave = () => undefined
  vi.unstubAllEnvs()
})
afterAll(async () => {
  proxy.close()
  line.close()
  await twilio.close()
  await ssm.goDown()
})

interface Scene {
  device: DeviceItem
  token: string
  secrets: string[]
}

/** A device of its own with a token of its own, and all that must not be found of it. */
async function scene(): Promise<Scene> {
  const number = canaryNumber()
  const device = await putDevice(direct, { number })
  const settings = settingsOf({ TOKEN_LENGTH: 8, TOKEN_VALIDITY: 300 })
  const token = await challenge(direct, device, { now: Date.now(), settings })
  const digest = digestToken(tokenKey, { ...device, token })
  const keys = [tokenKey, indexKey].map(key => key.toString('base64'))
  const secrets = [token, number, digest, apiKey, ...keys]
  return { device, token, secrets }
}

function requestOf({ name, request }: Route, { device, token }: Scene): Request {
  const { userId, deviceId, number } = device
  const body =
    name === 'verify' ? { token } : /create|update/.test(name) ? { number, name: 'phone' } : null
  return { ...request, ...(body && { body }), userId, deviceId }
}

/** Sends every route its requests, and gives the secrets that came out anywhere, with the route. */
async function leaksOf(requests: (route: Route, scene: Scene) => Request[]): Promise<string[][]> {
  const asked = routes.map(async route => {
    const its = await scene()
    const answers = []
    for (const request of requests(route, its)) answers.push(await invoke(route.handler, request))
    return { name: route.name, secrets: its.secrets, text: JSON.stringify(answers) }
  })
  const all = await Promise.all(asked)
  const log = logged.splice(0).join('\n')
  expect(log).toContain('durationMs')
  const urls = line.operations.splice(0).join('\n')
  return all.map(({ name, text, secrets }) =>
    foundIn([text, log, urls].join('\n'), secrets).map(secret => `${name}: ${secret.slice(0, 4)}…`),
  )
}

function report(claim: string, leaks: string[][]): void {
  const violations = leaks.filter(of => of.length > 0).length
  figure({ claim: `leaks: none, ${claim}`, trials: leaks.length, violations })
  expect(leaks.flat()).toEqual([])
}

const good = (route: Route, its: Scene) => [requestOf(route, its)]

const quick: Fault[] = ['lose answer', 'truncate answer', 'html 503', 'redirect', 'echo']
const others: Fault[] = [
  ...(['empty answer', 'reset answer', 'stall answer', 'slow answer', 'delay answer'] as const),
  ...([
    'lose request',
    'hang',
    'server error',
    'throttle',
    'huge answer',
    'applied, echo',
  ] as const),
]
const faults = isLong ? [...quick, ...others] : quick

describe('no secret is in a log, a metric, an answer or a URL', () => {
  it('when all is well', async () => report('all is well', await leaksOf(good)))

  it.each(faults)('when each answer of DynamoDB is: %s', { timeout: 120_000 }, async now => {
    fault = now
    report(`DynamoDB: ${now}`, await leaksOf(good))
  })

  it.each(faults)('when each answer of Twilio is: %s', { timeout: 120_000 }, async now => {
    twilioFault = now
    report(`Twilio: ${now}`, await leaksOf(good))
  })
})

const ssmFaults: SsmFault[] = isLong
  ? ['throttles', 'denies', 'fails', 'hangs', 'hangs midway', 'garbles', 'loses']
  : ['denies', 'garbles']

describe('no secret of SSM is in a log, a metric, an answer or a URL', () => {
  it.each(ssmFaults)('when SSM %s', { timeout: 120_000 }, async now => {
    const path = '/serverless-otp-twilio/test'
    const kept = {
      ...credentials,
      OTP_API_KEYS: keptApiKeys,
      OTP_INDEX_KEY: indexKey.toString('base64'),
      OTP_TOKEN_KEY: tokenKey.toString('base64'),
    }
    for (const [name, value] of Object.entries(kept)) {
      ssm.put(`${path}/${name}`, value)
      vi.stubEnv(name, undefined)
    }
    vi.stubEnv('OTP_SSM_PATH', path)
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
    vi.resetModules()
    const before = routes
    routes = await loadRoutes()
    ssm.behave = () => now

    report(`SSM ${now}`, await leaksOf(good))

    routes = before
  })
})

describe('no secret of a bad request is in a log, a metric or an answer', () => {
  it('whatever is wrong with it', async () => {
    const bad = (route: Route, its: Scene): Request[] => {
      const request = requestOf(route, its)
      const { token } = its
      const { number } = its.device
      const text = JSON.stringify({ token, number })
      return [
        { ...request, body: text.slice(0, -1) },
        { ...request, body: text, headers: { 'content-type': 'text/plain' } },
        { ...request, body: { token, number, more: token } },
        { ...request, body: [token, number] },
        { ...request, body: { token: Number(token), number: Number(number) } },
        { ...request, body: { [token]: number } },
        { ...request, body: { token: `${token} ${number}`, number: `${number}x${token}` } },
        { ...request, query: { number, token, cursor: token, limit: token, confirmed: number } },
        { ...request, userId: `${number} `, deviceId: token },
        { ...request, userId: `${token}/${number}` },
        { ...request, path: `/users/${number}/${token}` },
        { ...request, headers: { authorization: `Bearer ${apiKey} ${token}` } },
        { ...request, headers: { authorization: `Basic ${apiKey}` } },
        { ...request, headers: { authorization: `Bearer ${apiKey}${token}` } },
        { ...request, headers: { 'idempotency-key': `${apiKey} ${token}` } },
        { ...request, headers: { [token]: number, 'user-agent': text } },
        { ...request, deviceId: randomUUID() },
      ]
    }

    report('bad requests', await leaksOf(bad))
  })
})

it('the search finds a secret that is there', () => {
  expect(foundIn('{"a":"x 12345678 y"}', ['12345678'])).toEqual(['12345678'])
  expect(foundIn(`/${credentials.OTP_TWILIO_AUTH}/`, [])).toHaveLength(1)
  expect(foundIn('{"number":"+447700900000"} 447700900000', ['+447700900000'])).toHaveLength(1)
})
