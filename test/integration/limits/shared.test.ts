// The limits that all share, of a country and of the deployment, through the real handlers: what
// refused requests leave in them, and what a throttled one costs.
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { readLimits } from '../../../lib/limits/store.ts'
import { allCountersOf } from '../../../lib/limits/subject.ts'
import { noon, someNumber } from '../../support/device.ts'
import { signal } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { limitsOn } from '../../support/limits.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { direct, proxy: dynamodb } = await startFaultyStore()
const [challengeFunction, createFunction, verifyFunction, limitsFunction, emptyFunction] =
  await Promise.all([
    import('../../../functions/challenge.ts'),
    import('../../../functions/create-device.ts'),
    import('../../../functions/verify.ts'),
    import('../../../functions/get-limits.ts'),
    import('../../../functions/delete-limits.ts'),
  ])

freezeAtNoon()
afterAll(() => dynamodb.close())

/** All tests share the deployment and the country: each has windows of its own. */
let seconds = 2000
beforeEach(() => {
  dynamodb.faults.length = 0
  seconds += 1
  process.env.OTP_TWILIO_LIMIT_USER = '1/600'
  // The row that tells of a refusal is the timeline's, and has tests of its own.
  process.env.OTP_TIMELINE_DAYS = '0'
  process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `100/${seconds}`
})

const register = (userId?: string) => registerDevice(createFunction.handler, someNumber(), userId)

const challenge = (device: DeviceKey) => invoke(challengeFunction.handler, device)

async function sentOf(limit: string): Promise<number> {
  const query = { country: 'GB' }
  const { body } = await invoke(limitsFunction.handler, { method: 'GET', query })
  return body.limits.find((one: { limit: string }) => one.limit === limit).sent
}

/** A device of a user who has had the one message that there is room for. */
async function usedUp(): Promise<DeviceKey> {
  const device = await register()
  await challenge(device)
  const token = twilio.messages.at(-1)!.body
  await invoke(verifyFunction.handler, { ...device, body: { token } })
  return device
}

describe('a request that a personal limit refuses', () => {
  const lost: Fault[] = Array.from({ length: 12 }, () => 'lose request')

  it('leaves nothing in the shared ones, even if all that it undoes is lost', async () => {
    const device = await usedUp()
    dynamodb.faults.push('pass', 'pass', 'pass', ...lost)

    const { status } = await challenge(device)

    dynamodb.faults.length = 0
    expect([status, await sentOf('deployment')]).toEqual([429, 1])
  })

  it('leaves nothing in the shared ones when many come at once', async () => {
    const device = await usedUp()
    const others = await Promise.all(Array.from({ length: 12 }, () => register(device.userId)))
    dynamodb.faults.push(...Array.from({ length: 36 }, () => 'pass' as const), ...lost, ...lost)

    const statuses = await Promise.all(others.map(async one => (await challenge(one)).status))

    dynamodb.faults.length = 0
    expect([statuses.includes(200), await sentOf('deployment')]).toEqual([false, 1])
  })
})

describe('a shared limit that is throttled', () => {
  const isOfLimits = ({ input }: { input: object }) => JSON.stringify(input).includes('limitKey')

  /** A challenge whose deployment counter is throttled, once for each write that it is given. */
  async function throttledChallenge() {
    process.env.OTP_TWILIO_LIMIT_USER = '5/600,9/86400'
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600,9/86400'
    const device = await register()
    const before = performance.now()
    await challenge(device)
    const usualMs = performance.now() - before
    const token = twilio.messages.at(-1)!.body
    // From here on the device is established: its item of the user counts it, too.
    await invoke(verifyFunction.handler, { ...device, body: { token } })
    const [from, messages] = [dynamodb.requests.length, twilio.requests.length]
    dynamodb.faults.push('pass', 'pass', 'throttle')
    const start = performance.now()
    const { status, headers } = await challenge(device)
    const ms = performance.now() - start
    const writes = dynamodb.requests.slice(from).filter(isOfLimits).length
    return { device, status, headers, ms, usualMs, writes, sent: twilio.requests.length - messages }
  }

  it('answers 503 at once, and when to try again', async () => {
    const tries = []
    for (const _ of [1, 2, 3]) tries.push(await throttledChallenge())

    // The fastest, against a challenge that is sent: the engine may be slow, and the machine busy.
    const [fastest] = tries.toSorted((a, b) => a.ms - b.ms)
    const { ms, usualMs } = fastest!
    console.log(`503 after ${ms.toFixed(0)} ms, 200 after ${usualMs.toFixed(0)} ms`)
    expect(ms).toBeLessThan(300 + usualMs)
    for (const { status, headers, sent } of tries) {
      expect([status, headers['retry-after'], sent]).toEqual([503, '1', 0])
    }
  })

  it('costs one write, and one for each personal counter that is given back', async () => {
    const { writes } = await throttledChallenge()

    expect(writes).toBe(1 + 1 + 1)
  })

  it('leaves nothing in the personal ones', async () => {
    const { device } = await throttledChallenge()

    const query = { userId: device.userId }
    const { body } = await invoke(limitsFunction.handler, { method: 'GET', query })

    const sent = body.limits.filter(({ limit }: { limit: string }) => limit === 'user')
    expect(sent).toMatchObject([{ sent: 1 }, { sent: 1 }])
  })
})

describe('a shared limit that is full', () => {
  async function fullDeployment(): Promise<DeviceKey[]> {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `1/${seconds}`
    const devices = [await register(), await register(), await register(), await register()]
    const statuses = []
    for (const device of devices.slice(0, 2)) statuses.push((await challenge(device)).status)
    expect(statuses).toEqual([200, 429])
    return devices.slice(2)
  }

  it('refuses for five seconds without a write', async () => {
    const [device] = await fullDeployment()
    const from = dynamodb.operations.length

    const { status, body } = await challenge(device!)

    expect([status, body.limit]).toEqual([429, 'deployment'])
    expect(dynamodb.operations.slice(from)).toEqual(['GetItem'])
  })

  it('is asked again after five seconds', async () => {
    const [device] = await fullDeployment()
    vi.setSystemTime(noon + 5_000)
    process.env.OTP_TWILIO_LIMIT_USER = 'off'
    const from = dynamodb.operations.length

    const { status } = await challenge(device!)

    expect(status).toBe(429)
    // The device, the counter, and the rollback of the device.
    expect(dynamodb.operations.slice(from)).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem'])
  })

  it('has room at once after an admin has emptied it', async () => {
    const [device] = await fullDeployment()

    await invoke(emptyFunction.handler, { method: 'DELETE' })

    expect((await challenge(device!)).status).toBe(200)
  })

  it('leaves the answer to a retry as it was', async () => {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `1/${seconds}`
    const [first, second] = [await register(), await register()]
    const headers = { 'idempotency-key': 'k' }
    const sent = await invoke(challengeFunction.handler, { ...first, headers })
    await challenge(second)

    const retry = await invoke(challengeFunction.handler, { ...first, headers })

    expect([sent.status, retry.status]).toEqual([200, 200])
  })

  it('leaves unknown devices unknown', async () => {
    const [device] = await fullDeployment()

    const { status } = await challenge({ ...device!, userId: 'nobody' })

    expect(status).toBe(404)
  })
})

describe('what is kept for established devices', () => {
  it('is told strangers once it is all that is left, from memory the next time', async () => {
    process.env.OTP_TWILIO_ESTABLISHED_SHARE = '50'
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `2/${seconds}`
    const devices = await Promise.all([register(), register(), register()])
    const answers: number[] = []
    const lines: string[] = []
    const writing = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation(line => lines.push(String(line)) > 0)

    for (const device of devices.slice(0, 2)) answers.push((await challenge(device)).status)
    writing.mockRestore()
    const from = dynamodb.operations.length
    answers.push((await challenge(devices[2]!)).status)

    expect(answers).toEqual([200, 429, 429])
    expect(dynamodb.operations.slice(from)).toEqual(['GetItem'])
    const metrics = lines.filter(line => line.includes('"_aws"')).map(line => JSON.parse(line))
    expect(metrics).toContainEqual(
      expect.objectContaining({ operation: 'limit', strangers_share: 1 }),
    )
  })
})

describe('a limit in shards', () => {
  const deployment = () => ({ limit: 'deployment' as const, most: 5000, seconds })

  it('is shown as one', async () => {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `5000/${seconds}`
    const devices = await Promise.all(Array.from({ length: 12 }, () => register()))

    await Promise.all(devices.map(device => challenge(device)))

    expect(await sentOf('deployment')).toBe(12)
    const key = Buffer.from(process.env.OTP_INDEX_KEY!, 'base64')
    const shards = allCountersOf(
      { indexKey: key, limits: limitsOn([deployment()]) },
      { deployment: '' },
      noon,
    )
    const used = (await readLimits(direct, shards, signal)).filter(({ sent }) => sent > 0)
    expect(used.length).toBeGreaterThan(1)
  })

  it('is emptied as one', async () => {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `5000/${seconds}`
    const devices = await Promise.all(Array.from({ length: 12 }, () => register()))
    await Promise.all(devices.map(device => challenge(device)))

    await invoke(emptyFunction.handler, { method: 'DELETE' })

    expect(await sentOf('deployment')).toBe(0)
  })
})

describe('where limits only record', () => {
  it('a shared counter is written once a challenge', async () => {
    process.env.OTP_TWILIO_LIMITS = 'record'
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = `1/${seconds}`
    const device = await register()
    await challenge(device)
    const from = dynamodb.operations.length

    const { status } = await challenge(device)

    expect([status, dynamodb.operations.length - from]).toEqual([200, 3])
    expect(await sentOf('deployment')).toBe(2)
  })
})
