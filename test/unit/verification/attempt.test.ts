// The result of a refused or repeated attempt, and the order in which the reasons are looked at.
import { describe, expect, it } from 'vitest'
import type { ThrottleSettings } from '../../../lib/settings/throttle.ts'
import { appliedResult, explainRefusal } from '../../../lib/verification/attempt.ts'
import { deviceOf } from '../../support/device.ts'

const settings: ThrottleSettings = {
  factorMs: 1000,
  longestLockMs: null,
  maxFailures: 5,
  tokenGuesses: null,
}
const bounded: ThrottleSettings = { ...settings, tokenGuesses: 3 }
const attempt = { guess: 'guess-digest', attempt: 'this-attempt', now: 100_000 }
const entry = {
  nil: 0,
  yes: true,
  backoff: 1000,
  counter: 1,
} as const

/** The attempts of a device, newest first: '!name' was accepted. */
function attemptsOf(first = '-', second = '-', third = '-', fourth = '-') {
  const id = (slot: string) => slot.replace('!', '')
  const ok = (slot: string) => slot.startsWith('!')
  return {
    id1: id(first),
    id2: id(second),
    id3: id(third),
    id4: id(fourth),
    ok1: ok(first),
    ok2: ok(second),
    ok3: ok(third),
    ok4: ok(fourth),
  }
}

describe('an attempt that the device remembers', () => {
  it.each([
    ['newest', attemptsOf('!this-attempt')],
    ['second', attemptsOf('b', '!this-attempt')],
    ['third', attemptsOf('b', 'c', '!this-attempt')],
    ['oldest', attemptsOf('b', 'c', 'd', '!this-attempt')],
  ])('was accepted if its slot says so: the %s', (_, attempts) => {
    const item = deviceOf({ attempts, usedNow: 100_000 })

    expect(appliedResult(item, attempt)).toEqual({ outcome: 'accepted', device: item })
  })

  it.each([
    ['newest', attemptsOf('this-attempt', '!b')],
    ['second', attemptsOf('!b', 'this-attempt')],
    ['third', attemptsOf('b', 'c', 'this-attempt', '!d')],
    ['oldest', attemptsOf('b', 'c', 'd', 'this-attempt')],
  ])('was rejected if its slot says so: the %s', (_, attempts) => {
    const item = deviceOf({ attempts, usedNow: 100_000 })

    expect(appliedResult(item, attempt)).toEqual({ outcome: 'rejected', device: item })
  })

  it.each([
    [99_999, 'accepted'],
    [100_000, 'accepted'],
    [159_999, 'accepted'],
    [160_000, 'accepted'],
    [160_001, 'rejected'],
    [4_000_000_000_000, 'rejected'],
  ])('is accepted again for exactly 60 seconds after the use: at %i', (now, outcome) => {
    const item = deviceOf({ attempts: attemptsOf('!this-attempt'), usedNow: 100_000 })

    expect(appliedResult(item, { ...attempt, now })?.outcome).toBe(outcome)
  })

  it.each([
    [160_000, 'accepted'],
    [160_001, 'rejected'],
  ])('has those 60 seconds in spite of a later wrong guess: at %i', (now, outcome) => {
    const item = deviceOf({ attempts: attemptsOf('b', '!this-attempt'), usedBefore: 100_000 })

    expect(appliedResult(item, { ...attempt, now })?.outcome).toBe(outcome)
  })

  it('is rejected once another one was accepted after it', () => {
    const attempts = attemptsOf('!later', 'b', '!this-attempt')
    const item = deviceOf({ attempts, usedNow: 100_000 })

    expect(appliedResult(item, attempt)).toEqual({ outcome: 'rejected', device: item })
  })

  it('is accepted when only older ones were accepted besides it', () => {
    const attempts = attemptsOf('!this-attempt', '!older', '!oldest')
    const item = deviceOf({ attempts, usedNow: 100_000 })

    expect(appliedResult(item, attempt)?.outcome).toBe('accepted')
  })
})

describe('an attempt that the device does not remember', () => {
  it('has no result', () => {
    const item = deviceOf({ attempts: attemptsOf('b', '!c', 'd', 'e'), usedNow: 100_000 })

    expect(appliedResult(item, attempt)).toBeNull()
  })

  it('has no result on a device that was never tried', () => {
    expect(appliedResult(deviceOf(), attempt)).toBeNull()
  })
})

describe('a refusal', () => {
  it('of no item is a device that is not there', () => {
    expect(explainRefusal(undefined, attempt, settings)).toEqual({ outcome: 'not_found' })
  })

  it('of an attempt applied before is its own result', () => {
    const item = deviceOf({ attempts: attemptsOf('!this-attempt'), usedNow: 100_000 })

    expect(explainRefusal(item, attempt, settings)).toEqual({ outcome: 'accepted', device: item })
  })

  it.each([
    [4, 'unclear'],
    [5, 'disabled'],
    [6, 'disabled'],
  ])('after %i failures of at most five is %s', (failures, outcome) => {
    const item = deviceOf({ failures, failedAt: 1000 })

    expect(explainRefusal(item, attempt, settings)).toMatchObject({ outcome })
  })

  it('under another factor asks for the throttle to be computed again', () => {
    const item = deviceOf({ factorMs: 2000 })

    expect(explainRefusal(item, attempt, settings)).toEqual({
      outcome: 'factor_changed',
      device: item,
    })
  })

  it.each([
    [100_999, 'locked'],
    [101_000, 'unclear'],
  ])('is a lock until the very millisecond it ends: at %i', (now, outcome) => {
    const item = deviceOf({ failures: 1, failedAt: 100_000 })

    expect(explainRefusal(item, { ...attempt, now }, settings)).toMatchObject({ outcome })
  })

  it.each([
    [102_999, 'locked'],
    [103_000, 'unclear'],
  ])('is no lock from the very millisecond the longest one ends: at %i', (now, outcome) => {
    const item = deviceOf({ failures: 4, failedAt: 100_000 })
    const shortened = { ...settings, longestLockMs: 3000 }

    expect(explainRefusal(item, { ...attempt, now }, shortened)).toMatchObject({ outcome })
  })

  it('is never a lock at factor 0', () => {
    const item = deviceOf({ failures: 4, failedAt: 100_000, factorMs: 0 })

    const { outcome } = explainRefusal(item, attempt, { ...settings, factorMs: 0 })

    expect(outcome).toBe('unclear')
  })

  it.each([
    [99_999, 'expired'],
    [100_000, 'expired'],
    [100_001, 'unclear'],
  ])('of the right token is its end, if it was valid until %i', (validUntil, outcome) => {
    const item = deviceOf({ pending: { 'guess-digest': { ...entry, validUntil } } })

    expect(explainRefusal(item, attempt, settings)).toEqual({ outcome })
  })

  it('of a token made under another factor asks for the throttle to be computed again', () => {
    const item = deviceOf({
      pending: { 'guess-digest': { ...entry, backoff: 2000, validUntil: 100_001 } },
    })

    expect(explainRefusal(item, attempt, settings)).toEqual({
      outcome: 'factor_changed',
      device: item,
    })
  })

  it('of a wrong token is no end of the right one', () => {
    const item = deviceOf({ pending: { 'other-digest': { ...entry, validUntil: 1 } } })

    expect(explainRefusal(item, attempt, settings)).toEqual({ outcome: 'unclear' })
  })

  it('that nothing explains is unclear', () => {
    expect(explainRefusal(deviceOf(), attempt, settings)).toEqual({ outcome: 'unclear' })
  })
})

const other = { 'other-digest': { ...entry, validUntil: 200_000 } }
const right = { 'guess-digest': { ...entry, validUntil: 200_000 } }

describe('a bounded token', () => {
  it.each([
    ['wrong', other],
    ['right', right],
    ['right and expired', { 'guess-digest': { ...entry, validUntil: 1 } }],
  ])('is used up at its last failure, for a guess that is %s', (_, pending) => {
    const item = deviceOf({ failures: 4, guessesEnd: 4, pending })

    expect(explainRefusal(item, attempt, bounded)).toEqual({ outcome: 'used_up' })
  })

  it('is not used up one failure before', () => {
    const item = deviceOf({ failures: 3, guessesEnd: 4, pending: other })

    expect(explainRefusal(item, attempt, bounded)).toEqual({ outcome: 'unclear' })
  })

  it('has no bound where it is older than the setting', () => {
    const item = deviceOf({ failures: 4, pending: other })

    expect(explainRefusal(item, attempt, bounded)).toEqual({ outcome: 'unclear' })
  })

  it('has no bound once the setting is unset', () => {
    const item = deviceOf({ failures: 4, guessesEnd: 4, pending: other })

    expect(explainRefusal(item, attempt, settings)).toEqual({ outcome: 'unclear' })
  })

  it.each([0, 4])('is missed where none is pending, whatever its end was: %i', guessesEnd => {
    const item = deviceOf({ failures: 4, guessesEnd })

    expect(explainRefusal(item, attempt, bounded)).toEqual({ outcome: 'no_token' })
  })
})

describe('an attempt that names its challenge', () => {
  const challenge = { keyName: '', requestName: 'last', firstId: 'first' }
  const item = deviceOf({ challenge, pending: right })

  it.each([
    ['last', 'unclear'],
    ['first', 'unclear'],
    ['another', 'replaced'],
    ['', 'replaced'],
  ])(
    'is refused for all but the last one and the one that it was sent again for: %s',
    (challengeId, outcome) => {
      expect(explainRefusal(item, { ...attempt, challengeId }, settings)).toEqual({ outcome })
    },
  )
})

describe('the order of the answers', () => {
  const expired = { pending: { 'guess-digest': { ...entry, validUntil: 1 } } }
  const locked = { ...expired, failures: 4, failedAt: 100_000 }
  const otherFactor = { ...locked, factorMs: 2000 }
  const replaced = { ...otherFactor, challenge: { keyName: '', requestName: 'another' } }
  const noToken = { ...replaced, pending: {} }
  const usedUp = { ...replaced, guessesEnd: 4 }
  const disabled = { ...usedUp, failures: 5 }
  const disabledWithout = { ...noToken, failures: 5 }
  const named = { ...attempt, challengeId: 'this' }
  const rejected = { ...disabled, attempts: attemptsOf('this-attempt') }
  const accepted = { ...disabled, attempts: attemptsOf('!this-attempt'), usedNow: 100_000 }

  it.each([
    ['accepted', 'disabled', accepted],
    ['rejected', 'disabled', rejected],
    ['disabled', 'used_up', disabled],
    ['disabled', 'no_token', disabledWithout],
    ['used_up', 'replaced', usedUp],
    ['no_token', 'replaced', noToken],
    ['replaced', 'factor_changed', replaced],
  ])('%s comes before %s', (outcome, _, given) => {
    expect(explainRefusal(deviceOf(given), named, bounded)).toMatchObject({ outcome })
  })

  it.each([
    ['factor_changed', 'locked', otherFactor],
    ['locked', 'expired', locked],
    ['expired', 'unclear', expired],
  ])('%s comes before %s', (outcome, _, given) => {
    expect(explainRefusal(deviceOf(given), attempt, bounded)).toMatchObject({ outcome })
  })
})
