// Counts sends in the limits table: one conditional write for each counter, all at once. A count is
// refunded at most once, and a lost write leaves a limit too full rather than too empty.
import { DeleteCommand } from '@aws-sdk/lib-dynamodb'
import { isThrottled, type Store } from '../dynamodb/client.ts'
import { readItem } from '../dynamodb/read.ts'
import type { Update } from '../dynamodb/update.ts'
import { conditionalUpdate, type Decided, type ItemAddress } from '../dynamodb/write.ts'
import { isShared } from '../settings/limits.ts'
import { chargeOf } from './charge.ts'
import {
  type CounterItem,
  registerRefundExpression,
  removeExpression,
  tidyExpression,
  tombstoneExpression,
} from './expressions.ts'
import { forgetFull, rememberFull } from './full.ts'
import { isForgettable, type Mark } from './mark.ts'
import type { Counter } from './subject.ts'
import { expiryOf, hasEnded, type Window } from './window.ts'

/** What is known of a send that was to be counted. */
export interface Charge {
  counter: Counter
  mark: Mark
  /**
   * `counted` is surely so, and no try is on its way. `repeated` is counted, and a try may come
   * late. `unknown` may have been counted. `throttled` and `refused` were not.
   */
  state: 'counted' | 'repeated' | 'unknown' | 'throttled' | 'refused'
  /** What the item no longer needs. */
  ended: string[]
}

/** The result of counting a send. */
export interface Charged {
  charges: Charge[]
  /** The windows that had no room for it. */
  full: Window[]
}

/** A send that was not to be counted. */
export const nothingCharged: Charged = { charges: [], full: [] }

/** As many as the SDK's own; a shared counter is one key for all, so it gets fewer. */
const mostTries = 3
const mostTriesOfShared = 2

interface Request {
  requestName: string
  whenFull: 'refuse' | 'count'
}

/**
 * Counts the send of a request on every counter; `whenFull` decides about a full one. Never throws.
 */
export async function chargeLimits(
  store: Store,
  counters: Counter[],
  request: Request,
  signal: AbortSignal,
): Promise<Charged> {
  const charged = await Promise.all(
    counters.map(counter => chargeOne(store, counter, request, signal)),
  )
  return joinCharged(charged)
}

/** Joins what was charged one after the other. */
export function joinCharged(parts: Charged[]): Charged {
  return {
    charges: parts.flatMap(({ charges }) => charges),
    full: parts.flatMap(({ full }) => full),
  }
}

async function chargeOne(
  store: Store,
  counter: Counter,
  request: Request,
  signal: AbortSignal,
): Promise<Charged> {
  const { whenFull } = request
  const { mark, expression } = chargeOf(counter, request, whenFull)
  const tries = isShared(counter.limit) ? mostTriesOfShared : mostTries
  const tried = await tryUpdate(store, counter, expression, { tries, signal })
  if (tried === 'unknown' || tried === 'throttled') {
    return { charges: [{ counter, mark, state: tried, ended: [] }], full: [] }
  }
  const { decided, isFirstTry } = tried
  if ('applied' in decided) {
    const state = isFirstTry ? 'counted' : 'repeated'
    const full = counter.windows.filter(one => sentIn(decided.applied, one) > one.most)
    return { charges: [{ counter, mark, state, ended: endedIn(decided.applied, counter) }], full }
  }
  const { refused } = decided
  if (refused?.[mark.attribute] === mark.counted) {
    return {
      charges: [{ counter, mark, state: 'repeated', ended: endedIn(refused, counter) }],
      full: [],
    }
  }
  const full = counter.windows.filter(one => sentIn(refused, one) >= one.most)
  // Without the item it is not known which.
  const reached = full.length > 0 ? full : counter.windows
  rememberFull(counter, reached)
  // A try before this one may be on its way, and find room.
  const state = isFirstTry ? 'refused' : 'unknown'
  return { charges: [{ counter, mark, state, ended: [] }], full: reached }
}

function sentIn(item: CounterItem | undefined, { attribute }: Window): number {
  return Number(item?.[attribute] ?? 0)
}

function endedIn(item: CounterItem, { windows, now }: Counter): string[] {
  const longestSeconds = windows[0].seconds
  return Object.entries(item)
    .filter(
      ([name, value]) => hasEnded(name, longestSeconds, now) || isForgettable(name, value, now),
    )
    .map(([name]) => name)
    .slice(0, mostRemoved)
}

/** Far below what an expression may be long. */
const mostRemoved = 100

function addressOf({ limitsTable: table }: Store, { key }: Counter): ItemAddress {
  return { table, key: { limitKey: key } }
}

/**
 * Makes a write that recognises its own retry. A throttled one is not tried again: that would feed
 * what throttles it.
 */
async function tryUpdate(
  store: Store,
  counter: Counter,
  expression: Update,
  { tries, signal }: { tries: number; signal: AbortSignal },
): Promise<{ decided: Decided<CounterItem>; isFirstTry: boolean } | 'unknown' | 'throttled'> {
  for (let n = 1; ; n++) {
    try {
      const address = addressOf(store, counter)
      const decided = await conditionalUpdate<CounterItem>(store.once, address, expression, {
        signal,
      })
      return { decided, isFirstTry: n === 1 }
    } catch (error) {
      // What was throttled after a lost try may have been applied by that.
      if (isThrottled(error)) return n === 1 ? 'throttled' : 'unknown'
      if (n === tries || signal.aborted) return 'unknown'
    }
  }
}

/** Refunds what a request was counted for. A count that no try can refund stays. */
export async function refundLimits(
  store: Store,
  { charges }: Charged,
  signal: AbortSignal,
): Promise<void> {
  const refundable = charges.filter(({ state }) => state !== 'throttled' && state !== 'refused')
  await Promise.all(refundable.map(charge => refundOne(store, charge, signal)))
}

async function refundOne(
  store: Store,
  { counter, mark, state, ended }: Charge,
  signal: AbortSignal,
): Promise<void> {
  const counted = { ...counter, mark, expiresAt: expiryOf(counter) }
  if (mark.keeps === 'names') {
    const expression =
      state === 'counted' ? removeExpression(counted, ended) : tombstoneExpression(counted)
    await tryUpdate(store, counter, expression, { tries: mostTries, signal })
    return
  }
  if (state !== 'unknown') {
    const expression = registerRefundExpression(counted, 'counted')
    const tried = await tryUpdate(store, counter, expression, { tries: 1, signal })
    if (tried !== 'unknown') return
  }
  const expression = registerRefundExpression(counted, 'known')
  await tryUpdate(store, counter, expression, { tries: mostTries, signal })
}

/** So much an item may have that it no longer needs, before a write of its own removes it. */
const mostUntidy = 12

/** Removes what the items no longer need, where it is much. A lost write is ignored. */
export async function tidyLimits(
  store: Store,
  { charges }: Charged,
  signal: AbortSignal,
): Promise<void> {
  const untidy = charges.filter(({ ended }) => ended.length > mostUntidy)
  await Promise.all(
    untidy.map(({ counter, ended }) =>
      tryUpdate(store, counter, tidyExpression(ended), { tries: 1, signal }),
    ),
  )
}

/** Reads how many sends each counter has counted in each of its windows. */
export function readLimits(
  store: Store,
  counters: Counter[],
  signal: AbortSignal,
): Promise<{ window: Window; sent: number }[]> {
  const reading = counters.map(async counter => {
    const item = await readItem<CounterItem>(store.retrying, addressOf(store, counter), signal)
    return counter.windows.map(window => ({ window, sent: sentIn(item, window) }))
  })
  return Promise.all(reading).then(read => read.flat())
}

/** Empties the counters. */
export async function emptyLimits(
  store: Store,
  counters: Counter[],
  abortSignal: AbortSignal,
): Promise<void> {
  await Promise.all(
    counters.map(({ key }) =>
      store.retrying.send(
        new DeleteCommand({ TableName: store.limitsTable, Key: { limitKey: key } }),
        { abortSignal },
      ),
    ),
  )
  forgetFull(counters)
}
