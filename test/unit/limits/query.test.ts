// The subjects that an admin's query names.
import { describe, expect, it } from 'vitest'
import { queriedSubjects } from '../../../lib/limits/query.ts'
import { ownSubject } from '../../../lib/limits/subject.ts'

const number = '+15555550100'

describe('a query', () => {
  it.each([
    ['nothing', {}, {}],
    ['a number', { number }, { number, number_all: number }],
    ['a number without its country code', { number: '5555550100' }, { number, number_all: number }],
    ['a user', { userId: 'a' }, { user: 'a' }],
    [
      'a device',
      { userId: 'a', deviceId: 'b' },
      { user: 'a', own: ownSubject({ userId: 'a', deviceId: 'b' }) },
    ],
    ['a client', { clientIp: '2001:db8::1' }, { client: '2001:db8:0:0::/64' }],
    ['a country', { country: 'GB' }, { country: 'GB' }],
  ])('names %s', (_, query, subjects) => {
    expect(queriedSubjects(query, 'US')).toStrictEqual(subjects)
  })

  it('names no device without its user', () => {
    expect(() => queriedSubjects({ deviceId: 'b' }, null)).toThrow(
      expect.objectContaining({
        code: 'invalid_query',
        message: 'The deviceId must come with its userId.',
      }),
    )
  })
})

it('a device is another subject than one whose ids run together', () => {
  const subjects = [
    ownSubject({ userId: 'a', deviceId: 'bc' }),
    ownSubject({ userId: 'ab', deviceId: 'c' }),
    ownSubject({ userId: 'abc', deviceId: '' }),
  ]

  expect(new Set(subjects).size).toBe(3)
})
