// The secrets of a function: what is read of SSM and when, how long it is kept, and what verify
// answers where SSM fails or has something else.
import { randomBytes } from 'node:crypto'
import { SSMClient } from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { Problem } from '../../../lib/problem.ts'
import { requiredSecrets, type SecretName, secretSource } from '../../../lib/settings/secrets.ts'
import { challenge, putDevice, tokenKey } from '../../support/devices.ts'
import { apiKey, keptApiKeys, keyFor } from '../../support/keys.ts'
import { invoke } from '../../support/lambda.ts'
import { readMetrics } from '../../support/metrics.ts'
import { type SsmFault, type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const path = '/serverless-otp-twilio/test'
const twilioNames: SecretName[] = ['OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_API_KEY', 'OTP_TWILIO_AUTH']
const allNames: SecretName[] = ['OTP_API_KEYS', 'OTP_INDEX_KEY', 'OTP_TOKEN_KEY', ...twilioNames]
const canary = 'canary-5e2a71'
/** Every outage of SSM; `goes down` refuses the connection. */
const outages = ['throttles', 'fails', 'hangs', 'hangs midway', 'garbles', 'goes down'] as const
/** Every refusal. */
const refusals = ['denies', 'expires', 'does not know the caller', 'has no key'] as const

let ssm: SsmStandIn
let clock: number

beforeEach(async () => {
  clock = 0
  ssm = await startSsmStandIn()
  process.env.AWS_ENDPOINT_URL_SSM = ssm.url
  for (const name of allNames) ssm.put(`${path}/${name}`, `${canary} of ${name}`)
})

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await ssm.goDown()
})

function sourceOf(names: SecretName[], env: Record<string, string> = {}, longestWaitMs = 4_000) {
  return secretSource(names, {
    env: { OTP_SSM_PATH: path, ...env },
    clock: () => clock,
    longestWaitMs,
  })
}

async function suffer(outage: SsmFault | 'goes down') {
  if (outage === 'goes down') await ssm.goDown()
  else ssm.behave = () => outage
}

async function recover() {
  ssm.behave = () => undefined
  await ssm.comeUp().catch(error => expect(error.code).toBe('ERR_SERVER_ALREADY_LISTEN'))
}

describe('the first load', () => {
  test('asks SSM once for all that a function needs', async () => {
    const secrets = await sourceOf(['OTP_API_KEYS', 'OTP_TOKEN_KEY']).load()

    expect(secrets).toEqual({
      OTP_API_KEYS: `${canary} of OTP_API_KEYS`,
      OTP_TOKEN_KEY: `${canary} of OTP_TOKEN_KEY`,
    })
    expect(ssm.requests).toEqual([
      {
        operation: 'GetParameters',
        input: {
          Names: [
            '/serverless-otp-twilio/test/OTP_API_KEYS',
            '/serverless-otp-twilio/test/OTP_TOKEN_KEY',
          ],
          WithDecryption: true,
        },
      },
    ])
  })

  test('gets all six secrets with one request', async () => {
    const secrets = await sourceOf(allNames).load()

    expect(secrets).toEqual({
      OTP_API_KEYS: 'canary-5e2a71 of OTP_API_KEYS',
      OTP_INDEX_KEY: 'canary-5e2a71 of OTP_INDEX_KEY',
      OTP_TOKEN_KEY: 'canary-5e2a71 of OTP_TOKEN_KEY',
      OTP_TWILIO_ACCOUNT: 'canary-5e2a71 of OTP_TWILIO_ACCOUNT',
      OTP_TWILIO_API_KEY: 'canary-5e2a71 of OTP_TWILIO_API_KEY',
      OTP_TWILIO_AUTH: 'canary-5e2a71 of OTP_TWILIO_AUTH',
    })
    expect(ssm.requests).toHaveLength(1)
  })

  test('asks SSM only for what the environment lacks', async () => {
    const source = sourceOf(['OTP_API_KEYS', 'OTP_TOKEN_KEY'], { OTP_TOKEN_KEY: 'from here' })

    const secrets = await source.load()

    expect(secrets).toEqual({
      OTP_API_KEYS: 'canary-5e2a71 of OTP_API_KEYS',
      OTP_TOKEN_KEY: 'from here',
    })
    expect(ssm.requests[0]?.input.Names).toEqual([`${path}/OTP_API_KEYS`])
  })

  test.each(['', ' \n'])('takes an empty variable for a missing one: %j', async empty => {
    const { OTP_TOKEN_KEY } = await sourceOf(['OTP_TOKEN_KEY'], { OTP_TOKEN_KEY: empty }).load()

    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
  })

  test('leaves out a line break that was pasted along', async () => {
    ssm.put(`${path}/OTP_TOKEN_KEY`, 'from SSM\n')
    const source = sourceOf(['OTP_TOKEN_KEY', 'OTP_API_KEYS'], { OTP_API_KEYS: 'from here\r\n' })

    const secrets = await source.load()

    expect(secrets).toEqual({ OTP_TOKEN_KEY: 'from SSM', OTP_API_KEYS: 'from here' })
  })

  test('makes no request when the environment has everything', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'], { OTP_TOKEN_KEY: 'from here' })

    const loaded = await source.load()
    const reloaded = await source.reload()

    expect([loaded, reloaded]).toEqual([
      { OTP_TOKEN_KEY: 'from here' },
      { OTP_TOKEN_KEY: 'from here' },
    ])
    expect(ssm.requests).toEqual([])
  })

  test.each([{}, { OTP_SSM_PATH: '' }])('makes no request when there is no path: %j', async env => {
    const secrets = await secretSource(['OTP_TOKEN_KEY'], { env }).load()

    expect(secrets).toEqual({})
    expect(ssm.requests).toEqual([])
  })

  test('is not made with the source', async () => {
    sourceOf(allNames)

    expect(ssm.requests).toEqual([])
  })

  test.each(allNames)('leaves out %s when SSM does not know it', async name => {
    ssm.parameters.delete(`${path}/${name}`)

    const secrets = await sourceOf(allNames).load()

    expect(Object.keys(secrets).sort()).toEqual(allNames.filter(other => other !== name).sort())
  })

  test('is one answer for many callers at once', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    ssm.behave = () => gate

    const loads = Array.from({ length: 20 }, () => source.load())
    await vi.waitFor(() => expect(ssm.requests).toHaveLength(1))
    open()
    const answers = await Promise.all(loads)

    expect(new Set(answers.map(secrets => secrets.OTP_TOKEN_KEY))).toEqual(
      new Set(['canary-5e2a71 of OTP_TOKEN_KEY']),
    )
    expect(ssm.requests).toHaveLength(1)
  })

  test.each(outages)('is unavailable only while SSM %s', async outage => {
    const source = sourceOf(['OTP_TOKEN_KEY'], {}, 1_000)
    await suffer(outage)

    const problem = await refusalOf(source.load())
    await recover()
    const { OTP_TOKEN_KEY } = await source.load()

    expect(problem.code).toBe('unavailable')
    expect(problem.message).toBe('The secrets cannot be read now; try again.')
    expect(problem.headers).toEqual({ 'retry-after': '1' })
    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
  })

  test('is tried for as long as it may wait while SSM throttles', async () => {
    ssm.behave = () => (ssm.requests.length < 8 ? 'throttles' : undefined)

    const source = secretSource(['OTP_TOKEN_KEY'], { env: { OTP_SSM_PATH: path } })
    const { OTP_TOKEN_KEY } = await source.load()

    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    expect(ssm.requests).toHaveLength(8)
  })

  test.each(['fails', 'loses', 'goes down'] as const)(
    'is tried twice and no more while SSM %s',
    async outage => {
      const tries = vi.spyOn(SSMClient.prototype, 'send')
      await suffer(outage)

      await refusalOf(sourceOf(['OTP_TOKEN_KEY']).load())

      expect(tries).toHaveBeenCalledTimes(2)
      expect(ssm.requests.length).toBeLessThanOrEqual(2)
    },
  )

  test.each([
    [300, 300],
    [4_000, 1_250],
  ])('within %i ms waits for no try longer than %i ms', async (longestWaitMs, longestTryMs) => {
    const deadlines = vi.spyOn(AbortSignal, 'timeout')
    ssm.behave = () => (ssm.requests.length === 1 ? 'hangs' : 'fails')

    await refusalOf(sourceOf(['OTP_TOKEN_KEY'], {}, longestWaitMs).load())

    const given = deadlines.mock.calls.map(([ms]) => ms)
    expect(given).toHaveLength(longestWaitMs === 300 ? 1 : 2)
    expect(Math.max(...given)).toBe(longestTryMs)
  })

  test.each(refusals)('is not tried again where SSM %s', async refusal => {
    ssm.behave = () => refusal

    await refusalOf(sourceOf(['OTP_TOKEN_KEY']).load())

    expect(ssm.requests).toHaveLength(1)
  })

  test.each(['throttles', 'fails', 'hangs', 'loses'] as const)(
    'is tried twice when SSM %s once',
    async outage => {
      ssm.behave = () => (ssm.requests.length === 1 ? outage : undefined)

      const source = secretSource(['OTP_TOKEN_KEY'], { env: { OTP_SSM_PATH: path } })
      const { OTP_TOKEN_KEY } = await source.load()

      expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
      expect(ssm.requests).toHaveLength(2)
    },
  )
})

describe('a preparation', () => {
  test('reads what the first request needs', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])

    await source.prepare(1_000)
    const { OTP_TOKEN_KEY } = await source.load()

    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    expect(ssm.requests).toHaveLength(1)
  })

  test.each([...outages, ...refusals])('that SSM %s leaves it to the request', async fault => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await suffer(fault)
    await source.prepare(50)
    await recover()

    const { OTP_TOKEN_KEY } = await source.load()

    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
  })

  test('makes no request when the environment has everything', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'], { OTP_TOKEN_KEY: 'local' })

    await source.prepare(1_000)

    expect(ssm.requests).toEqual([])
  })

  test('that never ends holds no request up', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    ssm.behave = () => (ssm.requests.length === 1 ? gate : undefined)
    const preparing = source.prepare(60_000)
    await vi.waitFor(() => expect(ssm.requests).toHaveLength(1))

    const { OTP_TOKEN_KEY } = await source.load()

    expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    open()
    await preparing
  })

  test('that was made before a freeze is read anew by the request', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.prepare(1_000)
    ssm.put(`${path}/OTP_TOKEN_KEY`, 'new')

    clock = 290_000

    expect((await source.load()).OTP_TOKEN_KEY).toBe('new')
  })
})

describe('what was read', () => {
  test('is kept for four minutes and less than five', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    ssm.put(`${path}/OTP_TOKEN_KEY`, 'new')

    clock = 239_999
    const before = await source.load()
    clock = 290_000
    const after = await source.load()

    expect(before.OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    expect(after.OTP_TOKEN_KEY).toBe('new')
    expect(ssm.requests).toHaveLength(2)
  })

  test('is asked for at another moment by each source', async () => {
    const sources = Array.from({ length: 50 }, () => sourceOf(['OTP_TOKEN_KEY']))
    await Promise.all(sources.map(source => source.load()))

    clock = 265_000
    await Promise.all(sources.map(source => source.load()))

    const again = ssm.requests.length - sources.length
    expect([again > 5, again < 45]).toEqual([true, true])
  })

  test('is kept as long again from its second reading on', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    clock = 290_000
    await source.load()

    clock = 529_999
    await source.load()
    const keptUntil = ssm.requests.length
    clock = 580_000
    await source.load()

    expect(keptUntil).toBe(2)
    expect(ssm.requests).toHaveLength(3)
  })

  test('is not shared between sources', async () => {
    await sourceOf(['OTP_TOKEN_KEY']).load()
    await sourceOf(['OTP_TOKEN_KEY']).load()

    expect(ssm.requests).toHaveLength(2)
  })

  test('is gone with the parameter', async () => {
    const source = sourceOf(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])
    await source.load()
    ssm.parameters.delete(`${path}/OTP_API_KEYS`)

    clock = 290_000
    const secrets = await source.load()

    expect(secrets).toEqual({ OTP_TOKEN_KEY: 'canary-5e2a71 of OTP_TOKEN_KEY' })
  })

  test.each(outages)('is kept for 30 s at a time while SSM %s', async outage => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    ssm.put(`${path}/OTP_TOKEN_KEY`, 'new')

    clock = 290_000
    await suffer(outage)
    const during = await source.load()
    await recover()
    clock = 319_999
    const soonAfter = await source.load()
    clock = 320_000
    const after = await source.load()

    expect(during.OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    expect(soonAfter.OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    expect(after.OTP_TOKEN_KEY).toBe('new')
  })

  test('is kept on for an hour while SSM is down, and no longer', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    await ssm.goDown()

    for (clock = 300_000; clock < 3_600_000; clock += 30_000) {
      const { OTP_TOKEN_KEY } = await source.load()
      expect(OTP_TOKEN_KEY).toBe('canary-5e2a71 of OTP_TOKEN_KEY')
    }
    clock = 3_600_000
    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
    await ssm.comeUp()
    expect(await source.load()).toEqual({ OTP_TOKEN_KEY: 'canary-5e2a71 of OTP_TOKEN_KEY' })
  })

  test('an hour counts from the last time that SSM gave it', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    await ssm.goDown()

    clock = 3_600_000

    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each(refusals)('is dropped at the second time that SSM %s', async refusal => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    ssm.behave = () => refusal

    clock = 290_000
    const first = await source.load()
    clock = 297_999
    const between = await source.load()
    const asked = ssm.requests.length
    clock = 298_000

    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
    expect([first, between, asked]).toEqual([first, first, 2])
    await recover()
    expect(await source.load()).toEqual(first)
  })

  test.each(refusals)('is kept where SSM %s once', async refusal => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    const first = await source.load()
    clock = 290_000
    ssm.behave = () => refusal
    await source.load()
    await recover()

    clock = 298_000

    expect(await source.load()).toEqual(first)
    expect(ssm.requests).toHaveLength(3)
  })

  test('is not used at the first refusal where it is older than five minutes', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    ssm.behave = () => 'denies'

    clock = 300_000

    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('is dropped after five minutes where SSM is down after a refusal', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    clock = 290_000
    ssm.behave = () => 'denies'
    await source.load()
    ssm.behave = () => 'fails'

    clock = 298_000
    const outlived = await source.load()
    clock = 300_000

    expect(outlived).toEqual({ OTP_TOKEN_KEY: 'canary-5e2a71 of OTP_TOKEN_KEY' })
    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('a reload right after a refusal is not the second one', async () => {
    const source = sourceOf(['OTP_TWILIO_AUTH'])
    const first = await source.load()
    ssm.behave = () => 'denies'

    clock = 60_000
    const reloaded = [await source.reload(), await source.reload(), await source.load()]

    expect(reloaded).toEqual([first, first, first])
  })

  test('is dropped at the second time that nothing of it is there', async () => {
    const source = sourceOf(['OTP_API_KEYS', 'OTP_TOKEN_KEY'])
    const first = await source.load()
    ssm.parameters.clear()

    clock = 290_000
    expect(await source.load()).toEqual(first)

    for (clock = 298_000; clock < 320_000; clock += 10_000) {
      await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
    }
    await expect(sourceOf(allNames).load()).rejects.toMatchObject({ code: 'unavailable' })
    ssm.put(`${path}/OTP_API_KEYS`, 'put back')
    expect(await source.load()).toEqual({ OTP_API_KEYS: 'put back' })
  })

  test('is dropped where only optional ones of it are left', async () => {
    const source = sourceOf(['OTP_TOKEN_KEY', 'OTP_TWILIO_TEST_NUMBERS'])
    ssm.parameters.clear()
    ssm.put(`${path}/OTP_TWILIO_TEST_NUMBERS`, '[]')

    await expect(source.load()).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each([
    [['OTP_TWILIO_SIGNATURE_TOKEN'], {}],
    [['OTP_TOKEN_KEY', 'OTP_TWILIO_TEST_NUMBERS'], { OTP_TOKEN_KEY: 'from here' }],
  ] as [SecretName[], Record<string, string>][])(
    'is no refusal where SSM has none of what is optional: %j',
    async (names, env) => {
      const source = sourceOf(names, env)
      const loads = []
      for (clock = 0; clock < 900_000; clock += 290_000) loads.push(await source.load())

      expect(loads).toEqual([env, env, env, env])
    },
  )

  test.each([
    ['denies', 'secrets refused', '"refused":1'],
    ['fails', 'secrets not read', '"not_read":1'],
  ] as const)('where SSM %s there is a line and a figure', async (fault, line, figure) => {
    const log: string[] = []
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation(text => Boolean(log.push(String(text))))
    }
    const source = sourceOf(['OTP_TOKEN_KEY'])
    await source.load()
    ssm.behave = () => fault
    clock = 290_000

    await source.load()

    expect(log.join()).toContain(line)
    expect(log.join()).toContain(figure)
    expect(log.join()).not.toContain('canary')
  })

  test.each(requiredSecrets)('is asked for again after 5 s while %s is missing', async name => {
    const source = sourceOf(allNames)
    ssm.parameters.delete(`${path}/${name}`)
    await source.load()
    ssm.put(`${path}/${name}`, 'put at last')

    clock = 4_999
    const before = await source.load()
    clock = 5_000
    const after = await source.load()

    expect(before[name]).toBeUndefined()
    expect(after[name]).toBe('put at last')
    expect(ssm.requests).toHaveLength(2)
  })

  test('is kept as long without the optional Twilio API key', async () => {
    const source = sourceOf(allNames)
    ssm.parameters.delete(`${path}/OTP_TWILIO_API_KEY`)
    await source.load()

    clock = 239_999
    const secrets = await source.load()

    expect(Object.keys(secrets)).toHaveLength(5)
    expect(ssm.requests).toHaveLength(1)
  })

  test.each<SecretName>(['OTP_TWILIO_SIGNATURE_TOKEN', 'OTP_TWILIO_TEST_NUMBERS'])(
    'is kept as long without the optional %s',
    async name => {
      const source = sourceOf(['OTP_TWILIO_AUTH', name])
      await source.load()

      clock = 239_999
      await source.load()

      expect(ssm.requests).toHaveLength(1)
    },
  )

  test('is complete when the environment fills the hole', async () => {
    const source = sourceOf(allNames, { OTP_TWILIO_AUTH: 'from here' })
    ssm.parameters.delete(`${path}/OTP_TWILIO_AUTH`)
    await source.load()

    clock = 239_999
    await source.load()

    expect(ssm.requests).toHaveLength(1)
  })
})

describe('a reload', () => {
  test('asks SSM at once for what is kept from then on', async () => {
    const source = sourceOf(['OTP_TWILIO_AUTH'])
    await source.load()
    ssm.put(`${path}/OTP_TWILIO_AUTH`, 'new')

    const reloaded = await source.reload()
    const loaded = await source.load()

    expect([reloaded, loaded]).toEqual([{ OTP_TWILIO_AUTH: 'new' }, { OTP_TWILIO_AUTH: 'new' }])
    expect(ssm.requests).toHaveLength(2)
  })

  test('is one request for many callers at once', async () => {
    const source = sourceOf(['OTP_TWILIO_AUTH'])
    await source.load()

    await Promise.all(Array.from({ length: 20 }, () => source.reload()))

    expect(ssm.requests).toHaveLength(2)
  })

  test.each(['throttles', 'fails', 'goes down'] as const)(
    'gives the old values when SSM %s',
    async outage => {
      const source = sourceOf(['OTP_TWILIO_AUTH'])
      await source.load()
      await suffer(outage)

      const { OTP_TWILIO_AUTH } = await source.reload()

      expect(OTP_TWILIO_AUTH).toBe('canary-5e2a71 of OTP_TWILIO_AUTH')
    },
  )
})

describe('through the verify handler', () => {
  const store = connectStore()
  const noon = Date.UTC(2030, 0, 1, 12)
  let log: string[]

  beforeEach(() => {
    log = []
    vi.spyOn(process.stdout, 'write').mockImplementation(line => log.push(String(line)) > 0)
    vi.spyOn(process.stderr, 'write').mockImplementation(line => log.push(String(line)) > 0)
    vi.useFakeTimers({ toFake: ['Date'], now: noon })
    vi.resetModules()
    process.env.OTP_SSM_PATH = path
    delete process.env.OTP_API_KEYS
    delete process.env.OTP_TOKEN_KEY
    ssm.put(`${path}/OTP_API_KEYS`, keptApiKeys)
    ssm.put(`${path}/OTP_TOKEN_KEY`, tokenKey.toString('base64'))
  })

  /** The handler of a fresh Lambda environment. */
  async function coldStart() {
    const { handler } = await import('../../../functions/verify.ts')
    return handler
  }

  test('secrets that only SSM has decide on a token', async () => {
    const handler = await coldStart()
    const device = await putDevice(store)
    const token = await challenge(store, device, { now: noon })
    const wrong = token === '000000' ? '000001' : '000000'

    const right = await invoke(handler, { ...device, body: { token } })
    const refused = await invoke(handler, { ...device, body: { token: wrong } })

    expect(right.body).toMatchObject({ verified: true })
    expect([right.status, refused.status]).toEqual([200, 403])
    expect(refused.body.code).toBe('invalid_token')
    expect(ssm.requests).toEqual([
      {
        operation: 'GetParameters',
        input: { Names: [`${path}/OTP_API_KEYS`, `${path}/OTP_TOKEN_KEY`], WithDecryption: true },
      },
    ])
  })

  test('a verification survives the loss of SSM after the first one', async () => {
    const handler = await coldStart()
    await invoke(handler, request)
    const device = await putDevice(store)
    const token = await challenge(store, device, { now: noon + 300_000 })
    vi.setSystemTime(noon + 300_000)
    await ssm.goDown()

    const { status } = await invoke(handler, { ...device, body: { token } })

    expect(status).toBe(200)
  })

  test.each([...outages, ...refusals])(
    'a cold start is 503 within 5 s when SSM %s',
    async outage => {
      const handler = await coldStart()
      for (const name of allNames) ssm.put(`${path}/${name}`, canary)
      await suffer(outage)
      const startedAt = performance.now()

      const { status, body, headers } = await invoke(handler, request)

      expect(performance.now() - startedAt).toBeLessThan(5000)
      expect([status, body.code, headers['retry-after']]).toEqual([503, 'unavailable', '1'])
      expect(log.join()).toContain('"code":"unavailable"')
      expect([JSON.stringify(body), ...log].join()).not.toContain('canary')
    },
  )

  test.each([
    ['missing', undefined],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['hex', randomBytes(32).toString('hex')],
    ['base64url', '-_'.repeat(21).concat('8')],
    ['base64 with a line break in it', randomBytes(32).toString('base64').replace(/^.{9}/, '$&\n')],
    ['32 letters', 'a'.repeat(32)],
  ])('a token key that is %s is refused by its name and without its value', async (_, value) => {
    const handler = await coldStart()
    ssm.parameters.delete(`${path}/OTP_TOKEN_KEY`)
    if (value) ssm.put(`${path}/OTP_TOKEN_KEY`, value)

    const { status, body } = await invoke(handler, request)

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toBe('OTP_TOKEN_KEY must be 32 bytes in base64.')
    expect(log.join()).toContain('OTP_TOKEN_KEY must be 32 bytes in base64.')
    expect(secretsIn(JSON.stringify(body), ...log)).toEqual([])
  })

  test('a first deploy without secrets is 503, and its log says what to run', async () => {
    const handler = await coldStart()
    ssm.parameters.clear()

    const answers = []
    for (let n = 0; n < 3; n++) answers.push(await invoke(handler, request))

    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(readMetrics(log).filter(({ name }) => name === 'refused')).toHaveLength(3)
    expect(log.join()).toContain(`${path} has none of the secrets: run npm run secrets`)
    expect(log.join()).toContain('"name":"SecretsGone"')
  })

  test('every key is unknown while no API keys are kept', async () => {
    const handler = await coldStart()
    ssm.parameters.delete(`${path}/OTP_API_KEYS`)

    const { status, body, headers } = await invoke(handler, request)

    expect([status, body.code]).toEqual([401, 'invalid_api_key'])
    expect(headers['www-authenticate']).toBe('Bearer error="invalid_token"')
  })

  test('every key is unknown while the list of API keys is empty', async () => {
    const handler = await coldStart()
    ssm.put(`${path}/OTP_API_KEYS`, '[]')

    const { status, body } = await invoke(handler, request)

    expect([status, body.code]).toEqual([401, 'invalid_api_key'])
  })

  test.each([
    ['no JSON', canary],
    ['a bare key', apiKey],
    ['cut short', keptApiKeys.slice(0, -1)],
    ['a list of unknown scopes', keptApiKeys.replace('verify', 'everything')],
    ['a list with the key instead of its hash', keptApiKeys.replace(hashApiKey(apiKey), apiKey)],
  ])(
    'malformed API keys are refused by their name and without their value: %s',
    async (_, value) => {
      const handler = await coldStart()
      ssm.put(`${path}/OTP_API_KEYS`, value)

      const { status, body } = await invoke(handler, request)

      expect([status, body.code]).toEqual([500, 'not_configured'])
      expect(body.detail).toBe('OTP_API_KEYS must be a JSON array of {name, hash, scopes}.')
      expect(secretsIn(JSON.stringify(body), ...log)).toEqual([])
    },
  )

  test('only the key taken from SSM is refused after five minutes', async () => {
    const handler = await coldStart()
    const other = { ...request, headers: { authorization: `Bearer ${keyFor('verify')}` } }
    await invoke(handler, request)
    const left = JSON.parse(keptApiKeys).filter(({ name }: { name: string }) => name !== 'suite')
    ssm.put(`${path}/OTP_API_KEYS`, JSON.stringify(left))

    vi.setSystemTime(noon + 239_999)
    const before = await invoke(handler, request)
    vi.setSystemTime(noon + 290_000)
    const after = await invoke(handler, request)
    const others = await invoke(handler, other)

    expect([before.status, after.status, others.status]).toEqual([404, 401, 404])
    expect(after.body.code).toBe('invalid_api_key')
  })

  test('a key put into SSM while there is none works after five seconds', async () => {
    const handler = await coldStart()
    ssm.parameters.delete(`${path}/OTP_API_KEYS`)
    const early = await invoke(handler, request)
    ssm.put(`${path}/OTP_API_KEYS`, keptApiKeys)

    vi.setSystemTime(noon + 5_000)
    const { status } = await invoke(handler, request)

    expect([early.status, status]).toEqual([401, 404])
  })
})

/** A good request for a device that does not exist: 404 says that its key was accepted. */
const request = {
  userId: 'unknown',
  deviceId: '00000000-0000-4000-8000-000000000000',
  body: { token: '123456' },
}

async function refusalOf(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    () => new Error('It was not refused.'),
    error => error,
  )
  if (error instanceof Problem) return error
  throw error
}

/** The secrets of SSM, the hashes and keys of the suite that are found in these texts. */
function secretsIn(...texts: string[]): string[] {
  const values = [...ssm.parameters.values()].map(({ value }) => value)
  const hashes = [...keptApiKeys.matchAll(/[\w-]{43}/g)].map(([hash]) => hash)
  return [...values, ...hashes, apiKey].filter(secret => texts.some(text => text.includes(secret)))
}
