// The settings of the breaker, its judgement, and the entries that a number is looked up by.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isPumping,
  judgedSpan,
  nextSuspension,
  reportRule,
  type Slice,
  sliceMs,
  sliceOf,
  totalOf,
  wasSuspendedLately,
} from '../../../lib/breaker/judge.ts'
import { allowedEntry, suspendedEntry } from '../../../lib/breaker/query.ts'
import type { SuspensionEntry } from '../../../lib/breaker/store.ts'
import {
  decidingEntries,
  entriesOf,
  isAlwaysAllowed,
  prefixOf,
  suspensionSubjects,
} from '../../../lib/breaker/subject.ts'
import { suspensionsView } from '../../../lib/breaker/view.ts'
import { breakerSettings } from '../../../lib/settings/breaker.ts'
import { noon } from '../../support/device.ts'

const hour = 3_600_000
const indexKey = new Uint8Array(32)
const breaker = (given: Record<string, string>) =>
  breakerSettings(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`OTP_TWILIO_${name}`, value])),
  )

describe('the breaker', () => {
  it('is off by default, as in django-otp-twilio', () => {
    expect(breaker({})).toEqual({
      mode: 'off',
      rules: [],
      firstMs: 900_000,
      longestMs: 86_400_000,
      alwaysAllow: [],
    })
  })

  it('has a rule for prefixes and one for countries', () => {
    const given = { BREAKER_PREFIX: '20/10/3600', BREAKER_COUNTRY: ' 300 / 3 / 60 ' }

    expect(breaker(given)).toMatchObject({
      mode: 'on',
      rules: [
        { kind: 'prefix', sends: 20, percent: 10, seconds: 3600 },
        { kind: 'country', sends: 300, percent: 3, seconds: 60 },
      ],
    })
  })

  it.each([
    ['record', 1],
    ['on', 1],
    ['off', 0],
  ])('is %s when OTP_TWILIO_BREAKER says so', (mode, rules) => {
    const settings = breaker({ BREAKER: mode, BREAKER_PREFIX: '1/1/60' })

    expect([settings.mode, settings.rules.length]).toEqual([mode, rules])
  })

  it.each(['1/1/60', '100000/100/86400', 'off'])('may be %s', value => {
    expect(() => breaker({ BREAKER_PREFIX: value })).not.toThrow()
  })

  it.each([
    ['BREAKER', 'ON'],
    ['BREAKER_PREFIX', '20/10'],
    ['BREAKER_PREFIX', '0/10/3600'],
    ['BREAKER_PREFIX', '100001/10/3600'],
    ['BREAKER_PREFIX', '20/0/3600'],
    ['BREAKER_PREFIX', '20/101/3600'],
    ['BREAKER_PREFIX', '20/10/59'],
    ['BREAKER_PREFIX', '20/10/86401'],
    ['BREAKER_PREFIX', '20/1.5/3600'],
    ['BREAKER_COUNTRY', 'x/10/3600'],
    ['BREAKER_SECONDS', '900'],
    ['BREAKER_SECONDS', '0/900'],
    ['BREAKER_SECONDS', '900/899'],
    ['BREAKER_SECONDS', '900/2678401'],
    ['ALWAYS_ALLOW', 'ch'],
    ['ALWAYS_ALLOW', '4420*'],
    ['ALWAYS_ALLOW', '+*'],
    ['ALWAYS_ALLOW', 'CH,'],
  ])('is refused: %s is not %s', (name, value) => {
    expect(() => breaker({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'not_configured',
        message: expect.stringMatching(new RegExp(`^OTP_TWILIO_${name} must be `)),
      }),
    )
  })

  it('suspends for as long as OTP_TWILIO_BREAKER_SECONDS says', () => {
    expect(breaker({ BREAKER_SECONDS: '60/3600' })).toMatchObject({
      firstMs: 60_000,
      longestMs: hour,
    })
  })
})

describe('what was sent', () => {
  const slice = (
    given: Partial<Record<'sends' | 'established' | 'verified' | 'unsent', string[]>>,
  ): Slice => ({
    at: noon,
    sends: new Set(given.sends),
    established: new Set(given.established),
    verified: new Set(given.verified),
    unsent: new Set(given.unsent),
  })

  it.each([
    ['nothing', {}, 0, 0],
    ['each send once', { sends: ['a', 'b'] }, 2, 0],
    ['what was verified of it', { sends: ['a', 'b'], verified: ['b'] }, 2, 1],
    ['nothing of the other class', { sends: ['a'], established: ['b'], verified: ['b'] }, 1, 0],
    ['no verification of what was not sent in it', { sends: ['a'], verified: ['z'] }, 1, 0],
    [
      'nothing that was not sent after all',
      { sends: ['a', 'b'], unsent: ['a'], verified: ['a'] },
      1,
      0,
    ],
  ])('is %s', (_, given, sends, verified) => {
    expect(totalOf([slice(given), slice({})], 'sends')).toEqual({ sends, verified })
  })

  it('is what all slices have together', () => {
    const slices = [slice({ sends: ['a'], verified: ['a'] }), slice({ sends: ['a', 'b'] })]

    expect(totalOf(slices, 'sends')).toEqual({ sends: 3, verified: 1 })
  })
})

describe('established devices', () => {
  it('are summed apart', () => {
    const given = { at: noon, sends: new Set(['a']), established: new Set(['b', 'c']) }
    const slice = { ...given, verified: new Set(['a', 'b']), unsent: new Set<string>() }

    expect(totalOf([slice], 'established')).toEqual({ sends: 2, verified: 1 })
  })

  it.each([
    [100, 4, true],
    [99, 0, false],
    [100, 5, false],
  ])('of 20/10/3600 are reported at a hundred and under 5 %%: %i, %i verified: %s', (...given) => {
    const [sends, verified, expected] = given
    const rule = reportRule({ kind: 'prefix', sends: 20, percent: 10, seconds: 3600 })

    expect(isPumping({ sends, verified }, rule, false)).toBe(expected)
  })
})

describe('pumping', () => {
  const rule = { kind: 'prefix' as const, sends: 20, percent: 10, seconds: 3600 }

  it.each([
    [19, 0, false],
    [20, 1, true],
    [20, 2, false],
    [1000, 99, true],
    [1000, 100, false],
  ])('%i sends, %i of them verified: %s', (sends, verified, expected) => {
    expect(isPumping({ sends, verified }, rule, false)).toBe(expected)
  })

  it.each([
    [4, 0, false],
    [5, 0, true],
    [5, 1, false],
  ])('after a suspension: %i sends, %i of them verified: %s', (sends, verified, expected) => {
    expect(isPumping({ sends, verified }, rule, true)).toBe(expected)
  })
})

describe('the sends that are judged', () => {
  const span = (given: Partial<{ since: number; validityMs: number; now: number }>) =>
    judgedSpan({ seconds: 3600 }, { since: 0, validityMs: 300_000, now: noon, ...given })

  it('are those of the window that are a minute old', () => {
    expect(span({})).toEqual({ from: noon - hour, before: noon - 60_000 })
  })

  it('are older than the validity where that is shorter', () => {
    expect(span({ validityMs: 30_000 }).before).toBe(noon - 30_000)
  })

  it('start after what was judged last', () => {
    expect(span({ since: noon - 90_001 }).from).toBe(noon - 90_000)
    expect(span({ since: noon - 90_000 }).from).toBe(noon - 90_000)
  })

  it('are in whole slices that are old enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * sliceMs }), later => {
        const now = noon + later
        const { from, before } = span({ now })
        expect([from % sliceMs, before % sliceMs]).toEqual([0, 0])
        expect(before).toBeLessThanOrEqual(now - 60_000)
        expect(sliceOf(now)).toBeLessThanOrEqual(now)
      }),
    )
  })
})

describe('the next suspension', () => {
  const times = { firstMs: 900_000, longestMs: 86_400_000 }
  const total = { sends: 20, verified: 1 }
  const last = { until: noon, since: noon, times: 3, sends: 9, verified: 0 }

  it.each([
    ['is short the first time', null, noon, 900_000, 1],
    ['is four times as long as the one before', { ...last, times: 2 }, noon + 1, 14_400_000, 3],
    ['is at most as long as the longest', { ...last, times: 30 }, noon + 1, 86_400_000, 31],
    ['is a first one again after the longest time without', last, noon + 86_400_000, 900_000, 1],
    ['is a first one after a lift', { ...last, times: 0 }, noon + 1, 900_000, 1],
  ])('%s', (_, before, now, lengthMs, inRow) => {
    expect(nextSuspension(before, total, times, now)).toEqual({
      until: now + lengthMs,
      since: now + lengthMs,
      times: inRow,
      ...total,
    })
  })
})

describe('a suspension', () => {
  const last = { until: noon, since: noon, times: 1, sends: 9, verified: 0 }

  it.each([
    ['is a recent one for as long as the longest suspension', last, noon + 999, true],
    ['is a recent one no longer than that', last, noon + 1000, false],
    ['is no recent one after a lift', { ...last, times: 0 }, noon, false],
    ['that never was is no recent one', null, noon, false],
  ])('%s', (_, suspension, now, expected) => {
    expect(wasSuspendedLately(suspension, { longestMs: 1000 }, now)).toBe(expected)
  })
})

describe('a number', () => {
  const phone = { number: '+442071838750', country: 'GB' }

  it('belongs to a prefix of ten thousand', () => {
    expect(prefixOf(phone.number)).toBe('+44207183')
  })

  it('is suspended by its prefix and its country', () => {
    expect(suspensionSubjects(phone)).toEqual({ prefix: 'prefix:+44207183', country: 'country:GB' })
  })

  it('of no known country is suspended by its prefix alone', () => {
    expect(suspensionSubjects({ ...phone, country: '' })).toEqual({ prefix: 'prefix:+44207183' })
  })

  it('is looked up by every prefix and its country', () => {
    const [, ...others] = entriesOf({ number: '+4420718', country: 'GB' }, indexKey)

    expect(others).toEqual(['prefix:+4', 'prefix:+44', 'prefix:+442', 'country:GB'])
  })

  it('of no known country is looked up by every prefix', () => {
    const [, ...others] = entriesOf({ number: '+4420718', country: '' }, indexKey)

    expect(others).toEqual(['prefix:+4', 'prefix:+44', 'prefix:+442'])
  })

  it('is looked up by its HMAC under the index key', () => {
    const ownOf = (number: string, { country = 'GB', key = indexKey } = {}) =>
      entriesOf({ number, country }, key)[0]
    const own = ownOf('+4420718')

    // What is in the tables of today's deployments.
    expect(own).toBe('number:CNkgIHCu_DCOyQt4wvAixQ')
    expect(ownOf('+4420718', { country: '' })).toBe(own)
    expect(ownOf('+4420719')).not.toBe(own)
    expect(ownOf('+4420718', { key: new Uint8Array(32).fill(1) })).not.toBe(own)
  })

  it.each([
    ['it', ['CH', phone.number], true],
    ['its prefix', ['+4420*'], true],
    ['its country', ['GB'], true],
    ['others', ['CH', '+442071838751', '+1*', '+44207183'], false],
    ['nothing', [], false],
  ])('is always allowed where OTP_TWILIO_ALWAYS_ALLOW names %s', (_, listed, expected) => {
    expect(isAlwaysAllowed(phone, listed)).toBe(expected)
  })

  it('of no known country is not allowed by a country', () => {
    expect(isAlwaysAllowed({ ...phone, country: '' }, ['CH'])).toBe(false)
  })
})

const entry = (name: string, given: object) => ({
  ...{ entry: name, until: 0, since: 0, times: 0, sends: 0, verified: 0 },
  ...given,
})

describe('what decides about a number', () => {
  const phone = { number: '+442071838750', country: 'GB' }
  const rule = { alwaysAllow: [] as string[], indexKey, now: noon }
  const prefix = entry('prefix:+44207183', { until: noon + 1 })
  const country = entry('country:GB', { until: noon + 2 })
  const decide = (entries: SuspensionEntry[], given: Partial<typeof rule> = {}) =>
    decidingEntries(phone, entries, { ...rule, ...given }).map(({ entry }) => entry)

  it('is the suspensions of its prefix and its country, the longest first', () => {
    expect(decide([prefix, country])).toEqual(['country:GB', 'prefix:+44207183'])
  })

  it.each([
    ['is over', entry('prefix:+44207183', { until: noon })],
    ['is of a shorter prefix', entry('prefix:+4420718', { until: noon + 1 })],
    ['is of another country', entry('country:US', { until: noon + 1 })],
  ])('is no suspension that %s', (_, one) => {
    expect(decide([one])).toEqual([])
  })

  it.each(entriesOf(phone, indexKey))('is what is always allowed: %s', name => {
    expect(decide([prefix, country, entry(name, { allowed: true })])).toEqual([name])
  })

  it('is nothing where the setting allows the number', () => {
    expect(decide([prefix, country], { alwaysAllow: ['+4420*'] })).toEqual([])
  })

  it('is not what allows another number', () => {
    const other = entriesOf({ number: '+442071838751', country: 'GB' }, indexKey)[0] ?? ''

    expect(decide([prefix, entry(other, { allowed: true })])).toEqual(['prefix:+44207183'])
  })
})

describe('the view of the suspensions', () => {
  const entries = [
    entry('prefix:+4420', { until: noon + 1, times: 2, sends: 30, verified: 1 }),
    entry('prefix:+4421', { until: noon }),
    entry('country:GB', { until: noon + 2, times: 1, sends: 300, verified: 2 }),
    entry('prefix:+4422', { until: noon + 9, allowed: true, label: '+4422' }),
    entry('number:x', { allowed: true }),
  ]
  const { suspended, allowed, ...rest } = suspensionsView(
    entries,
    breaker({ BREAKER_PREFIX: '20/10/3600' }),
    noon,
  )

  it('has the mode and the rules', () => {
    expect(rest).toEqual({
      mode: 'on',
      rules: { prefix: { sends: 20, percent: 10, seconds: 3600 }, country: null },
    })
  })

  it('has the suspensions of now, the longest first', () => {
    expect(suspended).toEqual([
      {
        country: 'GB',
        until: '2026-01-01T12:00:00.002Z',
        times: 1,
        sends: 300,
        verified: 2,
      },
      {
        prefix: '+4420',
        until: '2026-01-01T12:00:00.001Z',
        times: 2,
        sends: 30,
        verified: 1,
      },
    ])
  })

  it('has what an admin allows', () => {
    expect(allowed).toEqual([{ prefix: '+4422' }, { number: '' }])
  })
})

describe('what an admin names', () => {
  it('to allow it is a prefix, a country, or a number that is shown masked', () => {
    const named = [{ prefix: '+44' }, { country: 'GB' }, { number: '020 7183 8750' }].map(query =>
      allowedEntry(query, indexKey, 'GB'),
    )

    expect(named).toEqual([
      { entry: 'prefix:+44', label: '+44' },
      { entry: 'country:GB', label: 'GB' },
      { entry: expect.stringMatching(/^number:[\w-]{22}$/), label: '+44••••••••50' },
    ])
  })

  it('to lift a suspension is a prefix or a country', () => {
    expect([{ prefix: '+44' }, { country: 'GB' }].map(suspendedEntry)).toEqual([
      'prefix:+44',
      'country:GB',
    ])
  })

  const queries = [{}, { prefix: '+44', country: 'GB' }]

  it.each(queries)('to lift a suspension must be exactly one: %j', query => {
    expect(() => suspendedEntry(query)).toThrow(
      expect.objectContaining({
        code: 'invalid_query',
        message: 'Name exactly one prefix or country.',
      }),
    )
  })

  it.each(queries)('to allow it must be exactly one: %j', query => {
    expect(() => allowedEntry(query, indexKey, null)).toThrow(
      expect.objectContaining({
        code: 'invalid_query',
        message: 'Name exactly one number, prefix or country.',
      }),
    )
  })
})
