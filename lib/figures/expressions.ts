// The DynamoDB expressions of the figures. Each hour is an item of the traffic table, with a number
// per figure (`sent`) and one per figure and country (`sent_CH`), but for what is of established
// devices, which has no country.

import type { Update } from '../dynamodb/update.ts'
import { countryFigureNames, type FigureName, figureNames } from './names.ts'
import { type Counts, otherCountries, type Tally } from './tally.ts'

/** The partition key of the figures in the traffic table. */
export const figuresSubject = 'figures'

/**
 * The most countries that an hour names; all others are counted together. Seven figures of each,
 * and nine of all together, are 298 of the 300 operations that DynamoDB takes in an expression, and
 * about 6 KB.
 */
export const mostCountries = 40

/** An item of the figures. */
export interface FiguresItem {
  /** The hour in UTC; of what was counted later, with a name behind it. */
  entry: string
  /** The countries that it names. */
  countries?: Set<string>
  /** When DynamoDB may delete the item (time to live), seconds since the epoch. */
  expiresAt: number
  [figure: string]: unknown
}

/** The clauses under which countries are counted by name. */
export const figuresClauses = {
  isEmpty: 'attribute_not_exists(countries)',
  hasRoom: 'size(countries) <= :room',
  /** Of an item that is written once. */
  isFirst: 'attribute_not_exists(entry)',
}

/** Adds counts to an hour. Refused where the hour would name too many countries. */
export function addFiguresExpression(tally: Tally, expiresAt: number): Update {
  const countries = namedIn(tally)
  const added = additionsOf(tally, expiresAt)
  if (countries.length === 0) return added
  const known = countries.map((_, n) => `contains(countries, :country${n})`).join(' AND ')
  const { isEmpty, hasRoom } = figuresClauses
  return {
    ...added,
    ConditionExpression: `${isEmpty} OR ${hasRoom} OR (${known})`,
    ExpressionAttributeValues: {
      ...added.ExpressionAttributeValues,
      ':room': mostCountries - countries.length,
      ...Object.fromEntries(countries.map((country, n) => [`:country${n}`, country])),
    },
  }
}

/** Puts counts into an item of their own. Refused where it is there already. */
export function ownFiguresExpression(tally: Tally, expiresAt: number): Update {
  return { ...additionsOf(tally, expiresAt), ConditionExpression: figuresClauses.isFirst }
}

function additionsOf(tally: Tally, expiresAt: number): Update {
  const countries = namedIn(tally)
  const additions = [...tally].flatMap(([country, counts]) =>
    named(countryFigureNames, counts, `_${country}`),
  )
  additions.push(...named(figureNames, sumOf(tally), ''))
  const adds = additions.map((_, n) => `#${n} :${n}`)
  if (countries.length > 0) adds.push('countries :countries')
  return {
    UpdateExpression: `SET expiresAt = :expiresAt ADD ${adds.join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(additions.map(([name], n) => [`#${n}`, name])),
    ExpressionAttributeValues: {
      ':expiresAt': expiresAt,
      ...Object.fromEntries(additions.map(([, count], n) => [`:${n}`, count])),
      ...(countries.length > 0 && { ':countries': new Set(countries) }),
    },
  }
}

/** The countries that a tally names. */
function namedIn(tally: Tally): string[] {
  return [...tally.keys()].filter(country => country !== otherCountries)
}

function named(
  names: readonly FigureName[],
  counts: Counts,
  suffix: string,
): [name: string, count: number][] {
  return names.flatMap(figure => {
    const count = counts[figure]
    return count === undefined ? [] : [[`${figure}${suffix}`, count]]
  })
}

function sumOf(tally: Tally): Counts {
  const sums = figureNames.map(
    name =>
      [name, [...tally.values()].reduce((sum, counts) => sum + (counts[name] ?? 0), 0)] as const,
  )
  return Object.fromEntries(sums.filter(([, count]) => count !== 0))
}

/** Returns what an item has counted for a country; without a country, in total. */
export function countsIn(item: FiguresItem, country?: string): Counts {
  const suffix = country === undefined ? '' : `_${country}`
  return Object.fromEntries(figureNames.map(name => [name, Number(item[`${name}${suffix}`] ?? 0)]))
}

/** Queries successive hours, with what was counted of them later. */
export function ofHoursExpression(hours: string[]) {
  return {
    KeyConditionExpression: 'subject = :subject AND entry BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':subject': figuresSubject,
      ':first': hours.at(0),
      // Behind every name that can follow an hour.
      ':last': `${hours.at(-1)}~`,
    },
  }
}
