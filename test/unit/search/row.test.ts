// By what a device is found, and what a write to it changes in that.
import { describe, expect, it } from 'vitest'
import type { DeviceItem } from '../../../lib/device/device.ts'
import {
  deviceOfEntry,
  deviceStates,
  isInState,
  messageRow,
  type SearchRow,
  searchRewrites,
  searchRows,
  searchWrites,
} from '../../../lib/search/row.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import type { DeviceChange } from '../../../lib/stream/records.ts'
import { deviceOf, noon } from '../../support/device.ts'

const throttle = throttleSettings({ OTP_TWILIO_MAX_FAILURES: '9' })
const confirmed = deviceOf({ confirmed: true })
const { userId, deviceId } = confirmed
const entry = `${userId} ${deviceId}`
/** At a factor of a second the sixth failure locks for 32 s, the seventh for 64 s. */
const failing = (failures: number, given: Partial<DeviceItem> = {}) =>
  deviceOf({ confirmed: true, failures, failedAt: noon, ...given })

const statesOf = (device: DeviceItem) =>
  searchRows(device, throttle).filter(({ subject }) =>
    deviceStates.some(state => subject === `search:${state}`),
  )

describe('a device', () => {
  it('is found by the end of its number, its ids and its challenges', () => {
    expect(searchRows(confirmed, throttle)).toEqual([
      { subject: 'search:number', entry: `00105555551 ${entry}` },
      { subject: 'search:user', entry },
      { subject: 'search:device', entry: `${deviceId} ${userId}` },
      { subject: 'search:challenge', entry: expect.stringMatching(/^[\w-]{5} /) },
    ])
  })

  it('is led to by each of its entries', () => {
    const rows = searchRows(deviceOf(), throttle)

    expect(rows.map(deviceOfEntry)).toEqual(Array(5).fill({ userId, deviceId }))
  })

  it.each<[string, DeviceItem, SearchRow[]]>([
    ['confirmed', confirmed, []],
    ['unconfirmed', deviceOf(), [{ subject: 'search:unconfirmed', entry }]],
    ['locked for less than a minute', failing(6), []],
    [
      'locked for longer',
      failing(7, { failedAt: noon + 1 }),
      [{ subject: 'search:locked', entry, expiresAt: noon / 1000 + 65 }],
    ],
    ['disabled', failing(9), [{ subject: 'search:disabled', entry }]],
  ])('that is %s is found by that state', (_, device, rows) => {
    expect(statesOf(device)).toEqual(rows)
  })

  it('is found by a lock of a minute', () => {
    const settings = { ...throttle, factorMs: 60_000 }

    expect(searchRows(failing(1), settings).at(-1)).toEqual({
      ...{ subject: 'search:locked', entry, expiresAt: noon / 1000 + 60 },
    })
  })

  it('is in its state until that ends', () => {
    const now = (ms: number) => isInState(failing(7), 'locked', throttle, noon + ms)

    expect([now(63_999), now(64_000)]).toEqual([true, false])
    expect(isInState(failing(9), 'locked', throttle, noon)).toBe(false)
    expect(isInState(confirmed, 'locked', throttle, noon)).toBe(false)
    expect(isInState(confirmed, 'unconfirmed', throttle, noon)).toBe(false)
  })
})

describe('a write to a device', () => {
  const change = (before: DeviceItem | null, device: DeviceItem, isDeleted = false) =>
    ({ before, device, isDeleted }) as DeviceChange
  const moved = { ...confirmed, number: '+15555550199' }
  const [numberRow] = searchRows(confirmed, throttle)
  const [movedRow] = searchRows(moved, throttle)

  it('that creates it writes all of its rows', () => {
    expect(searchWrites(change(null, confirmed), throttle)).toEqual(
      searchRows(confirmed, throttle).map(put => ({ put })),
    )
  })

  it('that deletes it removes all of them', () => {
    expect(searchWrites(change(confirmed, confirmed, true), throttle)).toEqual(
      searchRows(confirmed, throttle).map(remove => ({ remove })),
    )
  })

  it('that changes nothing of them writes nothing', () => {
    expect(searchWrites(change(confirmed, { ...confirmed, name: 'x' }), throttle)).toEqual([])
  })

  it('that changes its number moves the row of that alone', () => {
    expect(searchWrites(change(confirmed, moved), throttle)).toEqual([
      { remove: numberRow },
      { put: movedRow },
    ])
  })

  it('that makes its lock longer writes that row anew', () => {
    expect(searchWrites(change(failing(7), failing(8)), throttle)).toEqual([
      { put: { subject: 'search:locked', entry, expiresAt: noon / 1000 + 128 } },
    ])
  })

  it('that is told again leaves it found as it is now', () => {
    expect(searchRewrites(change(confirmed, moved), confirmed, throttle)).toEqual([
      ...[confirmed, moved].flatMap(one => searchRows(one, throttle)).map(remove => ({ remove })),
      ...searchRows(confirmed, throttle).map(put => ({ put })),
    ])
  })

  it('that is told again of a device that is gone leaves nothing', () => {
    expect(searchRewrites(change(null, moved), undefined, throttle)).toEqual(
      searchRows(moved, throttle).map(remove => ({ remove })),
    )
  })
})

it('a message leads to its device for as many days as events are kept', () => {
  expect(messageRow('SM1', { userId, deviceId }, noon + 1, 90)).toEqual({
    ...{ subject: 'message:SM1', entry, expiresAt: noon / 1000 + 90 * 86_400 + 1 },
  })
})
