// Phone numbers as people type them, stored as E.164. Besides lib/settings/all.ts, the only
// importer of the phone-number metadata, here with the types of numbers.
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { e164 } from '../formats.ts'
import { Problem } from '../problem.ts'
import { countryCodes, countryIsAllowed, countryNotAllowed } from '../settings/countries.ts'
import type { CostlyType } from '../settings/number-types.ts'
import { misconfigured } from '../settings/read.ts'
import type { PhoneNumber } from './device.ts'

/** Parses a number into E.164. Throws as readNumber does. */
export function parseNumber(input: string, defaultCountry: string | null): string {
  return readNumber(input, defaultCountry).number
}

/**
 * Reads a number. National input is read by `defaultCountry` (ISO 3166-1 alpha-2); null allows only
 * international input. Throws `invalid_number` for what cannot be a phone number.
 */
export function readNumber(input: string, defaultCountry: string | null): PhoneNumber {
  const country = defaultCountry === null ? null : supportedCountry(defaultCountry)
  const number = parsePhoneNumberFromString(input.trim(), {
    ...(country !== null && { defaultCountry: country }),
    extract: false,
  })
  // The metadata calls some numbers possible that E.164 does not allow.
  if (!number?.isPossible() || number.ext !== undefined || !e164.test(number.number)) {
    throw new Problem(
      'invalid_number',
      'The number is not a possible phone number; give it in E.164, such as +12025550142.',
    )
  }
  return { number: number.number, country: number.country ?? '' }
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

function costlyTypeOf(number: string): CostlyType | null {
  const parsed = parsePhoneNumberFromString(number)
  const code = String(parsed?.countryCallingCode ?? '')
  return codesOfNoCountry[code] ?? costly[parsed?.getType() ?? ''] ?? null
}

function supportedCountry(country: string) {
  if (isSupportedCountry(country)) return country
  throw misconfigured(
    'OTP_TWILIO_DEFAULT_COUNTRY',
    'an ISO 3166-1 country code with a calling code, such as GB',
  )
}
