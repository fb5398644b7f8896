// Connections that were idle while a Lambda was frozen. The other side has given them up, and a
// request that is sent once must not be written to one of them.
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { readDevice } from '../../../lib/device/write.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { type Aged, startAgingProxy } from '../../support/aging-proxy.ts'
import { someNumber } from '../../support/device.ts'
import { challenge, putDevice, settingsOf, signal, tokenKey } from '../../support/devices.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const modes: Aged[] = ['reset', 'close']
const rounds = Array.from({ length: 20 }, (_, n) => n)
let answer: () => StandInAnswer | undefined = () => undefined
const twilio = await startTwilio(() => answer())
const direct = connectStore()
const engine = process.env.AWS_ENDPOINT_URL_DYNAMODB!
// A client settles its endpoint with its first request.
await readDevice({ store: direct, key: { userId: 'warm', deviceId: 'up' }, signal })
const proxy = await startAgingProxy(engine)
process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url
process.env.OTP_TOKEN_KEY = tokenKey.toString('base64')
const [verifyFunction, challengeFunction] = await Promise.all([
  import('../../../functions/verify.ts'),
  import('../../../functions/challenge.ts'),
])

const { now } = Date
let skippedMs = 0

beforeEach(() => {
  skippedMs = 0
  vi.spyOn(Date, 'now').mockImplementation(() => now() + skippedMs)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  answer = () => undefined
})
afterAll(async () => {
  proxy.close()
  await twilio.close()
})

/** A pause without requests: the clock goes on, and the connections that are open now are lost. */
function pause(ms: number, aged: Aged): void {
  skippedMs += ms
  proxy.age(aged)
}

describe.each(modes)('after a pause in which connections were given up, by %s', mode => {
  it.each([0, 0.1, 0.499, 0.5, 1])('right tokens are accepted at factor %s', async factor => {
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', String(factor))
    const settings = settingsOf({ THROTTLE_FACTOR: factor })
    const statuses: number[] = []

    for (const _ of rounds) {
      const device = await putDevice(direct, {
        factorMs: settings.throttle.factorMs,
        backoff: settings.throttle.factorMs,
      })
      const token = await challenge(direct, device, { settings, now: Date.now() })
      pause(200, mode)
      const { userId, deviceId } = device
      const { status } = await invoke(verifyFunction.handler, { userId, deviceId, body: { token } })
      statuses.push(status)
    }

    const violations = statuses.filter(status => status !== 200).length
    figure({ claim: 'a thawed verify accepts a right token', trials: rounds.length, violations })
    expect(statuses).toEqual(rounds.map(() => 200))
  })

  it('limits are refunded', async () => {
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '9/600')
    vi.stubEnv('OTP_TWILIO_LIMIT_NUMBER', '9/600')
    answer = () => {
      pause(200, mode)
      return { status: 400, body: { code: 21211, message: 'refused' } }
    }

    for (const _ of rounds) {
      const { userId, deviceId } = await putDevice(direct, { number: someNumber() })
      const { status } = await invoke(challengeFunction.handler, { userId, deviceId })
      expect(status).toBe(422)
    }

    const { Items: counters = [] } = await direct.retrying.send(
      new ScanCommand({ TableName: direct.limitsTable }),
    )
    const kept = counters.filter(({ sent }) => sent !== 0)
    figure({
      claim: 'a thawed challenge refunds',
      trials: counters.length,
      violations: kept.length,
    })
    expect(kept).toEqual([])
    expect(counters.length).toBeGreaterThanOrEqual(2 * rounds.length)
  })
})

describe('a connection', () => {
  const key = { userId: 'unknown', deviceId: 'none' }

  it.each([
    ['once', 100, 1],
    ['once', 101, 2],
    ['once', -1, 2],
    ['retrying', 5000, 1],
    ['retrying', 5001, 2],
  ] as const)(
    'of the client %s that was idle for %i ms is one of %i',
    async (client, ms, count) => {
      const store = connectStore()
      vi.useFakeTimers({ toFake: ['Date'], now: now() })
      const before = proxy.connections()

      await readDevice({ store, key, signal }, client)
      vi.setSystemTime(Date.now() + ms)
      await readDevice({ store, key, signal }, client)

      vi.useRealTimers()
      expect(proxy.connections() - before).toBe(count)
    },
  )

  it.each(['once', 'retrying'] as const)('of the client %s serves a whole burst', async client => {
    const store = connectStore()
    vi.useFakeTimers({ toFake: ['Date'], now: now() })
    const before = proxy.connections()

    for (const _ of rounds) await readDevice({ store, key, signal }, client)

    vi.useRealTimers()
    expect(proxy.connections() - before).toBe(1)
  })

  it('is not taken from among the lost ones when a request is tried again', async () => {
    const store = connectStore()
    await Promise.all([1, 2, 3, 4].map(() => readDevice({ store, key, signal })))
    proxy.age('reset')

    await expect(readDevice({ store, key, signal })).resolves.toBeUndefined()
  })
})
