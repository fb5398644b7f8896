// The pure rules of the admin console: what a search means, how times read, where an address leads.
import { describe, expect, it, vi } from 'vitest'
import type { Api, Device, DevicePage } from '../../../lib/console/api.ts'
import { formatLeft } from '../../../lib/console/format.ts'
import { lockOf, nextEnd } from '../../../lib/console/lock.ts'
import { deviceHref, readRoute } from '../../../lib/console/route.ts'
import { findDevices, readSearch, searchedUser } from '../../../lib/console/search.ts'

const device: Device = {
  id: 'd1',
  userId: 'alice',
  name: '',
  number: '+14155552671',
  confirmed: true,
  createdAt: '2026-01-01T12:00:00.000Z',
  lastUsedAt: null,
  throttle: { allowed: true, failureCount: 0, lockedUntil: null },
  cooldown: { allowed: true, nextChallengeAt: null },
  pending: null,
  delivery: null,
}
const now = Date.parse('2026-01-01T12:00:00.000Z')
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()

describe('what is searched for', () => {
  it.each([
    ['alice', 'alice', null],
    ['alice@example.org', 'alice@example.org', null],
    ['+14155552671', '+14155552671', '+14155552671'],
    ['auth0|5f7c', 'auth0|5f7c', null],
    ['(415) 555-2671', null, '(415) 555-2671'],
    ['4155552671', '4155552671', '4155552671'],
    ['user-1234', 'user-1234', null],
    ['0199d0c8-1f34-7abc', '0199d0c8-1f34-7abc', '0199d0c8-1f34-7abc'],
    ['.', null, null],
    ['..', null, null],
    ['who is it?', null, null],
    ['x'.repeat(129), null, null],
  ])('%j is a user, a number, either or neither', (text, userId, number) => {
    expect(readSearch(text)).toEqual({ userId, number })
  })

  it('is a user when everything was found and is theirs', () => {
    const theirs: DevicePage = { devices: [device], cursor: null }

    expect(searchedUser('alice', theirs)).toBe('alice')
    expect(searchedUser('alice', { ...theirs, cursor: 'more' })).toBeNull()
    expect(searchedUser('bob', theirs)).toBeNull()
    expect(searchedUser('alice', { devices: [], cursor: null })).toBeNull()
  })
})

describe('searching', () => {
  type Found = { ok: true; value: { devices: Device[]; cursor?: string } } | typeof none
  const none = { ok: false, failure: { code: 'invalid_number', status: 422 } } as const
  const found: Found = { ok: true, value: { devices: [device], cursor: 'next' } }
  const { signal } = new AbortController()

  /** An API that answers for a user, and for a number. */
  const answering = (ofUser: Found, ofNumber: Found) => {
    const list = vi.fn(async (_userId: string, _query: object) => ofUser)
    const find = vi.fn(async (_query: object) => ofNumber)
    const otp = { devices: { list, find } }
    const call = (ask: (client: typeof otp) => unknown) => ask(otp)
    return { api: { call } as unknown as Api, list, find }
  }

  it('shows a device once that is found by user and number', async () => {
    const { api, list, find } = answering({ ok: true, value: { devices: [device] } }, found)

    const result = await findDevices(api, '4155552671', null, signal)

    expect(result).toEqual({ ok: true, value: { devices: [device], cursor: 'next' } })
    expect(list).toHaveBeenCalledWith('4155552671', { signal })
    expect(find).toHaveBeenCalledWith({ limit: 25, number: '4155552671', signal })
  })

  it('finds a user whose id is no number', async () => {
    const { api } = answering({ ok: true, value: { devices: [device] } }, none)

    expect(await findDevices(api, '12345', null, signal)).toMatchObject({
      ok: true,
      value: { devices: [device], cursor: null },
    })
  })

  it('is refused for a number that is none where it can be nothing else', async () => {
    const { api } = answering(found, none)

    expect(await findDevices(api, '(12345', null, signal)).toEqual(none)
  })

  it('asks for the next page of the number alone', async () => {
    const { api, list, find } = answering(found, found)

    await findDevices(api, '4155552671', 'c', signal)

    expect(list).not.toHaveBeenCalled()
    expect(find).toHaveBeenCalledWith({ limit: 25, number: '4155552671', cursor: 'c', signal })
  })
})

describe('what is left', () => {
  it.each([
    [-1, '0:00'],
    [0, '0:00'],
    [1, '0:01'],
    [42_000, '0:42'],
    [59_001, '1:00'],
    [725_000, '12:05'],
    [3_600_000, '1:00:00'],
    [11_229_000, '3:07:09'],
    [172_799_000, '47:59:59'],
    [172_800_000, '2 days'],
    [63_072_000_000, '2 years'],
    [251_650_000_000_000, '7,980 years'],
  ])('of %i ms reads %s', (left, text) => {
    expect(formatLeft(left, 'en')).toBe(text)
  })

  it('reads in German too', () => {
    expect(formatLeft(259_200_000, 'de')).toBe('3 Tage')
  })
})

describe('a lock', () => {
  it('ends with its time', () => {
    const locked = {
      ...device,
      throttle: { allowed: false, failureCount: 1, lockedUntil: at(10) },
    }

    expect(lockOf(device, now)).toBe('open')
    expect(lockOf(locked, now)).toBe('locked')
    expect(lockOf(locked, now + 10_000)).toBe('open')
  })

  it('of a disabled device has no end', () => {
    const disabled = {
      ...device,
      throttle: { allowed: false, failureCount: 100, lockedUntil: null },
    }

    expect(lockOf(disabled, now)).toBe('disabled')
  })

  it('is waited for only if it is what ends next', () => {
    const busy = {
      ...device,
      throttle: { allowed: false, failureCount: 1, lockedUntil: at(20) },
      cooldown: { allowed: false, nextChallengeAt: at(10) },
      pending: { validUntil: at(300) },
    }

    expect(nextEnd(device, now)).toBeNull()
    expect(nextEnd(busy, now)).toBe(now + 10_000)
    expect(nextEnd(busy, now + 10_000)).toBe(now + 20_000)
  })
})

describe('an address', () => {
  it.each(['alice', 'a:b~c@d.e', '100%'])('of a device of %s leads back to it', userId => {
    const href = deviceHref({ userId, id: 'd1' })

    expect(readRoute(href)).toEqual({ screen: 'device', userId, deviceId: 'd1' })
  })

  it.each(['', '#', '#/'])('%j is the list', fragment => {
    expect(readRoute(fragment)).toEqual({ screen: 'list' })
  })

  it('#/traffic is the traffic', () => {
    expect(readRoute('#/traffic')).toEqual({ screen: 'traffic' })
  })

  it.each(['#/traffic/', '#/users/a', '#/users/a/devices/', '#/users/%/devices/d', '#x'])(
    '%j is none',
    fragment => {
      expect(readRoute(fragment)).toEqual({ screen: 'none' })
    },
  )
})
