// Counts sends in the limits table: one conditional write per limit, all at once. A count is
// refunded at most once, and a lost write leaves a limit too full rather than too empty.
import { DeleteCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { readItem } from '../dynamodb/read.ts'
import { conditionalUpdate, type ItemAddress } from '../dynamodb/write.ts'
import { type CounterItem, chargeExpression, refundExpression } from './expressions.ts'
import type { Counter } from './subject.ts'

/** The result of counting a send: where it was counted, and which limits had no room for it. */
export interface Charged {
  counted: Counter[]
  full: Counter[]
  /** The table could not be reached, so neither is known. */
  unknown: Counter[]
}

/** How long an item outlives its window, seconds, so that admins can still read it. */
const keptSeconds = 3600

/**
 * Counts the send of a request on every counter; `whenFull` decides about a full one. Never throws.
 */
export async function chargeLimits(
  store: Store,
  counters: Counter[],
  { requestName, whenFull }: { requestName: string; whenFull: 'refuse' | 'count' },
  signal: AbortSignal,
): Promise<Charged> {
  const charged: Charged = { counted: [], full: [], unknown: [] }
  await Promise.all(
    counters.map(async counter => {
      const most = whenFull === 'refuse' ? counter.most : null
      const sent = await charge(store, counter, { requestName, most }, signal).catch(() => null)
      if (sent === null) charged.unknown.push(counter)
      else if (sent === 'refused') charged.full.push(counter)
      else {
        charged.counted.push(counter)
        if (sent > counter.most) charged.full.push(counter)
      }
    }),
  )
  return charged
}

async function charge(
  store: Store,
  counter: Counter,
  { requestName, most }: { requestName: string; most: number | null },
  signal: AbortSignal,
): Promise<number | 'refused'> {
  const expiresAt = Math.ceil(counter.endsAt / 1000) + keptSeconds
  const expression = chargeExpression({ requestName, most, expiresAt })
  const decided = await conditionalUpdate<CounterItem>(
    store.retrying,
    addressOf(store, counter),
    expression,
    { signal },
  )
  if ('applied' in decided) return decided.applied.sent
  const { refused } = decided
  const isKnown = refused?.latest === requestName || refused?.previous === requestName
  return isKnown ? refused.sent : 'refused'
}

function addressOf({ limitsTable: table }: Store, { key }: Counter): ItemAddress {
  return { table, key: { limitKey: key } }
}

/** Refunds what a request was counted for. A count that one try cannot refund stays. */
export async function refundLimits(
  store: Store,
  { counted, unknown }: Charged,
  requestName: string,
  signal: AbortSignal,
): Promise<void> {
  const refund = (chargeState: 'counted' | 'unknown') => (counter: Counter) => {
    const expression = refundExpression(requestName, chargeState)
    return conditionalUpdate(store.once, addressOf(store, counter), expression, { signal }).catch(
      () => undefined,
    )
  }
  await Promise.all([...counted.map(refund('counted')), ...unknown.map(refund('unknown'))])
}

/** Reads how many sends each counter has counted. */
export function readLimits(
  store: Store,
  counters: Counter[],
  signal: AbortSignal,
): Promise<number[]> {
  return Promise.all(
    counters.map(async counter => {
      const address = addressOf(store, counter)
      const item = await readItem<CounterItem>(store.retrying, address, signal)
      return item?.sent ?? 0
    }),
  )
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
}
