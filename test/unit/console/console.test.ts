// The pure rules of the admin console: what a search means, how times read, where an address leads.
import { describe, expect, it, vi } from 'vitest'
import type { Api, Device, DevicePage, Key } from '../../../lib/console/api.ts'
import { formatLeft } from '../../../lib/console/format.ts'
import { lockOf, nextEnd } from '../../../lib/console/lock.ts'
import { deviceHref, limitsHref, readRoute } from '../../../lib/console/route.ts'
import { findDevices, readSearch, searchedUser, sorted } from '../../../lib/console/search.ts'

const device: Device = {
  id: 'd1',
  userId: 'alice',
  name: '',
  number: '+14155552671',
  country: 'US',
  confirmed: true,
  established: false,
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
  type Found = { ok: true; value: { devices: Device[]; cursor: string | null } } | typeof refused
  const refused = { ok: false, failure: { code: 'invalid_number', status: 422 } } as const
  const other = { ...device, id: 'd2', userId: 'bob' }
  const pageOf = (devices: Device[], cursor: string | null = null): Found => ({
    ok: true,
    value: { devices, cursor },
  })
  const { signal } = new AbortController()

  /** An API that answers for a user, for a number and for a text. */
  const answering = (
    { ofUser = pageOf([]), ofNumber = pageOf([]), found = pageOf([]) },
    key: Partial<Key> = {},
  ) => {
    const list = vi.fn(async (_userId: string, _query: object) => ofUser)
    const find = vi.fn(async (query: { number?: string }) => (query.number ? ofNumber : found))
    const otp = { devices: { list, find } }
    const call = (ask: (client: typeof otp) => unknown) => ask(otp)
    const all: Key = {
      ...{ name: 'demo', scopes: ['admin'], until: null, prefix: null },
      ...{ channels: ['sms'], countries: null },
    }
    return { api: { call, key: { ...all, ...key } } as unknown as Api, list, find }
  }
  const text = (searched: string) => ({ text: searched, state: null })

  it('shows a device once that is found in several ways, by its whole id first', async () => {
    const found = pageOf([other, device], 'next')
    const { api, list, find } = answering({ ofUser: pageOf([device]), found })

    const result = await findDevices(api, text('alice'), null, signal)

    expect(result).toEqual(pageOf([device, other], 'next'))
    expect(list).toHaveBeenCalledWith('alice', { signal })
    expect(find).toHaveBeenCalledExactlyOnceWith({ limit: 50, search: 'alice', signal })
  })

  it('finds what is no number by what else it is', async () => {
    const { api } = answering({ ofNumber: refused, found: pageOf([device]) })

    expect(await findDevices(api, text('12345'), null, signal)).toEqual(pageOf([device]))
  })

  it('asks for no number of more than 64 characters', async () => {
    const { api, find } = answering({})

    await findDevices(api, text('1'.repeat(65)), null, signal)

    expect(find).toHaveBeenCalledExactlyOnceWith({ limit: 50, search: '1'.repeat(65), signal })
  })

  it('asks for the next page of the search alone', async () => {
    const { api, list, find } = answering({})

    await findDevices(api, text('4155552671'), 'c', signal)

    expect(list).not.toHaveBeenCalled()
    expect(find).toHaveBeenCalledExactlyOnceWith({
      ...{ limit: 50, search: '4155552671', cursor: 'c', signal },
    })
  })

  it('asks for a state over all devices', async () => {
    const { api, find } = answering({})

    await findDevices(api, { text: '', state: 'locked' }, 'c', signal)

    expect(find).toHaveBeenCalledExactlyOnceWith({
      ...{ limit: 50, state: 'locked', cursor: 'c', signal },
    })
  })

  it('with a key that only reads asks for a whole user id and nothing else', async () => {
    const { api, list, find } = answering(
      { ofUser: pageOf([device]) },
      { scopes: ['devices:read'] },
    )

    expect(await findDevices(api, text('alice'), null, signal)).toEqual(pageOf([device]))
    expect(await findDevices(api, text(''), null, signal)).toEqual(pageOf([]))
    expect(list).toHaveBeenCalledTimes(1)
    expect(find).not.toHaveBeenCalled()
  })

  it('with the key of a tenant searches among its users', async () => {
    const key: Partial<Key> = { scopes: ['devices:read'], prefix: 'acme:' }
    const { api, find } = answering({ found: pageOf([device]) }, key)

    expect(await findDevices(api, text(''), null, signal)).toEqual(pageOf([device]))
    expect(find).toHaveBeenCalledExactlyOnceWith({ limit: 50, signal })
  })
})

describe('sorting', () => {
  const a = { ...device, id: 'a', userId: 'user-10', name: 'Äpfel', lastUsedAt: at(5) }
  const b = { ...device, id: 'b', userId: 'user-9', name: '', lastUsedAt: at(9), createdAt: at(9) }
  const c = { ...device, id: 'c', userId: 'user-11', name: 'Zug', lastUsedAt: null }

  it.each([
    ['user', 'bac'],
    ['name', 'acb'],
    ['used', 'bac'],
    ['created', 'bac'],
  ] as const)('by %s is as a person would', (order, ids) => {
    const shown = sorted([a, b, c], order, 'de')

    expect(shown.map(({ id }) => id).join('')).toBe(ids)
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

  it.each(['DE', ''])('of the limits of %j is the traffic with these limits', limitsOf => {
    expect(readRoute(limitsHref(limitsOf))).toEqual({ screen: 'traffic', limitsOf })
  })

  it.each([
    '#/traffic/',
    '#/limits',
    '#/limits/de',
    '#/users/a',
    '#/users/a/devices/',
    '#/users/%/devices/d',
    '#x',
  ])('%j is none', fragment => {
    expect(readRoute(fragment)).toEqual({ screen: 'none' })
  })
})
