// What an admin's query names: one number, prefix or country.
import { maskNumber } from '../device/mask.ts'
import { parseQueriedNumber } from '../device/number.ts'
import { Problem } from '../problem.ts'
import { numberEntry } from './subject.ts'

/**
 * Returns the entry of the prefix or country that a query names. Throws `invalid_query` unless it
 * names exactly one.
 */
export function suspendedEntry(query: { prefix?: string; country?: string }): string {
  const { prefix, country } = onlyOne(query, 'prefix or country')
  return prefix === undefined ? `country:${country}` : `prefix:${prefix}`
}

/**
 * Returns the entry that a query names, and its label for admins, where a number is masked. Throws
 * `invalid_query` or `invalid_number`.
 */
export function allowedEntry(
  query: { number?: string; prefix?: string; country?: string },
  indexKey: Uint8Array,
  defaultCountry: string | null,
): { entry: string; label: string } {
  const { number, ...others } = onlyOne(query, 'number, prefix or country')
  if (number === undefined) {
    const entry = suspendedEntry(others)
    return { entry, label: entry.slice(entry.indexOf(':') + 1) }
  }
  const parsed = parseQueriedNumber(number, defaultCountry)
  return { entry: numberEntry(parsed, indexKey), label: maskNumber(parsed) }
}

function onlyOne<Query extends object>(query: Query, names: string): Query {
  if (Object.keys(query).length === 1) return query
  throw new Problem('invalid_query', `Name exactly one ${names}.`)
}
