// Two instances whose clocks are two seconds apart: one challenges, the other verifies.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { challenge, noon, putDevice, settingsOf, tokenKey } from '../../support/devices.ts'
import { freshVerify } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { trials } from '../../support/runs.ts'

process.env.OTP_TOKEN_KEY = tokenKey.toString('base64')
const store = connectStore()
const verify = await freshVerify()

afterEach(() => {
  vi.useRealTimers()
})

/** Milliseconds that the verifying clock is ahead of the challenging one. */
const skews = [-2000, -1999, -1, 0, 1, 1999, 2000]
/** Milliseconds after the end of the token, by the clock that made it. */
const moments = [-2001, -2000, -1, 0, 1, 1999, 2000, 2001, 5000]

async function isAccepted(skew: number, afterEnd: number): Promise<boolean> {
  const settings = settingsOf({ TOKEN_VALIDITY: 30 })
  const device = await putDevice(store)
  const token = await challenge(store, device, { now: noon, settings })
  vi.useFakeTimers({ toFake: ['Date'], now: noon + 30_000 + afterEnd + skew })
  const { status } = await invoke(verify, { ...device, body: { token } })
  expect([200, 403]).toContain(status)
  return status === 200
}

describe('with clocks two seconds apart', () => {
  it('nothing is accepted after its validity and two seconds', async () => {
    const rounds = trials({ sample: 1, long: 20 })
    let tried = 0
    let late = 0
    let accepted = 0
    for (let round = 0; round < rounds; round++) {
      for (const skew of skews) {
        for (const afterEnd of moments) {
          const wasAccepted = await isAccepted(skew, afterEnd)
          tried++
          if (wasAccepted) accepted++
          if (wasAccepted && afterEnd >= 2000) late++
        }
      }
    }

    const claim = 'clocks up to 2 s apart: nothing accepted after its validity plus 2 s'
    figure({ claim, trials: tried, violations: late })
    expect(late).toBe(0)
    expect(accepted).toBeGreaterThan(0)
  })
})
