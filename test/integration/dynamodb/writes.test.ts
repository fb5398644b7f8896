// One write and how it ends, below the handlers: refusals without an explanation, signals that have
// fired, numbers beyond the safe integers.
import { describe, expect, it } from 'vitest'
import { resetExpression } from '../../../lib/device/expressions.ts'
import { openConnection, readDevice, updateDevice } from '../../../lib/device/write.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { verifyGuess } from '../../../lib/verification/store.ts'
import { attemptWith, itemOf, noon, putDevice, settingsOf, signal } from '../../support/devices.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const { throttle } = settingsOf()
const fired = AbortSignal.abort()

describe('a refusal', () => {
  it('that its device does not explain is unavailable after four tries', async () => {
    const { watched, inputs } = watchedStore()
    const device = await putDevice(store, { failures: 0, lockedUntil: noon + 60_000 })

    const result = verifyGuess(
      { store: watched, key: device, throttle, signal },
      attemptWith(device, '123456'),
    )

    await expect(result).rejects.toMatchObject({ code: 'unavailable' })
    expect(inputs).toHaveLength(4)
  })

  it('has the numbers of its device however large they are', async () => {
    const backoff = (1000n * 2n ** 100n) as unknown as number
    const device = await putDevice(store, { failures: 100, backoff })

    const result = await verifyGuess(
      { store, key: device, throttle, signal },
      attemptWith(device, '123456'),
    )

    expect(result).toMatchObject({ outcome: 'disabled', device: { backoff: 1000 * 2 ** 100 } })
  })
})

describe('a signal that has fired', () => {
  it('lets no write out', async () => {
    const device = await putDevice(store, { failures: 3 })
    const reset = resetExpression({ cooldownStart: noon, tokenGuesses: null, actor: '' })

    const writing = updateDevice({ store, key: device, signal: fired }, reset)

    await expect(writing).rejects.toThrow()
    expect((await itemOf(store, device)).failures).toBe(3)
  })

  it('lets no read out', async () => {
    const device = await putDevice(store)

    await expect(readDevice({ store, key: device, signal: fired }, 'once')).rejects.toThrow()
  })
})

describe('a read after a write whose answer was lost', () => {
  it('is a consistent one', async () => {
    const { watched, inputs } = watchedStore()

    await readDevice({ store: watched, key: { userId: 'u', deviceId: 'd' }, signal }, 'once')

    expect(inputs).toMatchObject([{ ConsistentRead: true }])
  })
})

describe('at a factor of exactly half a second', () => {
  it('a lost request is tried again', async () => {
    const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB!
    const proxy = await startFaultProxy(endpoint)
    process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url
    const device = await putDevice(store, { factorMs: 500 })
    const half = settingsOf({ THROTTLE_FACTOR: '0.5' }).throttle
    proxy.faults.push('lose request')

    const attempt = attemptWith(device, '123456')
    const result = await verifyGuess(
      { store: connectStore(), key: device, throttle: half, signal },
      attempt,
    )

    proxy.close()
    process.env.AWS_ENDPOINT_URL_DYNAMODB = endpoint
    expect(result.outcome).toBe('rejected')
    expect(proxy.operations).toEqual(['UpdateItem', 'UpdateItem'])
  })
})

it('a connection is opened by a question for a device that nobody can have', async () => {
  const { watched, inputs } = watchedStore()

  await expect(openConnection(watched, signal)).resolves.toBeUndefined()

  const nobody = { userId: '-', deviceId: '-' }
  expect(inputs).toEqual([expect.objectContaining({ Key: nobody })])
})
