// A device that is deleted and registered again keeps its lock, through the real handlers on a real
// engine.
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, it, vi } from 'vitest'
import { handler as createHandler } from '../../../functions/create-device.ts'
import { handler as deleteHandler } from '../../../functions/delete-device.ts'
import { handler as deleteAllHandler } from '../../../functions/delete-devices.ts'
import { handler as updateHandler } from '../../../functions/update-device.ts'
import { handler as verifyHandler } from '../../../functions/verify.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { keepLock } from '../../../lib/limits/kept-lock.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import { noon, someNumber } from '../../support/device.ts'
import { indexKey, itemOf, signal } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const throttle = throttleSettings({ OTP_TWILIO_THROTTLE_FACTOR: '60' })

freezeAtNoon()

const register = (number: string, userId?: string) => registerDevice(createHandler, number, userId)

/** A device with so many failures, the last of them now: at a factor of 60 s. */
async function failing(failures: number, number: string, userId?: string): Promise<DeviceKey> {
  process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
  const device = await register(number, userId)
  for (let n = 1; n <= failures; n++) {
    const { body } = await verify(device)
    expect(body.failureCount).toBe(n)
    if (n < failures) vi.setSystemTime(Date.now() + 60_000 * 2 ** (n - 1))
  }
  return device
}

const verify = (device: DeviceKey) => invoke(verifyHandler, { ...device, body: { token: 'wrong' } })

const change = (device: DeviceKey, number: string) =>
  invoke(updateHandler, { ...device, method: 'PATCH', body: { number } })

const remove = (device: DeviceKey) => invoke(deleteHandler, { ...device, method: 'DELETE' })

describe('a lock outlives its device', () => {
  it.each([
    ['deleted', remove],
    [
      'deleted with all of the user',
      ({ userId }: DeviceKey) => invoke(deleteAllHandler, { method: 'DELETE', userId }),
    ],
  ])('that is %s and registered again', async (_, end) => {
    const number = someNumber()
    const device = await failing(3, number)
    await end(device)

    const { body } = await invoke(createHandler, { userId: device.userId, body: { number } })
    const tried = await verify({ userId: device.userId, deviceId: body.id })

    const lockedUntil = new Date(Date.now() + 240_000).toISOString()
    expect(body.throttle).toEqual({ allowed: false, failureCount: 3, lockedUntil })
    expect([tried.status, tried.body.code]).toEqual([429, 'throttled'])
  })

  it.each<[string, (device: DeviceKey, number: string) => Promise<DeviceKey>]>([
    [
      'is deleted after a change of its number',
      async (device, number) => {
        await change(device, someNumber())
        await remove(device)
        return register(number, device.userId)
      },
    ],
    [
      'comes back by a change of another’s number',
      async (device, number) => {
        await remove(device)
        const other = await register(someNumber(), device.userId)
        await change(other, number)
        return other
      },
    ],
    [
      'comes back by a change of another’s number, which has failed more often before',
      async (device, number) => {
        await remove(device)
        const other = await failing(4, someNumber(), device.userId)
        vi.setSystemTime(noon)
        await change(other, number)
        return other
      },
    ],
  ])('that %s', async (_, comeBack) => {
    const number = someNumber()
    const device = await failing(3, number)
    const again = await comeBack(device, number)

    const tried = await verify(again)

    expect([tried.status, tried.body.code]).toEqual([429, 'throttled'])
    expect(tried.body.failureCount).toBeGreaterThanOrEqual(3)
  })

  it('of another number does not make a device’s failures fewer, nor its lock shorter', async () => {
    const number = someNumber()
    const device = await failing(4, someNumber())
    const failedAt = Date.now()
    vi.setSystemTime(failedAt - 30_000)
    const locked = await failing(1, number, device.userId)
    vi.setSystemTime(failedAt)
    await remove(locked)

    const { body } = await change(device, number)

    const lockedUntil = new Date(failedAt + 480_000).toISOString()
    expect(body.throttle).toEqual({ allowed: false, failureCount: 4, lockedUntil })
  })

  it('where there is one, or else nothing is written', async () => {
    const device = await itemOf(store, await register(someNumber()))
    const { watched, commands } = watchedStore()
    const context = { store: watched, indexKey, throttle, now: noon, signal }

    await keepLock(context, device)
    await keepLock(context, { ...device, failures: 1, failedAt: noon - 60_000 })

    expect(commands).toEqual([])
  })

  it('or else its device is not deleted, once the time is up', async () => {
    const device = await itemOf(store, await failing(3, someNumber()))
    const context = { store, indexKey, throttle, now: noon, signal: AbortSignal.abort() }

    await expect(keepLock(context, device)).rejects.toThrow()
  })

  it('until it ends, and the next failure doubles it', async () => {
    const number = someNumber()
    const device = await failing(2, number)
    await remove(device)
    const again = await register(number, device.userId)
    vi.setSystemTime(Date.now() + 120_000)

    const { body } = await verify(again)

    expect(body.failureCount).toBe(3)
    expect(Date.parse(body.lockedUntil) - Date.now()).toBe(240_000)
  })

  it('and not beyond its end', async () => {
    const number = someNumber()
    const device = await failing(2, number)
    await remove(device)
    vi.setSystemTime(Date.now() + 120_000)

    const { body } = await invoke(createHandler, { userId: device.userId, body: { number } })

    expect(body.throttle).toEqual({ allowed: true, failureCount: 0, lockedUntil: null })
  })

  it('of a disabled device for a day', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const number = someNumber()
    const device = await failing(1, number)
    await remove(device)

    vi.setSystemTime(noon + 86_399_999)
    const within = await invoke(createHandler, { userId: device.userId, body: { number } })
    await remove({ userId: device.userId, deviceId: within.body.id })
    vi.setSystemTime(noon + 2 * 86_400_000 - 1)
    const after = await invoke(createHandler, { userId: device.userId, body: { number } })

    expect(within.body.throttle).toEqual({ allowed: false, failureCount: 1, lockedUntil: null })
    expect(after.body.throttle.failureCount).toBe(0)
  })

  it('of that user and that number alone', async () => {
    const number = someNumber()
    const device = await failing(3, number)
    await remove(device)

    const others = [
      await invoke(createHandler, { userId: device.userId, body: { number: someNumber() } }),
      await invoke(createHandler, { userId: 'somebody-else', body: { number } }),
    ]

    expect(others.map(({ body }) => body.throttle.failureCount)).toEqual([0, 0])
  })

  it('and is kept without user and number in clear', async () => {
    const number = someNumber()
    const device = await failing(3, number)
    await remove(device)

    const { Items = [] } = await store.retrying.send(
      new ScanCommand({ TableName: store.limitsTable }),
    )
    const kept = Items.filter(({ limitKey }) => String(limitKey).startsWith('lock:'))

    expect(kept.length).toBeGreaterThan(0)
    expect(JSON.stringify(Items)).not.toContain(device.userId)
    expect(JSON.stringify(Items)).not.toContain(number.slice(1))
    for (const { endsAt, expiresAt } of kept) expect(expiresAt).toBe(Math.ceil(endsAt / 1000))
  })
})
