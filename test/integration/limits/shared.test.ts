// The limits that all share, of a country and of the deployment, through the real handlers: what
// refused requests leave in them, and what a throttled one costs.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { someNumber } from '../../support/device.ts'
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

freezeAtNoon()
afterAll(() => dynamodb.close())

/** All tests share the deployment and the country: each has windows of its own. */
let seconds = 2000
beforeEach(() => {
  dynamodb.faults.length = 0
  seconds += 1
  process.env.OTP_TWILIO_LIMIT_USER = '1/600'
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
    expect([new Set(statuses), await sentOf('deployment')]).toEqual([new Set([429]), 1])
  })
})
