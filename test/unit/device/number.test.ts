// Numbers as people type them, kept as E.164.
import fc from 'fast-check'
import {
  getCountries,
  getCountryCallingCode,
  isValidPhoneNumber,
  parsePhoneNumber,
} from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import {
  assertType,
  parseNumber,
  parseQueriedNumber,
  readNumber,
} from '../../../lib/device/number.ts'
import { Problem } from '../../../lib/problem.ts'
import { allowedTypes, costlyTypes } from '../../../lib/settings/number-types.ts'

const invalidNumber = expect.objectContaining({ code: 'invalid_number' })
const notConfigured = expect.objectContaining({ code: 'not_configured' })

describe('an international number', () => {
  it.each([
    '+442071838750',
    '+44 20 7183 8750',
    '+44-20-7183-8750',
    '+44 (20) 7183-8750',
    '+44 (0)20 7183 8750',
    '+44.20.7183.8750',
    '+44/20/7183/8750',
    '+44\u00a020\u00a07183\u00a08750',
    ' +442071838750 ',
    '\t+442071838750\n',
    '+４４２０７１８３８７５０',
    '+٤٤٢٠٧١٨٣٨٧٥٠',
    '\u202a+442071838750\u202c',
    '\u2066+44 20 7183 8750\u2069',
    '+44\u202f20\u202f7183\u202f8750',
    '(+44) 20 7183 8750',
    '[+44] (0)20 7183 8750',
    '（＋４４）２０７１８３８７５０',
    '+(44) 20 7183 8750',
    '+ 44 20 7183 8750',
    '＋442071838750',
    '+44\u201120\u20127183\u22128750',
    'tel:+44-20-7183-8750',
  ])('is the same in every spelling: %j', input => {
    expect(parseNumber(input, null)).toBe('+442071838750')
  })

  it.each([
    ['+48 (0) 512 345 678', '+48512345678'],
    ['+48 0512345678', '+48512345678'],
    ['+1 (0) 415 555 2671', '+14155552671'],
    ['+49 (0)1512 3456789', '+4915123456789'],
    // Of these the 0 is a part, which is dialled from abroad too.
    ['+39 (0)2 3661 8300', '+390236618300'],
    ['+225 (0)7 01 23 45 67', '+2250701234567'],
  ])('has the 0 of calls within its country only where it is a part of it: %j', (input, number) => {
    expect(parseNumber(input, null)).toBe(number)
  })

  it('with a 0 in brackets is refused where it makes no sense either way', () => {
    expect(() => parseNumber('+48 (0) 012 345 678', null)).toThrow(invalidNumber)
  })

  it('is not read by the default country', () => {
    expect(parseNumber('+1 213 373 4253', 'GB')).toBe('+12133734253')
  })

  it.each([
    ['+80012345678', '+80012345678'],
    ['+870773111632', '+870773111632'],
    ['+979123456789', '+979123456789'],
    ['+2904000', '+2904000'],
    ['+39 02 3661 8300', '+390236618300'],
    ['+493012345678901', '+493012345678901'],
  ])('may have any form that E.164 has: %j', (input, number) => {
    expect(parseNumber(input, null)).toBe(number)
  })
})

describe('a national number', () => {
  it.each([
    ['020 7183 8750', 'GB', '+442071838750'],
    ['(213) 373-4253', 'US', '+12133734253'],
    ['２１３３７３４２５３', 'US', '+12133734253'],
    ['0044 20 7183 8750', 'GB', '+442071838750'],
    ['00 1 213 373 4253', 'GB', '+12133734253'],
    ['011 44 20 7183 8750', 'US', '+442071838750'],
  ])('is read by the default country: %j in %s', (input, country, number) => {
    expect(parseNumber(input, country)).toBe(number)
  })

  it.each([
    // Brazil has 0055 for a carrier of its own, too.
    ['0055 11 96123-4567', 'BR', '+5511961234567'],
    ['0044 20 7183 8750', 'BR', '+442071838750'],
    ['0044 20 7183 8750', 'US', '+442071838750'],
    ['(00 44) 20 7183 8750', 'DE', '+442071838750'],
    ['0015 44 20 7183 8750', 'BR', '+442071838750'],
    ['0011 44 20 7183 8750', 'AU', '+442071838750'],
    ['0039 02 3661 8300', 'IT', '+390236618300'],
    ['4915123456789', 'DE', '+4915123456789'],
    ['493012345678', 'DE', '+493012345678'],
    ['919876543210', 'IN', '+919876543210'],
    ['447700900123', 'GB', '+447700900123'],
    ['0044 7700 900123', 'GB', '+447700900123'],
  ])('may be an international one without its plus: %j in %s', (input, country, number) => {
    expect(parseNumber(input, country)).toBe(number)
  })

  it.each([
    ['990 44 20 7183 8750', 'FI', '+442071838750'],
    ['16 44 20 7183 8750', 'TD', '+442071838750'],
    ['010 44 20 7183 8750', 'JP', '+442071838750'],
  ])('may be one after the prefix of its country: %j in %s', (input, country, number) => {
    expect(parseNumber(input, country)).toBe(number)
  })

  it.each([
    ['2025550142', 'US', '+12025550142'],
    ['9198765432', 'IN', '+919198765432'],
    ['07700 900123', 'GB', '+447700900123'],
    ['512345678', 'PL', '+48512345678'],
    // With a plus these would be of Germany, of Italy itself, and of a range that Kazakhstan lacks.
    ['498285330', 'FR', '+33498285330'],
    ['390781873', 'IT', '+39390781873'],
    ['76723056277', 'IT', '+3976723056277'],
  ])('stays national where it is one: %j in %s', (input, country, number) => {
    expect(parseNumber(input, country)).toBe(number)
  })

  it.each([
    ['0055 11 9612-456', 'BR'],
    ['14155552671', 'DE'],
    ['00+14155552671', 'US'],
    ['00999123456789', 'GB'],
    // 00 is no prefix of these, and no part of their numbers either.
    ['0044 207183', 'US'],
    ['0044771234', 'CA'],
    ['0041 79 123', 'AU'],
    ['0099912345', 'US'],
    // 99 and 16 are prefixes there, before numbers that nobody has; or before one of two.
    ['994841485332', 'FI'],
    ['996907151029', 'FI'],
    ['16492311234', 'TD'],
    // 48 is Poland, or a part of it: neither is a number that anybody has.
    ['4812898884', 'PL'],
  ])('is refused before it becomes another number: %j in %s', (input, country) => {
    expect(() => parseNumber(input, country)).toThrow(invalidNumber)
  })

  it.each(['020 7183 8750', '442071838750', '00442071838750', '2133734253'])(
    'is refused without a default country: %j',
    input => {
      expect(() => parseNumber(input, null)).toThrow(invalidNumber)
    },
  )

  it.each([
    ['911', 'US'],
    ['112', 'GB'],
    ['*100#', 'GB'],
    ['12345', 'GB'],
  ])('is refused when it cannot be called from abroad: %j in %s', (input, country) => {
    expect(() => parseNumber(input, country)).toThrow(invalidNumber)
  })
})

describe('what is no phone number', () => {
  it.each([
    '',
    ' ',
    '+',
    '+4',
    '+44',
    '+44123',
    '+49123',
    '+1213373425',
    '+121337342530',
    '+999123456789',
    '+0442071838750',
    '++442071838750',
    '+44+2071838750',
    '+44tel:2071838750',
    '+4492071838750',
    'not a number',
    '+1 800 FLOWERS',
    '+44207183875O',
    'call +442071838750',
    '+442071838750 or +442071838751',
    '+442071838750\0',
    '🔑',
    '1'.repeat(64),
    `+${'4'.repeat(64)}`,
    '+'.repeat(16_000),
  ])('is refused: %j', input => {
    expect(() => parseNumber(input, null)).toThrow(invalidNumber)
  })

  it.each([
    '+442071838750 ext. 5',
    '+442071838750x5',
    '+442071838750#5',
    '+442071838750,5',
    '+442071838750;ext=5',
    'tel:+442071838750;ext=5',
  ])('is refused with an extension: %j', input => {
    expect(() => parseNumber(input, null)).toThrow(invalidNumber)
  })

  it('is not quoted in the refusal', () => {
    expect(refusalOf('+44 canary')).not.toContain('canary')
  })
})

describe('the default country', () => {
  it.each(['', ' ', 'gb', 'GB ', 'UK', 'ZZ', 'GBR', '44', '001', 'constructor', '__proto__'])(
    'that is no ISO 3166-1 code with numbers is not configured: %j',
    country => {
      expect(() => parseNumber('020 7183 8750', country)).toThrow(notConfigured)
      expect(() => parseNumber('+442071838750', country)).toThrow(notConfigured)
    },
  )

  it('is refused by its name and without its value', () => {
    const detail = refusalOf('020 7183 8750', 'canary')

    expect(detail).toContain('OTP_TWILIO_DEFAULT_COUNTRY')
    expect(detail).not.toContain('canary')
  })
})

describe('a number that was read', () => {
  const e164 = /^\+[1-9]\d{6,14}$/

  it('is E.164 or invalid_number', () => {
    const codes = getCountries().map(country => String(getCountryCallingCode(country)))
    const international = fc
      .tuple(fc.constantFrom(...codes), fc.stringMatching(/^\d{1,20}$/))
      .map(([code, national]) => `+${code}${national}`)
    const typed = fc.stringMatching(/^[+0-9 ().\-/]{0,24}$/)
    const input = fc.oneof(international, typed, fc.string())
    const country = fc.option(fc.constantFrom(...getCountries()))
    fc.assert(
      fc.property(input, country, (input, country) => {
        const number = numberOrCode(input, country)

        expect(number).toSatisfy(
          (text: string) => e164.test(text) || text === 'invalid_number',
          'E.164 or invalid_number',
        )
      }),
      {
        numRuns: 2000,
        // Sixteen and seventeen digits are more than E.164 has; six are no subscriber’s.
        examples: [
          ['+4930123456789012', null],
          ['+49301234567890123', null],
          ['+629999999999999999', null],
          ['+491234', null],
        ],
      },
    )
  })

  it('is of another calling code than the default country only where it is named and whole', () => {
    const input = fc.stringMatching(/^(00|011|99|16|810)?[1-9][0-9]{5,12}$/)
    fc.assert(
      fc.property(input, fc.constantFrom(...getCountries()), (input, country) => {
        const number = numberOrCode(input, country)
        if (number === 'invalid_number') return

        const code = parsePhoneNumber(number).countryCallingCode
        const isOwn = code === getCountryCallingCode(country) && !input.startsWith('00')
        const isNamed = isValidPhoneNumber(number) || input.startsWith(`00${code}`)
        expect(isOwn || isNamed).toBe(true)
      }),
      { numRuns: 5000, examples: [['994841485332', 'FI']] },
    )
  })

  it.each([
    ['+442071838750', 'GB'],
    ['+12133734253', 'US'],
    ['+80012345678', ''],
    ['+870773111632', ''],
    ['+18765550123', 'JM'],
    ['+77001112222', 'KZ'],
    // Ranges that the metadata does not know: a new area code of Ohio, and those of Ofcom's drama.
    ['+14362345678', 'US'],
    ['+447700900123', 'GB'],
    ['+18761111111', 'JM'],
  ])('has its own country, the main one of its code, or none: %j', (number, country) => {
    expect(readNumber(number, 'DE')).toEqual({ number, country })
  })

  it('is refused with a sentence of what it may be', () => {
    expect(refusalOf('canary')).toBe(
      'Problem: The number is not a possible phone number; give it in E.164, such as +12025550142.',
    )
  })

  it('is the same when it is parsed again', () => {
    const number = parseNumber('(213) 373-4253', 'US')

    expect(parseNumber(number, null)).toBe(number)
  })
})

describe('the number of a query', () => {
  it.each([
    [' 442071838750', null, '+442071838750'],
    [' 44 20 7183 8750', 'US', '+442071838750'],
    ['\u200e 442071838750', 'GB', '+442071838750'],
    ['+44 20 7183 8750', 'US', '+442071838750'],
    [' 020 7183 8750', 'GB', '+442071838750'],
    ['020 7183 8750', 'GB', '+442071838750'],
  ])('may have lost its plus to a space: %j by %s', (input, country, number) => {
    expect(parseQueriedNumber(input, country)).toBe(number)
  })

  it.each([
    [' 659 312 3456', 'US'],
    ['442071838750', null],
    [' 44207', null],
  ])('is refused where it would be another one in a body: %j by %s', (input, country) => {
    expect(() => parseQueriedNumber(input, country)).toThrow(invalidNumber)
  })

  it('is read as a body is', () => {
    const country = fc.option(fc.constantFrom(...getCountries()))
    const input = fc.stringMatching(/^ ?(00?)?[1-9][0-9 ]{5,14}$/)
    fc.assert(
      fc.property(input, country, (input, country) => {
        const inBody = numberOrCode(input, country)
        const inQuery = numberOrCode(input, country, parseQueriedNumber)

        const may = inBody === 'invalid_number' ? [inQuery] : [inBody, 'invalid_number']
        expect(may).toContain(inQuery)
      }),
      { numRuns: 2000, examples: [[' 659 312 3456', 'US']] },
    )
  })
})

describe('a costly number', () => {
  const check = (number: string, types?: string) =>
    assertType({ number, country: '' }, allowedTypes({ OTP_TWILIO_NUMBER_TYPES: types }))

  it.each([
    ['+19005550142', 'premium_rate'],
    ['+449091234567', 'premium_rate'],
    ['+979123456789', 'premium_rate'],
    ['+33892123456', 'premium_rate'],
    ['+41840123456', 'shared_cost'],
    ['+447640123456', 'pager'],
    ['+878101234567', 'global_network'],
    ['+881612345678', 'satellite'],
    ['+870773123456', 'satellite'],
    ['+88213123456', 'global_network'],
    ['+883510012345', 'global_network'],
  ])('%s is refused as %s, and taken where that is allowed', (number, type) => {
    expect(() => check(number)).toThrow(
      expect.objectContaining({ code: 'number_type_not_allowed', members: { numberType: type } }),
    )
    expect(() => check(number, costlyTypes.filter(one => one !== type).join())).toThrow(Problem)
    expect(() => check(number, ` ${type} `)).not.toThrow()
  })

  it('is refused with a sentence that names its type', () => {
    expect(() => check('+19005550142')).toThrow('A number of this type (premium_rate) costs too')
  })

  it.each([
    '+14155552671',
    '+4915112345678',
    '+442071838750',
    '+18005551234',
    '+15005550006',
    '+15555550100',
    '+393331234567',
  ])('%s is none: mobile, landline, toll-free, personal, or of no known type', number => {
    expect(() => check(number)).not.toThrow()
  })

  it.each(['canary', 'premium', 'pager,canary', 'pager,pager'])('%s is no type', types => {
    expect(() => check('+14155552671', types)).toThrow(notConfigured)
  })
})

function numberOrCode(input: string, country: string | null, parse = parseNumber): string {
  try {
    return parse(input, country)
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
}

function refusalOf(input: string, country: string | null = null): string {
  try {
    return parseNumber(input, country)
  } catch (error) {
    return String(error)
  }
}
