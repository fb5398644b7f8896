// Who is established: whose number's owner has shown lately that the messages are theirs.
import { describe, expect, it } from 'vitest'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { isEstablished, isEstablishedFor, wasEstablished } from '../../../lib/device/established.ts'
import { deviceOf, noon } from '../../support/device.ts'

const settings = { establishedMs: 86_400_000 }
const owner = (given: Partial<DeviceItem> = {}) =>
  deviceOf({ confirmed: true, usedNow: noon - 1, ...given })

describe('a device is established', () => {
  it.each<[string, Partial<DeviceItem>]>([
    ['by a token that was accepted', {}],
    ['while others have failed since', { usedNow: 0, usedBefore: noon - 1, failures: 3 }],
    ['through its last millisecond', { usedNow: noon - 86_399_999 }],
    ['with four challenges unverified', { unverified: 4 }],
  ])('%s', (_, given) => {
    expect(isEstablished(owner(given), settings, noon)).toBe(true)
  })
})

describe('a device is not established', () => {
  it.each<[string, Partial<DeviceItem>]>([
    ['by the word of a caller', { usedNow: 0 }],
    ['once its confirmation was taken back', { confirmed: false }],
    ['when its days are over', { usedNow: noon - 86_400_000 }],
    ['with five challenges unverified', { unverified: 5 }],
  ])('%s', (_, given) => {
    expect(isEstablished(owner(given), settings, noon)).toBe(false)
  })

  it('by the beginning of time', () => {
    const always = { establishedMs: Number.POSITIVE_INFINITY }

    expect(isEstablished(owner({ usedNow: 0 }), always, noon)).toBe(false)
  })
})

it.each([
  [5, true],
  [6, false],
])('with %i challenges, the last included, it was established before it: %s', (count, was) => {
  expect(wasEstablished(owner({ unverified: count }), settings, noon)).toBe(was)
})

describe('for a challenge', () => {
  const challenge = { requestName: 'r5', now: noon }
  const withLast = (requestName: string) =>
    owner({ unverified: 5, challenge: { keyName: '', requestName } })

  it('a device that counts it already is judged without it', () => {
    expect(isEstablishedFor(challenge, withLast('r5'), settings)).toBe(true)
  })

  it('a device that does not count it yet is judged as it is', () => {
    expect(isEstablishedFor(challenge, withLast('r4'), settings)).toBe(false)
  })

  it('a device is judged at the moment of the challenge', () => {
    const late = { requestName: 'r5', now: noon + 86_400_000 }

    expect(isEstablishedFor(late, withLast('r5'), settings)).toBe(false)
  })
})
