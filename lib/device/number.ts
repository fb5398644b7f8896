// Phone numbers as people type them, stored as E.164. Besides lib/settings/all.ts, the only
// importer of the phone-number metadata, here with the types of numbers.
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber as Parsed,
  parsePhoneNumberFromString,
  parsePhoneNumberWithError,
} from 'libphonenumber-js/max'
import { e164 } from '../formats.ts'
import { Problem } from '../problem.ts'
import { countryCodes, countryIsAllowed, countryNotAllowed } from '../settings/countries.ts'
import type { CostlyType } from '../settings/number-types.ts'
import { misconfigured } from '../settings/read.ts'
import { plainDigits, visibleText } from '../typed.ts'
import type { PhoneNumber } from './device.ts'

/** Parses a number into E.164. Throws as readNumber does. */
export function parseNumber(input: string, defaultCountry: string | null): string {
  return readNumber(input, defaultCountry).number
}

/**
 * Parses the number of a query into E.164, as `readNumber` reads it in a body. Throws as it does,
 * and for what a plus would make another number of: one that was not percent-encoded has arrived as
 * a space.
 */
export function parseQueriedNumber(input: string, defaultCountry: string | null): string {
  const withPlus = input.replace(/^[\p{Cf}\p{DI}]* (?=\p{Nd})/u, '+')
  const read = [input, withPlus].map(text => findNumber(text, defaultCountry)?.number)
  const [number, ...others] = new Set(read.filter(one => one !== undefined))
  if (number === undefined || others.length > 0) throw impossibleNumber()
  return number
}

/**
 * Reads a number. National input is read by `defaultCountry` (ISO 3166-1 alpha-2); null allows only
 * international input. Throws `invalid_number` for what cannot be a phone number.
 */
export function readNumber(input: string, defaultCountry: string | null): PhoneNumber {
  const found = findNumber(input, defaultCountry)
  if (found === null) throw impossibleNumber()
  return found
}

function findNumber(input: string, defaultCountry: string | null): PhoneNumber | null {
  const country = defaultCountry === null ? null : supportedCountry(defaultCountry)
  const typed = plainNumber(input)
  const number = typed.startsWith('+')
    ? readInternational(typed)
    : country && readNational(typed, country)
  // The metadata calls some numbers possible that E.164 does not allow.
  if (!number?.isPossible() || !e164.test(number.number)) return null
  return { number: number.number, country: countryOf(number) }
}

function impossibleNumber(): Problem {
  return new Problem(
    'invalid_number',
    'The number is not a possible phone number; give it in E.164, such as +12025550142.',
  )
}

/**
 * Returns a number as it was meant: visible characters alone, in those of ASCII, and a bracketed
 * code without its brackets. It may come as a link.
 */
function plainNumber(input: string): string {
  return plainDigits(visibleText(input))
    .replace(/[\uff0b\ufe62]/g, '+')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/\p{Ps}/gu, '(')
    .replace(/\p{Pe}/gu, ')')
    .replace(/^tel:/i, '')
    .replace(/^\( ?((?:\+|00)[\d ]*)\)/, '$1 ')
    .replace(/^\+ /, '+')
}

function parse(text: string, options: { defaultCountry?: CountryCode } = {}): Parsed | null {
  const parsed = parsePhoneNumberFromString(text, { ...options, extract: false })
  return parsed === undefined || parsed.ext !== undefined ? null : parsed
}

/**
 * Reads a number with its plus. A 0 that is dialled within a country alone, often in brackets, is
 * dropped where the number is valid without it; where it makes no sense either way, in brackets it
 * is no number.
 */
function readInternational(text: string): Parsed | null {
  const read = parse(text)
  if (!read?.nationalNumber.startsWith('0') || read.isValid()) return read
  const without = parse(`+${read.countryCallingCode}${read.nationalNumber.slice(1)}`)
  if (without?.isValid()) return without
  return /\( ?0 ?\)/.test(text) ? null : read
}

/**
 * Reads a number without a plus. Its digits may be an international number all the same, after 00,
 * after the country's own prefix for calls abroad, or after nothing. That is what it is where it is
 * valid so, and not as a national number. What is valid both ways, is only possible after a prefix,
 * or would be a number of another country that nobody has named, is no number.
 */
function readNational(text: string, country: CountryCode): Parsed | null {
  const read = parse(text, { defaultCountry: country })
  const withoutZeros = text.replace(/^\(?0 ?0/, '')
  const hasZeros = withoutZeros !== text
  const plus = readInternational(`+${withoutZeros}`)
  if (plus?.number === read?.number) return read
  const own = getCountryCallingCode(country)
  const isAbroad = hasZeros || read?.countryCallingCode !== own
  const isOwn = plus?.countryCallingCode === own
  if (plus?.isValid()) {
    if (!read?.isValid()) return hasZeros || isOwn ? plus : null
    if (isAbroad) return null
    // Where there is a trunk prefix, hardly anybody leaves it out: 49151… in Germany is +49 151….
    return isOwn && hasTrunkPrefix(plus) ? plus : read
  }
  const isUnclear = isAbroad || (isOwn && plus?.isPossible())
  return isUnclear && !read?.isValid() ? null : read
}

/** Whether a number is written with a prefix within its country. */
function hasTrunkPrefix(number: Parsed): boolean {
  return !number.format('NATIONAL').replace(/\D/g, '').startsWith(number.nationalNumber)
}

/**
 * Returns the country of a number; of a range that the metadata does not know yet, the main country
 * of its calling code, which is listed first. Empty for a code of no country.
 */
function countryOf(number: Parsed): string {
  return number.country ?? number.getPossibleCountries()[0] ?? ''
}

/** Throws `country_not_allowed` for a number of a country that is not allowed; null allows all. */
export function assertCountry({ country }: PhoneNumber, allowed: string[] | null): void {
  if (allowed !== null && !allowed.every(one => isSupportedCountry(one))) {
    throw misconfigured('OTP_TWILIO_ALLOWED_COUNTRIES', countryCodes)
  }
  if (!countryIsAllowed(country, allowed)) throw countryNotAllowed()
}

/** Throws `number_type_not_allowed` for a costly number whose type is not allowed. */
export function assertType({ number }: PhoneNumber, allowed: CostlyType[]): void {
  const type = costlyTypeOf(number)
  if (type === null || allowed.includes(type)) return
  throw new Problem(
    'number_type_not_allowed',
    `A number of this type (${type}) costs too much; take a mobile or a landline.`,
    { members: { numberType: type } },
  )
}

/** Calling codes of no country: ITU-T's list of assigned ones (E.164, global services). */
const codesOfNoCountry: Record<string, CostlyType> = {
  870: 'satellite',
  881: 'satellite',
  878: 'global_network',
  882: 'global_network',
  883: 'global_network',
  979: 'premium_rate',
}

/** As Google's metadata calls them. What it does not know is none of them. */
const costly: Record<string, CostlyType> = {
  PREMIUM_RATE: 'premium_rate',
  SHARED_COST: 'shared_cost',
  PAGER: 'pager',
}

/** Of a number that was read. */
function costlyTypeOf(number: string): CostlyType | null {
  const parsed = parsePhoneNumberWithError(number)
  return codesOfNoCountry[parsed.countryCallingCode] ?? costly[String(parsed.getType())] ?? null
}

function supportedCountry(country: string) {
  if (isSupportedCountry(country)) return country
  throw misconfigured(
    'OTP_TWILIO_DEFAULT_COUNTRY',
    'an ISO 3166-1 country code with a calling code, such as GB',
  )
}
