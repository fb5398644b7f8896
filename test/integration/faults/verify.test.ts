// What a verification answers, and what it leaves in the item, when one of its requests is spoiled.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { challenge, itemOf, putDevice, settingsOf } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { freshVerify, startFaultyStore } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { trials } from '../../support/runs.ts'

const writes: Fault[] = []
const { direct, proxy } = await startFaultyStore({
  plan: operation => (operation === 'UpdateItem' ? writes.shift() : undefined),
})
let verify: Awaited<ReturnType<typeof freshVerify>>

beforeEach(async () => {
  verify = await freshVerify()
})
afterEach(() => {
  writes.length = 0
  vi.unstubAllEnvs()
})
afterAll(() => proxy.close())

async function attempt(kind: 'right' | 'wrong', factor: string, faults: Fault[]) {
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', factor)
  const settings = settingsOf({ THROTTLE_FACTOR: factor, TOKEN_VALIDITY: 300 })
  const device = await putDevice(direct, { factorMs: settings.throttle.factorMs })
  const token = await challenge(direct, device, { now: Date.now(), settings })
  writes.splice(0, writes.length, ...faults)
  const { status } = await invoke(verify, {
    ...device,
    body: { token: kind === 'right' ? token : 'wrong' },
  })
  return { status, failures: (await itemOf(direct, device)).failures }
}

/** Counts the trials that end otherwise than as given. */
async function violations(n: number, one: () => Promise<object>, expected: object) {
  let found = 0
  for (let i = 0; i < n; i++) {
    if (JSON.stringify(await one()) !== JSON.stringify(expected)) found++
  }
  return found
}

describe.each([1, 2, 3])('%i lost answers', lost => {
  const faults = Array.from({ length: lost }, (): Fault => 'lose answer')
  const n = trials({ sample: 2, long: 40 })

  it.each([
    ['wrong', 'failures = 1', { status: 403, failures: 1 }],
    ['right', 'verified', { status: 200, failures: 0 }],
  ] as const)('leave a %s token with: %s', async (kind, end, expected) => {
    const found = await violations(n, () => attempt(kind, '1', faults), expected)

    const claim = `a ${kind} token whose answer is lost ${lost}×: ${end}`
    figure({ claim, trials: n, violations: found })
    expect(found).toBe(0)
  })
})

/** Applied or not, one of these is what a verification can be answered under the fault. */
const spoiled: { fault: Fault; right: number; wrong: number }[] = [
  ...(['reset answer', 'truncate answer', 'empty answer', 'delay answer'] as const),
  ...(['server error', 'html 503', 'throttle'] as const),
  ...(['applied, server error', 'applied, html 503', 'applied, throttle'] as const),
  ...(['applied, redirect', 'applied, huge answer'] as const),
].map(fault => ({ fault, right: 200, wrong: 403 }))
// Not applied, and no answer that the SDK tries again after: nothing was verified or counted.
for (const fault of ['redirect', 'huge answer'] as const) {
  spoiled.push({ fault, right: 503, wrong: 503 })
}

describe.each(spoiled)('$fault', ({ fault, right, wrong }) => {
  const n = trials({ sample: 1, long: 10 })

  it('verifies a right token or answers 503', async () => {
    const expected = { status: right, failures: 0 }

    const found = await violations(n, () => attempt('right', '1', [fault]), expected)

    figure({ claim: `${fault}: a right token ${right}`, trials: n, violations: found })
    expect(found).toBe(0)
  })

  it('counts a wrong token once or answers 503', async () => {
    const expected = { status: wrong, failures: wrong === 403 ? 1 : 0 }

    const found = await violations(n, () => attempt('wrong', '1', [fault]), expected)

    const claim = `${fault}: a wrong token ${wrong}, counted at most once`
    figure({ claim, trials: n, violations: found })
    expect(found).toBe(0)
  })
})

describe('an answer that comes byte by byte', () => {
  it('is given up within five seconds for an attempt that is counted once', async () => {
    const n = trials({ sample: 1, long: 3 })
    const start = performance.now()

    const found = await violations(n, () => attempt('wrong', '1', ['slow answer']), {
      status: 503,
      failures: 1,
    })

    const slow = performance.now() - start > n * 5000 ? 1 : 0
    figure({
      claim: 'slow bytes: 503 within 5 s, counted once',
      trials: n,
      violations: found + slow,
    })
    expect([found, slow]).toEqual([0, 0])
  })
})

describe('with the SDK’s retry quota exhausted', () => {
  beforeEach(async () => {
    writes.push(...Array<Fault>(400).fill('server error'))
    const missing = { userId: 'unknown', deviceId: randomUUID(), body: { token: '123456' } }
    // Few at once: what a busy machine makes wait for a second is given up, and arrives late.
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(Array.from({ length: 5 }, () => invoke(verify, missing)))
    }
    const before = proxy.operations.length
    await attempt('wrong', '1', ['lose request'])
    // The write once, and the read after it: the SDK does not try again any more.
    expect(proxy.operations.slice(before)).toEqual(['UpdateItem', 'GetItem'])
  })

  it.each([
    ['wrong', 'failures = 1', { status: 403, failures: 1 }],
    ['right', 'verified', { status: 200, failures: 0 }],
  ] as const)('a lost answer leaves a %s token with: %s', async (kind, end, expected) => {
    const n = trials({ sample: 2, long: 100 })

    const found = await violations(n, () => attempt(kind, '1', ['lose answer']), expected)

    const claim = `retry quota exhausted, a ${kind} token whose answer is lost: ${end}`
    figure({ claim, trials: n, violations: found })
    expect(found).toBe(0)
  })
})
