// Wrong guesses count on the limit of their client address, through the real handlers on a real
// engine: the next challenge from there is refused, and never a verification.
import { randomInt } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { noon, someNumber } from '../../support/device.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { proxy: dynamodb } = await startFaultyStore()
const [challengeFunction, createFunction, verifyFunction, limitsFunction] = await Promise.all([
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/verify.ts'),
  import('../../../functions/get-limits.ts'),
])

let clientIp = ''

freezeAtNoon()
beforeEach(() => {
  clientIp = `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}::7`
  process.env.OTP_TWILIO_TOKEN_GUESSES = '5'
  process.env.OTP_TWILIO_LIMIT_CLIENT = '3/600'
  dynamodb.faults.length = 0
})
afterAll(() => dynamodb.close())

/** A device whose token lives, and the token. */
async function challenged(): Promise<{ device: DeviceKey; token: string }> {
  const device = await registerDevice(createFunction.handler, someNumber())
  expect((await challenge(device, {})).status).toBe(200)
  return { device, token: twilio.messages.at(-1)!.body }
}

const challenge = (device: DeviceKey, body: object = { clientIp }) =>
  invoke(challengeFunction.handler, { ...device, body })

const verify = (device: DeviceKey, token: string, body: object = { clientIp }, headers = {}) =>
  invoke(verifyFunction.handler, { ...device, body: { token, ...body }, headers })

/** How many the client's limit has counted. */
async function counted(): Promise<number> {
  const { body } = await invoke(limitsFunction.handler, { method: 'GET', query: { clientIp } })
  return body.limits.find(({ limit }: { limit: string }) => limit === 'client').sent
}

/** The operations of some work. */
async function operationsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = dynamodb.operations.length
  await work()
  return dynamodb.operations.slice(before)
}

describe('one wrong guess at each of several accounts', () => {
  it('uses up the sends of the address that they come from', async () => {
    for (let account = 0; account < 3; account++) {
      const { device } = await challenged()
      expect((await verify(device, 'wrong')).body.code).toBe('invalid_token')
    }
    const { device } = await challenged()

    const here = await challenge(device)
    const elsewhere = await challenge(device, { clientIp: '203.0.113.7' })

    expect([here.status, here.body.code, here.body.limit]).toEqual([429, 'limit_reached', 'client'])
    expect(elsewhere.status).toBe(200)
  })

  it('counts by the /64 of an IPv6 address, as sends do', async () => {
    const { device } = await challenged()

    await verify(device, 'wrong', { clientIp: clientIp.replace('::7', ':1:2:3:4') })

    expect(await counted()).toBe(1)
  })

  it('never refuses a right token, however full the limit is', async () => {
    for (let account = 0; account < 4; account++) await verify((await challenged()).device, 'wrong')
    const { device, token } = await challenged()

    const miss = await verify(device, 'wrong')
    vi.setSystemTime(noon + 1000)
    const hit = await verify(device, token)

    expect([miss.body.code, hit.status, await counted()]).toEqual(['invalid_token', 200, 3])
  })
})

describe('a guess', () => {
  it('that is right is not counted', async () => {
    const { device, token } = await challenged()

    const operations = await operationsOf(() => verify(device, token))

    expect(operations).toEqual(['UpdateItem'])
  })

  it('that was not compared is not counted', async () => {
    const { device, token } = await challenged()
    const other = await registerDevice(createFunction.handler, someNumber())

    const codes = [
      (await verify(other, 'wrong')).body.code,
      (await verify(device, 'wrong', { clientIp, challengeId: 'another' })).body.code,
      (await verify(device, 'wrong')).body.code,
      (await verify(device, token)).body.code,
    ]

    expect(codes).toEqual(['no_token', 'challenge_replaced', 'invalid_token', 'throttled'])
    expect(await counted()).toBe(1)
  })

  it('without a clientIp, or without that limit, is one request', async () => {
    const { device } = await challenged()
    const withoutIp = await operationsOf(() => verify(device, 'wrong', {}))
    process.env.OTP_TWILIO_LIMIT_CLIENT = 'off'
    vi.setSystemTime(noon + 1000)

    const withoutLimit = await operationsOf(() => verify(device, 'wrong'))

    expect([withoutIp, withoutLimit]).toEqual([['UpdateItem'], ['UpdateItem']])
  })

  it('is counted beyond the limit where limits only record', async () => {
    process.env.OTP_TWILIO_LIMITS = 'record'
    process.env.OTP_TWILIO_LIMIT_CLIENT = '1/600'

    for (let account = 0; account < 3; account++) await verify((await challenged()).device, 'wrong')

    expect(await counted()).toBe(3)
  })

  it.each([
    ['3/600', 'every name'],
    ['100/600', 'the last ones'],
  ])('that a client retries counts once under %s, which keeps %s', async limit => {
    process.env.OTP_TWILIO_LIMIT_CLIENT = limit
    const { device } = await challenged()
    const again = () => verify(device, 'wrong', { clientIp }, { 'idempotency-key': 'guess-1' })

    const first = await again()
    vi.setSystemTime(noon + 45_000)
    const retry = await again()

    expect([first.body.code, retry.body.code]).toEqual(['invalid_token', 'invalid_token'])
    expect(await counted()).toBe(1)
  })

  it('whose count was applied and not answered counts once, with its retry', async () => {
    const { device } = await challenged()
    const headers = { 'idempotency-key': 'guess-1' }
    dynamodb.faults.push('pass', 'lose answer')

    const first = await verify(device, 'wrong', { clientIp }, headers)
    const retry = await verify(device, 'wrong', { clientIp }, headers)

    expect([first.body.code, retry.body.code]).toEqual(['invalid_token', 'invalid_token'])
    expect(await counted()).toBe(1)
  })
})

describe('where the count fails, the answer is the same', () => {
  it.each<Fault>(['throttle', 'lose request', 'hang'])('after one try: %s', async fault => {
    const { device } = await challenged()
    const before = dynamodb.operations.length
    // A hang is given up after 300 ms; the client itself would wait for a second.
    const deadlines = vi.spyOn(AbortSignal, 'timeout')
    dynamodb.faults.push('pass', fault, fault, fault)

    const { status, body } = await verify(device, 'wrong')

    expect([status, body.code, body.failureCount]).toEqual([403, 'invalid_token', 1])
    expect(dynamodb.operations.slice(before)).toHaveLength(2)
    expect(deadlines).toHaveBeenCalledWith(300)
    deadlines.mockRestore()
  })
})
