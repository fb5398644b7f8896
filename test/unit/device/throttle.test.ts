// django-otp's ThrottlingMixin and CooldownMixin: the sequence, and its boundaries to the
// millisecond.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cooldownAfter,
  generateIsAllowed,
  guessesLeft,
  isDisabled,
  isUsedUp,
  lockEnd,
  rescaled,
  shorterCooldowns,
  verifyIsAllowed,
} from '../../../lib/device/throttle.ts'
import type { CooldownSettings } from '../../../lib/settings/cooldown.ts'
import type { ThrottleSettings } from '../../../lib/settings/throttle.ts'
import { deviceOf, noon } from '../../support/device.ts'

const factorOne: ThrottleSettings = {
  factorMs: 1000,
  longestLockMs: null,
  maxFailures: 100,
  tokenGuesses: null,
}
const off: ThrottleSettings = { ...factorOne, factorMs: 0 }

describe('the lock', () => {
  it.each([
    [1, 1_001_000],
    [2, 1_002_000],
    [3, 1_004_000],
    [4, 1_008_000],
    [5, 1_016_000],
    [6, 1_032_000],
    [7, 1_064_000],
    [11, 2_024_000],
    [25, 16_778_216_000],
  ])('doubles with every failure: after %i it ends at %i', (failures, end) => {
    expect(lockEnd({ failures, failedAt: 1_000_000 }, factorOne)).toBe(end)
  })

  it.each([
    [1, 1, 1001],
    [1, 3, 1004],
    [250, 1, 1250],
    [250, 4, 3000],
    [2500, 2, 6000],
    [3_600_000, 1, 3_601_000],
    [3_600_000, 10, 1_843_201_000],
  ])('is the factor times the sequence: %i ms, %i failures', (factorMs, failures, end) => {
    expect(lockEnd({ failures, failedAt: 1000 }, { ...factorOne, factorMs })).toBe(end)
  })

  it('is none without failures', () => {
    expect(lockEnd({ failures: 0, failedAt: 0 }, factorOne)).toBeNull()
  })

  it('is none at factor 0, however many failures', () => {
    expect(lockEnd({ failures: 50, failedAt: 1000 }, off)).toBeNull()
  })

  it.each([
    [1, 1_001_000],
    [2, 1_002_000],
    [3, 1_003_000],
    [4, 1_003_000],
    [99, 1_003_000],
  ])('is at most the longest one: after %i failures it ends at %i', (failures, end) => {
    const settings = { ...factorOne, longestLockMs: 3000 }

    expect(lockEnd({ failures, failedAt: 1_000_000 }, settings)).toBe(end)
  })

  it('is shortened by the longest one even after the first failure', () => {
    const settings = { ...factorOne, factorMs: 3_600_000, longestLockMs: 1000 }

    expect(lockEnd({ failures: 1, failedAt: 1_000_000 }, settings)).toBe(1_001_000)
  })
})

describe('the guesses that a token takes', () => {
  const five: ThrottleSettings = { ...factorOne, tokenGuesses: 5 }
  const entry = { nil: 0, yes: true, backoff: 1000, validUntil: noon, counter: 1 } as const
  const token = { pending: { digest: entry } }

  it.each([
    [12, 5, false],
    [16, 1, false],
    [17, 0, true],
    [18, 0, true],
  ])('end at guessesEnd: after %i failures of 17 there are %i left', (failures, left, isEnd) => {
    const item = { ...deviceOf(token), failures, guessesEnd: 17 }

    expect([guessesLeft(item, five), isUsedUp(item, five)]).toEqual([left, isEnd])
  })

  it('are no more than the failures before the device is disabled', () => {
    const item = { ...deviceOf(token), failures: 98, guessesEnd: 103 }

    expect(guessesLeft(item, five)).toBe(2)
    expect(guessesLeft({ ...item, failures: 100 }, five)).toBe(0)
    expect(isUsedUp({ ...item, failures: 100 }, five)).toBe(false)
  })

  it('are not bounded where the setting is unset, or is younger than the token', () => {
    const item = { ...deviceOf(token), failures: 17 }

    expect(guessesLeft({ ...item, guessesEnd: 17 }, factorOne)).toBeNull()
    expect(isUsedUp({ ...item, guessesEnd: 17 }, factorOne)).toBe(false)
    expect(guessesLeft(item, five)).toBeNull()
    expect(isUsedUp(item, five)).toBe(false)
  })

  it('are none where no token is pending, which is not used up', () => {
    const item = { ...deviceOf(), failures: 17, guessesEnd: 17 }

    expect([guessesLeft(item, five), isUsedUp(item, five)]).toEqual([0, false])
    expect(guessesLeft({ ...item, failures: 12 }, five)).toBe(0)
  })
})

describe('verify is allowed', () => {
  it('at every moment when nothing failed', () => {
    expect(verifyIsAllowed({ failures: 0, failedAt: 0 }, factorOne, 0)).toEqual({
      allowed: true,
      failureCount: 0,
      lockedUntil: null,
    })
  })

  it.each([
    [5000, { allowed: false, failureCount: 3, lockedUntil: 9000 }],
    [8999, { allowed: false, failureCount: 3, lockedUntil: 9000 }],
    [9000, { allowed: true, failureCount: 3, lockedUntil: null }],
    [9001, { allowed: true, failureCount: 3, lockedUntil: null }],
  ])('from the very millisecond the lock ends: at %i', (now, view) => {
    expect(verifyIsAllowed({ failures: 3, failedAt: 5000 }, factorOne, now)).toEqual(view)
  })

  it.each([
    [7999, false],
    [8000, true],
  ])('from the very millisecond the longest lock ends: at %i', (now, allowed) => {
    const settings = { ...factorOne, longestLockMs: 3000 }

    const view = verifyIsAllowed({ failures: 20, failedAt: 5000 }, settings, now)

    expect(view).toEqual({ allowed, failureCount: 20, lockedUntil: allowed ? null : 8000 })
  })

  it('at once at factor 0', () => {
    expect(verifyIsAllowed({ failures: 7, failedAt: 5000 }, off, 5000)).toEqual({
      allowed: true,
      failureCount: 7,
      lockedUntil: null,
    })
  })

  it('never once the device is disabled', () => {
    const settings = { ...factorOne, maxFailures: 3 }

    const view = verifyIsAllowed({ failures: 3, failedAt: 0 }, settings, 4_000_000_000_000)

    expect(view).toEqual({ allowed: false, failureCount: 3, lockedUntil: null })
  })

  it('not even at factor 0 once the device is disabled', () => {
    const view = verifyIsAllowed({ failures: 100, failedAt: 0 }, off, 4_000_000_000_000)

    expect(view.allowed).toBe(false)
  })
})

describe('a device is disabled', () => {
  it.each([
    [2, false],
    [3, true],
    [4, true],
  ])('by the last of three failures: %i', (failures, disabled) => {
    const settings = { ...factorOne, maxFailures: 3 }

    expect(isDisabled({ failures, failedAt: 0 }, settings)).toBe(disabled)
  })
})

const cooldown: CooldownSettings = { cooldownMs: 30_000, longestCooldownMs: null }

describe('generate is allowed', () => {
  it.each([
    [10_000, { allowed: false, nextChallengeAt: 40_000 }],
    [39_999, { allowed: false, nextChallengeAt: 40_000 }],
    [40_000, { allowed: true, nextChallengeAt: null }],
    [40_001, { allowed: true, nextChallengeAt: null }],
  ])('from the very millisecond the cooldown ends: at %i', (now, view) => {
    expect(generateIsAllowed({ challengedAt: 10_000, unverified: 1 }, cooldown, now)).toEqual(view)
  })

  it('at once without a cooldown', () => {
    const state = { challengedAt: 10_000, unverified: 1 }
    const none = { cooldownMs: 0, longestCooldownMs: null }

    expect(generateIsAllowed(state, none, 10_000)).toEqual({ allowed: true, nextChallengeAt: null })
  })

  it('to a device that was never challenged', () => {
    const now = Date.UTC(2026, 0, 1, 12)

    const state = { challengedAt: 0, unverified: 0 }
    const day = { cooldownMs: 86_400_000, longestCooldownMs: null }

    expect(generateIsAllowed(state, day, now)).toEqual({ allowed: true, nextChallengeAt: null })
  })
})

describe('a growing cooldown', () => {
  const growing: CooldownSettings = { cooldownMs: 30_000, longestCooldownMs: 100_000 }

  it.each([
    [0, 30_000],
    [1, 30_000],
    [2, 60_000],
    [3, 100_000],
    [4, 100_000],
    [2000, 100_000],
  ])('doubles with every challenge without a success up to the longest: %i', (unverified, ms) => {
    expect(cooldownAfter(unverified, growing)).toBe(ms)
  })

  it('does not grow without a longest one', () => {
    expect(cooldownAfter(9, cooldown)).toBe(30_000)
  })

  it('is none where the cooldown is none', () => {
    expect(cooldownAfter(2000, { cooldownMs: 0, longestCooldownMs: 3_600_000 })).toBe(0)
  })

  it('is not shortened by a longest one that is shorter', () => {
    expect(cooldownAfter(5, { cooldownMs: 30_000, longestCooldownMs: 1000 })).toBe(30_000)
  })

  it('has as many steps as it takes to the longest', () => {
    expect(shorterCooldowns(growing)).toEqual([
      { below: 2, ms: 30_000 },
      { below: 3, ms: 60_000 },
    ])
    expect(shorterCooldowns(cooldown)).toEqual([])
    expect(shorterCooldowns({ cooldownMs: 1000, longestCooldownMs: 86_400_000 })).toHaveLength(17)
  })
})

describe('a throttle whose factor was changed', () => {
  it('is exact after a hundred failures at the largest factor', () => {
    const state = { failures: 100, failedAt: 1_767_268_800_000 }

    const throttle = rescaled(state, 3_600_000)

    expect(throttle).toEqual({
      backoff: 4_563_542_160_821_625_845_388_131_539_353_600_000n,
      lockedUntil: 2_281_771_080_410_812_922_694_067_536_945_600_000n,
    })
  })

  it.each([
    [1, 1000, { backoff: 2000n, lockedUntil: 6000n }],
    [3, 1000, { backoff: 8000n, lockedUntil: 9000n }],
    [3, 250, { backoff: 2000n, lockedUntil: 6000n }],
    [1, 1, { backoff: 2n, lockedUntil: 5001n }],
  ])('locks as if it had always been so: %i failures, %i ms', (failures, factorMs, throttle) => {
    expect(rescaled({ failures, failedAt: 5000 }, factorMs)).toEqual(throttle)
  })

  it('has no lock without failures', () => {
    const throttle = rescaled({ failures: 0, failedAt: 0 }, 2500)

    expect(throttle).toEqual({ backoff: 2500n, lockedUntil: 0n })
  })

  it('has a lock that ended with the failure itself once it is switched off', () => {
    const throttle = rescaled({ failures: 9, failedAt: 5000 }, 0)

    expect(throttle).toEqual({ backoff: 0n, lockedUntil: 5000n })
  })

  it('is locked until the moment that the API shows', () => {
    const factorMs = fc.integer({ min: 1, max: 3_600_000 })
    const failures = fc.integer({ min: 1, max: 100 })
    const failedAt = fc.integer({ min: 1, max: 4_102_444_800_000 })
    fc.assert(
      fc.property(factorMs, failures, failedAt, (factorMs, failures, failedAt) => {
        const state = { failures, failedAt }

        const { lockedUntil } = rescaled(state, factorMs)

        expect(Number(lockedUntil)).toBe(lockEnd(state, { ...factorOne, factorMs }))
      }),
    )
  })

  it('has the same lock for the next failure as after it', () => {
    const factorMs = fc.integer({ min: 1, max: 3_600_000 })
    const failures = fc.integer({ min: 0, max: 99 })
    fc.assert(
      fc.property(factorMs, failures, (factorMs, failures) => {
        const { backoff } = rescaled({ failures, failedAt: 0 }, factorMs)

        const next = rescaled({ failures: failures + 1, failedAt: 0 }, factorMs)
        expect(next.lockedUntil).toBe(backoff)
      }),
    )
  })
})
