// The figures in the traffic table: one write adds to an hour, one query reads hours.
import type { Store } from '../dynamodb/client.ts'
import { queryAll } from '../dynamodb/query.ts'
import { conditionalUpdate } from '../dynamodb/write.ts'
import {
  addFiguresExpression,
  type FiguresItem,
  figuresSubject,
  mostCountries,
  ofHoursExpression,
  ownFiguresExpression,
} from './expressions.ts'
import { addTo, otherCountries, type Tally } from './tally.ts'

const keptSeconds = 35 * 86_400

/** Where counts are added: to the item of an hour, or to one beside it that only they have. */
export interface FiguresPlace {
  hour: string
  /** Names an item of their own, in which they are counted once, however often they are added. */
  own: string | null
}

/**
 * Adds counts to an hour. Where the hour already names as many countries as it may, a
 * second write counts the unnamed ones as others. A write to the item of an hour whose answer was
 * lost is retried, and may so count twice.
 */
export async function addFigures(
  store: Store,
  place: FiguresPlace,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const item = await add(store, place, withCountries(tally, busiest(tally)), signal)
  // What has an item of its own is counted already, where that exists.
  if (item === null || place.own !== null) return
  await add(store, place, withCountries(tally, item.countries ?? []), signal)
}

/** Returns null, or the item that takes no more. */
async function add(
  store: Store,
  { hour, own }: FiguresPlace,
  tally: Tally,
  signal: AbortSignal,
): Promise<Partial<FiguresItem> | null> {
  const expiresAt = Date.parse(`${hour}:00:00Z`) / 1000 + keptSeconds
  const entry = own === null ? hour : `${hour} ${own}`
  const decided = await conditionalUpdate<FiguresItem>(
    store.retrying,
    { table: store.trafficTable, key: { subject: figuresSubject, entry } },
    own === null ? addFiguresExpression(tally, expiresAt) : ownFiguresExpression(tally, expiresAt),
    { signal, returned: 'UPDATED_NEW' },
  )
  return 'applied' in decided ? null : (decided.refused ?? {})
}

function busiest(tally: Tally): string[] {
  const total = (country: string) =>
    Object.values(tally.get(country) ?? {}).reduce((sum, count) => sum + Math.abs(count), 0)
  return [...tally.keys()]
    .filter(country => country !== otherCountries)
    .sort((a, b) => total(b) - total(a))
    .slice(0, mostCountries)
}

function withCountries(tally: Tally, named: Iterable<string>): Tally {
  const kept = new Set(named)
  const narrowed: Tally = new Map()
  for (const [country, counts] of tally) {
    addTo(narrowed, kept.has(country) ? country : otherCountries, counts)
  }
  return narrowed
}

/** Reads successive hours. An hour in which nothing happened has no item. */
export function readFigures(
  store: Store,
  hours: string[],
  abortSignal: AbortSignal,
): Promise<FiguresItem[]> {
  const query = { TableName: store.trafficTable, ...ofHoursExpression(hours) }
  return queryAll(store, query, abortSignal)
}
