// Whom an admin means: one number, prefix or country.
import { maskNumber } from '../device/mask.ts'
import { parseNumber } from '../device/number.ts'
import { Problem } from '../problem.ts'
import { numberEntry } from './subject.ts'

/** The entry of the prefix or country that a query names. Throws `invalid_query` unless it names one. */
export function suspendedEntry(query: { prefix?: string; country?: string }): string {
  const { prefix, country } = onlyOne(query, 'prefix or country')
  return prefix === undefined ? `country:${country}` : `prefix:${prefix}`
}

/** The entry of whom a query names, and how an admin is shown it: a number masked. */
export function allowedEntry(
  query: { number?: string; prefix?: string; country?: string },
  tokenKey: Uint8Array,
  defaultCountry: string | null,
): { entry: string; label: string } {
  const { number, ...others } = onlyOne(query, 'number, prefix or country')
  if (number === undefined) {
    const entry = suspendedEntry(others)
    return { entry, label: entry.slice(entry.indexOf(':') + 1) }
  }
  const parsed = parseNumber(number, defaultCountry)
  return { entry: numberEntry(parsed, tokenKey), label: maskNumber(parsed) }
}

function onlyOne<Query extends object>(query: Query, names: string): Query {
  if (Object.keys(query).length === 1) return query
  throw new Problem('invalid_query', `Name exactly one ${names}.`)
}
