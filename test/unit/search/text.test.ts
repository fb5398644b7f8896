// What a text is searched as, and for whom.
import { describe, expect, it } from 'vitest'
import { challengeName, deviceTag } from '../../../lib/request-name.ts'
import { partsOf, searchParts } from '../../../lib/search/text.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import { deviceOf, noon } from '../../support/device.ts'

const throttle = throttleSettings({ OTP_TWILIO_MAX_FAILURES: '9' })
const context = { throttle, now: noon }
const uuid = '0190f5a0-0000-7000-8000-000000000001'
const sid = `SM${'0123456789abcdef'.repeat(2)}`

/** The parts but that of a user id, which every text may begin. */
const startsOf = (text: string, prefix: string | null = null) =>
  partsOf(text, prefix)
    .map(({ subject, start }) => [subject, start])
    .filter(([subject]) => subject !== 'search:user')

const usersOf = (text: string, prefix: string | null) =>
  partsOf(text, prefix).find(({ subject }) => subject === 'search:user')?.start

describe('a text', () => {
  it.each([
    ['567', '765'],
    ['+44 20 7183-87.50', '057838170244'],
    ['+44 (0)20 7183 8750', '057838170244'],
    ['(020) 7183 8750', '0578381702'],
    ['00442071838750', '057838170244'],
    ['07183875', '5783817'],
    ['0718387', '7838170'],
  ])('is the end of a number: %s', (text, start) => {
    expect(startsOf(text)).toContainEqual(['search:number', start])
  })

  it.each(['56', 'a567', '567a', '+-', ''])('is no end of a number: %j', text => {
    expect(startsOf(text)).toEqual([])
  })

  it.each(['01234567', '0123abcd', '0123abcd-', '0123abcd-4', uuid])(
    'is the beginning of a device id: %s',
    text => {
      expect(startsOf(text)).toContainEqual(['search:device', text])
    },
  )

  it.each(['0123abc', '0123abcdx', '0123abcd4', `${uuid}0`, `x${uuid}`])(
    'is no beginning of a device id: %s',
    text => {
      expect(startsOf(text).map(([subject]) => subject)).not.toContain('search:device')
    },
  )

  it.each([sid, sid.replace('SM', 'MM'), sid.replace('SM', 'CA')])(
    'is the SID of a message: %s',
    text => {
      expect(startsOf(text)).toEqual([[`message:${text}`, '']])
    },
  )

  it.each([`x${sid}`, `${sid}0`, sid.slice(0, -1), sid.replace('SM', 'XX'), sid.toUpperCase()])(
    'is no SID: %s',
    text => {
      expect(startsOf(text)).toEqual([])
    },
  )

  it('is a challenge, whose name begins with the tag of its device', () => {
    const name = challengeName(uuid)

    expect(startsOf(name)).toContainEqual(['search:challenge', deviceTag(uuid)])
  })

  it('is the beginning of a user id', () => {
    expect(usersOf('ali', null)).toBe('ali')
  })

  it.each([
    ['acme:al', 'acme:al'],
    ['acme:', 'acme:'],
    ['ac', 'acme:'],
    ['me:', undefined],
    ['xacme:', undefined],
    ['acme2:', undefined],
  ])('of the tenant acme: is a user’s: %s', (text, start) => {
    expect(usersOf(text, 'acme:')).toBe(start)
  })
})

describe('what is found', () => {
  it.each([
    ['0100', { number: '+15555550100' }, { number: '+15555550101' }],
    ['0190f5a0', { deviceId: uuid }, { deviceId: 'x' }],
    ['alice', { userId: 'alice-2' }, { userId: 'al' }],
  ])('by %s has to be that still', (text, still, noMore) => {
    const part = partsOf(text, null).find(({ start }) => start.length >= text.length)

    expect(part?.matches(deviceOf(still))).toBe(true)
    expect(part?.matches(deviceOf(noMore))).toBe(false)
  })

  it('by an SID is its device, whatever that is now', () => {
    expect(partsOf(sid, null)[0]?.matches(deviceOf())).toBe(true)
  })

  it('is a tenant’s own', () => {
    const [part] = partsOf('567', 'acme:')
    const keeps = (userId: string) =>
      part?.keeps?.({ subject: 'search:number', entry: `7654 ${userId} ${uuid}` })

    expect([keeps('acme:alice'), keeps('acme2:alice')]).toEqual([true, false])
    expect(partsOf('567', null)[0]?.keeps).toBeNull()
  })
})

describe('a query', () => {
  it('is searched without the blanks around it', () => {
    const parts = searchParts({ search: ' alice\n' }, null, context)

    expect(parts).toMatchObject([{ subject: 'search:user', start: 'alice' }])
  })

  it('of a state is for that alone, and of a tenant for its users', () => {
    const [part] = searchParts({ state: 'unconfirmed' }, 'acme:', context) ?? []

    expect(part).toMatchObject({ subject: 'search:unconfirmed', start: 'acme:', keeps: null })
    expect(part?.matches(deviceOf({ confirmed: false }))).toBe(true)
    expect(part?.matches(deviceOf({ confirmed: true }))).toBe(false)
    expect(searchParts({ state: 'locked' }, null, context)).toMatchObject([{ start: '' }])
  })

  it('without a text or a state searches nothing', () => {
    expect(searchParts({}, null, context)).toBeNull()
    expect(searchParts({ number: '+15555550100' }, null, context)).toBeNull()
  })

  it.each([
    { search: 'a', state: 'locked' },
    { search: 'a', number: '+15555550100' },
    { number: '+15555550100', state: 'locked' },
  ] as const)('that names two of them is none: %j', query => {
    expect(() => searchParts(query, null, context)).toThrow(
      expect.objectContaining({ code: 'invalid_query' }),
    )
  })
})
