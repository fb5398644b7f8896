// The device: as it is made, and as the API shows it.
import { describe, expect, it } from 'vitest'
import {
  type DeviceItem,
  lastUsedAt,
  livePending,
  newDevice,
  numberSince,
  type PendingToken,
  wholeItem,
} from '../../../lib/device/device.ts'
import { deviceView } from '../../../lib/device/view.ts'
import { requestName } from '../../../lib/request-name.ts'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { rfc3339, rfc3339OrNull } from '../../../lib/time.ts'
import { digestToken } from '../../../lib/token/digest.ts'
import { deviceOf } from '../../support/device.ts'

const given = {
  userId: 'alice',
  deviceId: '0190f5a0-0000-7000-8000-000000000001',
  name: 'phone',
  number: '+15555550100',
  country: '',
  confirmed: false,
  factorMs: 2500,
  now: Date.UTC(2026, 0, 1, 12),
}
const noon = given.now
const settings = deviceSettings({ OTP_TWILIO_COOLDOWN: '30' })

function entry(validUntil: number): PendingToken {
  return { nil: 0, yes: true, backoff: 1000, validUntil, counter: 271_828_182_845_904 }
}

describe('a new device', () => {
  it('has every attribute at its start', () => {
    expect(newDevice(given)).toEqual({
      v: 1,
      userId: 'alice',
      deviceId: '0190f5a0-0000-7000-8000-000000000001',
      name: 'phone',
      number: '+15555550100',
      country: '',
      confirmed: false,
      createdAt: 1_767_268_800_000,
      failures: 0,
      failedAt: 0,
      lockedUntil: 0,
      backoff: 2500,
      factorMs: 2500,
      usedNow: 0,
      usedBefore: 0,
      challengedAt: 0,
      unverified: 0,
      challenge: { keyName: '', requestName: '' },
      replaced: '',
      pending: {},
      attempts: {
        id1: '-',
        id2: '-',
        id3: '-',
        id4: '-',
        ok1: false,
        ok2: false,
        ok3: false,
        ok4: false,
      },
    })
  })

  it('is confirmed when it is made so', () => {
    expect(newDevice({ ...given, confirmed: true }).confirmed).toBe(true)
  })

  it('shares no map with another one', () => {
    const [one, other] = [newDevice(given), newDevice(given)]

    expect(one.pending).not.toBe(other.pending)
    expect(one.attempts).not.toBe(other.attempts)
    expect(one.challenge).not.toBe(other.challenge)
  })
})

describe('what a new device was made of', () => {
  it('is kept where the request had an idempotency key', () => {
    expect(newDevice({ ...given, payload: 'abcdefgh' }).payload).toBe('abcdefgh')
    expect(newDevice(given)).not.toHaveProperty('payload')
    expect(newDevice({ ...given, payload: null })).not.toHaveProperty('payload')
  })

  it('is kept with who made it, where somebody did', () => {
    expect(newDevice({ ...given, actor: 'backend' }).actor).toBe('backend')
    expect(newDevice({ ...given, actor: '' })).not.toHaveProperty('actor')
  })
})

describe('an item that lacks attributes', () => {
  it('has those of a new device in their place', () => {
    expect(wholeItem({})).toEqual(
      newDevice({
        ...{ userId: '', deviceId: '', name: '', number: '', country: '' },
        ...{ confirmed: false, factorMs: 0, now: 0 },
      }),
    )
  })

  it('keeps what it has', () => {
    const item = { ...newDevice(given), confirmed: true, challenge: { keyName: 'k' } }

    expect(wholeItem(item as never)).toEqual({
      ...newDevice(given),
      confirmed: true,
      challenge: { keyName: 'k', requestName: '' },
    })
  })
})

describe('the last use', () => {
  it.each([
    [0, 0, 0],
    [5000, 0, 5000],
    [0, 5000, 5000],
  ])('is in one of two attributes: %i and %i', (usedNow, usedBefore, at) => {
    expect(lastUsedAt({ ...newDevice(given), usedNow, usedBefore })).toBe(at)
  })
})

describe('a number', () => {
  it.each([
    ['that came later is as old as its change', { numberAt: noon + 1 }, noon + 1],
    ['that never changed is as old as its device', {}, noon],
  ])('%s', (_, given, since) => {
    expect(numberSince(deviceOf({ createdAt: noon, ...given }))).toBe(since)
  })
})

describe('a pending token', () => {
  it.each([
    [4999, true],
    [5000, false],
    [5001, false],
  ])('is dead from the very millisecond its validity ends: at %i', (now, lives) => {
    const device = { ...newDevice(given), pending: { digest: entry(5000) } }

    expect(livePending(device, now)).toEqual(lives ? entry(5000) : null)
  })

  it('is none when there is no entry', () => {
    expect(livePending(newDevice(given), 0)).toBeNull()
  })
})

describe('a moment', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_767_268_800_001, '2026-01-01T12:00:00.001Z'],
    [253_402_300_799_998, '9999-12-31T23:59:59.998Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
    [253_402_300_800_000, '9999-12-31T23:59:59.999Z'],
    [2.28e36, '9999-12-31T23:59:59.999Z'],
    [Number.POSITIVE_INFINITY, '9999-12-31T23:59:59.999Z'],
  ])('is RFC 3339 in UTC with four digits of the year: %d', (at, text) => {
    expect(rfc3339(at)).toBe(text)
    expect(rfc3339OrNull(at)).toBe(text)
  })

  it('that is null stays null', () => {
    expect(rfc3339OrNull(null)).toBeNull()
  })
})

describe('a device as the API shows it', () => {
  it('is new at first', () => {
    expect(deviceView(newDevice(given), settings, noon)).toEqual({
      id: '0190f5a0-0000-7000-8000-000000000001',
      userId: 'alice',
      name: 'phone',
      number: '+15555550100',
      country: null,
      confirmed: false,
      established: false,
      createdAt: '2026-01-01T12:00:00.000Z',
      lastUsedAt: null,
      throttle: { allowed: true, failureCount: 0, lockedUntil: null },
      cooldown: { allowed: true, nextChallengeAt: null },
      pending: null,
      delivery: null,
    })
  })

  it('has the country of its number', () => {
    expect(deviceView(newDevice({ ...given, country: 'US' }), settings, noon).country).toBe('US')
  })

  it('has its use, its challenge and its failures', () => {
    const device: DeviceItem = {
      ...newDevice(given),
      confirmed: true,
      failures: 3,
      failedAt: noon + 1000,
      usedBefore: noon - 1000,
      challengedAt: noon,
      pending: { digest: entry(noon + 30_000) },
    }

    expect(deviceView(device, settings, noon + 2000)).toEqual({
      id: '0190f5a0-0000-7000-8000-000000000001',
      userId: 'alice',
      name: 'phone',
      number: '+15555550100',
      country: null,
      confirmed: true,
      established: true,
      createdAt: '2026-01-01T12:00:00.000Z',
      lastUsedAt: '2026-01-01T11:59:59.000Z',
      throttle: { allowed: false, failureCount: 3, lockedUntil: '2026-01-01T12:00:05.000Z' },
      cooldown: { allowed: false, nextChallengeAt: '2026-01-01T12:00:30.000Z' },
      pending: { validUntil: '2026-01-01T12:00:30.000Z' },
      delivery: null,
    })
  })

  const reported = { progress: 4, reason: 2, reportedAt: noon, test: true } as const
  const updated = { ...newDevice(given), challenge: { ...newDevice(given).challenge, ...reported } }

  it('shows the delivery of its last message', () => {
    expect(deviceView(updated, settings, noon)).toMatchObject({
      delivery: {
        status: 'undelivered',
        reason: 'landline',
        at: '2026-01-01T12:00:00.000Z',
        next: 'another_number',
      },
    })
  })

  it('is marked if it has a test number', () => {
    expect(deviceView(updated, settings, noon)).toMatchObject({ test: true })
    expect(deviceView(newDevice(given), settings, noon)).not.toHaveProperty('test')
  })

  it('shows no pending token that is dead', () => {
    const device = { ...newDevice(given), pending: { digest: entry(noon) } }

    expect(deviceView(device, settings, noon).pending).toBeNull()
  })

  it('is throttled by today’s settings instead of those it was stored with', () => {
    const device = { ...newDevice(given), failures: 2, failedAt: noon, lockedUntil: noon + 5000 }
    const today = deviceSettings({ OTP_TWILIO_THROTTLE_FACTOR: '60' })

    const { throttle } = deviceView(device, today, noon + 5000)

    expect(throttle.lockedUntil).toBe('2026-01-01T12:02:00.000Z')
  })

  it('has a lock that ends within the year 9999 however often it failed', () => {
    const device = { ...newDevice(given), failures: 99, failedAt: noon }

    const { throttle } = deviceView(device, settings, noon)

    expect(throttle.lockedUntil).toBe('9999-12-31T23:59:59.999Z')
  })

  it('never shows digests, counters, attempts or challenges', () => {
    const digest = digestToken(Buffer.alloc(32), { ...given, token: '123456' })
    const names = Array.from({ length: 6 }, () => requestName(null))
    const [id1 = '', id2 = '', id3 = '', id4 = '', keyName = '', request = ''] = names
    const device: DeviceItem = {
      ...newDevice(given),
      pending: { [digest]: entry(noon + 30_000) },
      challenge: { keyName, requestName: request, outcome: { code: 'sent' } },
      attempts: { id1, id2, id3, id4, ok1: true, ok2: false, ok3: false, ok4: false },
    }

    const shown = JSON.stringify(deviceView(device, settings, noon))

    expect(shown).toContain('"validUntil":"2026-01-01T12:00:30.000Z"')
    for (const hidden of [digest, '271828182845904', ...names]) {
      expect(shown).not.toContain(hidden)
    }
  })
})
