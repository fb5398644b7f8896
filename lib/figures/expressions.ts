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
  /** The hour in UTC. */
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
}

/** Adds counts to an hour. Refused where the hour would name too many countries. */
export function addFiguresExpression(tally: Tally, expiresAt: number): Update {
  const countries = [...tally.keys()].filter(country => country !== otherCountries)
  const additions = [...tally].flatMap(([country, counts]) =>
    named(countryFigureNames, counts, `_${country}`),
  )
  additions.push(...named(figureNames, sumOf(tally), ''))
  const adds = additions.map((_, n) => `#${n} :${n}`)
  if (countries.length > 0) adds.push('countries :countries')
  const known = countries.map((_, n) => `contains(countries, :country${n})`).join(' AND ')
  const { isEmpty, hasRoom } = figuresClauses
  return {
    UpdateExpression: `SET expiresAt = :expiresAt ADD ${adds.join(', ')}`,
    ...(countries.length > 0 && {
      ConditionExpression: `${isEmpty} OR ${hasRoom} OR (${known})`,
    }),
    ExpressionAttributeNames: Object.fromEntries(additions.map(([name], n) => [`#${n}`, name])),
    ExpressionAttributeValues: {
      ':expiresAt': expiresAt,
      ...Object.fromEntries(additions.map(([, count], n) => [`:${n}`, count])),
      ...(countries.length > 0 && {
        ':countries': new Set(countries),
        ':room': mostCountries - countries.length,
        ...Object.fromEntries(countries.map((country, n) => [`:country${n}`, country])),
      }),
    },
  }
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

/** Queries successive hours. */
export function ofHoursExpression(hours: string[]) {
  return {
    KeyConditionExpression: 'subject = :subject AND entry BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':subject': figuresSubject,
      ':first': hours.at(0),
      ':last': hours.at(-1),
    },
  }
}
