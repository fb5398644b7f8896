// An attempt where proofs are made, and where they are not, below the handlers.
import { describe, expect, it } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { verifyGuess } from '../../../lib/verification/store.ts'
import { attemptWith, itemOf, noon, putDevice, settingsOf, signal } from '../../support/devices.ts'

const store = connectStore()
const { throttle } = settingsOf()

/** A confirmed device after three wrong attempts, as it is stored. */
async function afterThree(how: { isProved?: boolean }) {
  const challenge = { keyName: '', requestName: 'r1', validUntil: noon + 1, via: 1 }
  const device = await putDevice(store, { confirmed: true, challenge })
  const context = { store, key: device, throttle: { ...throttle, factorMs: 0 }, signal }
  for (const token of ['0', '1', '2']) {
    const { outcome } = await verifyGuess({ ...context, ...how }, attemptWith(device, token))
    expect(outcome).toBe('rejected')
  }
  return itemOf(store, device)
}

describe('an attempt', () => {
  it('keeps whether the device was confirmed before it, where proofs are made', async () => {
    const { attempts, failures, viaNow } = await afterThree({ isProved: true })

    expect(attempts).toMatchObject({ was1: true, was2: true, was3: true, was4: false })
    expect([failures, viaNow]).toEqual([3, 0])
  })

  it.each([{ isProved: false }, {}])('keeps nothing of it where they are not: %j', async how => {
    const item = await afterThree(how)

    expect(item.attempts).not.toHaveProperty('was1')
    expect(item).not.toHaveProperty('viaNow')
  })
})
