// The rules of npm run restore: which moment, which name, and what a restore undoes.
import { describe, expect, it } from 'vitest'
import { assertCovered, readMoment, restoredName } from '../../../infra/commands/restore/moment.ts'
import { linesOf, undoneOf } from '../../../infra/commands/restore/undone.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { deviceOf, noon } from '../../support/device.ts'

const at = Date.UTC(2026, 10, 27, 10)
const throttle = { factorMs: 1000, longestLockMs: 3_600_000, maxFailures: 10, tokenGuesses: null }

function kindsOf(before: Partial<DeviceItem> | null, after: Partial<DeviceItem> | null) {
  const device = {
    userId: 'alice',
    deviceId: 'd',
    before: before && deviceOf(before),
    after: after && deviceOf(after),
  }
  return undoneOf(device, throttle, noon).map(({ kind }) => kind)
}

describe('a moment', () => {
  it.each([
    '2026-11-27T10:00:00Z',
    '2026-11-27T10:00:00.999Z',
    '2026-11-27T11:00:00+01:00',
    '2026-11-27T05:30:00-04:30',
  ])('%s is ten o’clock, to the second', text => {
    expect(readMoment(text, at + 60_000)).toBe(at)
  })

  it('is covered in the very second in which recovery begins', () => {
    expect(() => assertCovered(at, { earliest: at + 400, latest: at + 400 }, 'it')).not.toThrow()
  })
})

describe('a restored table', () => {
  it('is named by the table and the moment', () => {
    expect(restoredName('devices', at)).toBe('devices-20261127T100000Z')
  })

  it('does not carry the moment of an earlier restore', () => {
    expect(restoredName('devices-20250101T000000Z', at)).toBe('devices-20261127T100000Z')
  })

  it('has a name that DynamoDB takes', () => {
    expect(restoredName('d'.repeat(255), at)).toBe(`${'d'.repeat(238)}-20261127T100000Z`)
  })
})

describe('a restore undoes', () => {
  it('nothing of a device that came and went', () => {
    expect(kindsOf(null, null)).toEqual([])
  })

  it('nothing of one that is as it was', () => {
    expect(kindsOf({}, { name: 'new', challengedAt: noon })).toEqual([])
  })

  it('a new number, and the confirmation that it took', () => {
    expect(kindsOf({ confirmed: true }, { number: '+15555550101' })).toEqual([
      'number',
      'unconfirmed',
    ])
  })

  it('a lock that still holds', () => {
    expect(kindsOf({}, { failures: 5, failedAt: noon - 1000 })).toEqual(['shut'])
  })

  it('no lock that has ended', () => {
    expect(kindsOf({}, { failures: 5, failedAt: noon - 60_000 })).toEqual([])
  })

  it('that a locked device was disabled', () => {
    const locked = { failures: 5, failedAt: noon - 1000 }

    expect(kindsOf(locked, { failures: 10, failedAt: noon - 1000 })).toEqual(['shut'])
  })

  it('that a disabled one was enabled', () => {
    expect(kindsOf({ failures: 10, failedAt: 0 }, {})).toEqual(['opened'])
  })
})

it('no number is shown whole', () => {
  const device = { userId: 'alice', deviceId: 'd', before: deviceOf(), after: null }

  expect(linesOf(undoneOf(device, throttle, noon))).toEqual([
    '  1 deleted, and come back. Delete them again:',
    '    alice  d  +1••••••••00',
  ])
})
