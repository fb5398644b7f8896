// Counting sends in the limits table: one conditional write per limit, all at once. A count that is taken back
// is taken back once at most, and a write that is lost leaves a limit rather too full than too empty.
import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { refusal } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import { type CounterItem, chargeExpression, refundExpression } from './expressions.ts'
import type { Counter } from './subject.ts'

/** What came of counting a send: where it was counted, and which limits had no room for it. */
export interface Charged {
  counted: Counter[]
  full: Counter[]
  /** Neither is known; the table was out of reach. */
  unknown: Counter[]
}

/** Items outlive their window by this, for whoever looks at them. */
const keptSeconds = 3600

/** Counts a send of a request with every counter, each only if it has room or `beyond` is wanted. Never throws. */
export async function chargeLimits(
  store: Store,
  counters: Counter[],
  { request, beyond }: { request: string; beyond: 'refuse' | 'count' },
  signal: AbortSignal,
): Promise<Charged> {
  const charged: Charged = { counted: [], full: [], unknown: [] }
  await Promise.all(
    counters.map(async counter => {
      const most = beyond === 'refuse' ? counter.most : null
      const sent = await charge(store, counter, { request, most }, signal).catch(() => null)
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
  { key, endsAt }: Counter,
  { request, most }: { request: string; most: number | null },
  abortSignal: AbortSignal,
): Promise<number | 'refused'> {
  const expiresAt = Math.ceil(endsAt / 1000) + keptSeconds
  try {
    const answer = await store.retrying.send(
      new UpdateCommand({
        TableName: store.limitsTable,
        Key: { limitKey: key },
        ...chargeExpression({ request, most, expiresAt }),
        ReturnValues: 'UPDATED_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal },
    )
    const { sent } = (answer.Attributes ?? {}) as Partial<CounterItem>
    if (sent === undefined) throw unavailable(new Error('No count in the answer.'))
    return sent
  } catch (error) {
    const counter = refusal(error).refused as CounterItem | undefined
    return counter?.latest === request || counter?.previous === request ? counter.sent : 'refused'
  }
}

/** Takes back what a request was counted for. What cannot be taken back in one try stays counted. */
export async function refundLimits(
  store: Store,
  { counted, unknown }: Charged,
  request: string,
  abortSignal: AbortSignal,
): Promise<void> {
  const refund = (certain: 'counted' | 'unknown') => (counter: Counter) =>
    store.once
      .send(
        new UpdateCommand({
          TableName: store.limitsTable,
          Key: { limitKey: counter.key },
          ...refundExpression(request, certain),
        }),
        { abortSignal },
      )
      .catch(() => undefined)
  await Promise.all([...counted.map(refund('counted')), ...unknown.map(refund('unknown'))])
}

/** How many sends each counter has counted. */
export function readLimits(
  store: Store,
  counters: Counter[],
  abortSignal: AbortSignal,
): Promise<number[]> {
  return Promise.all(
    counters.map(async ({ key }) => {
      const command = new GetCommand({
        TableName: store.limitsTable,
        Key: { limitKey: key },
        ConsistentRead: true,
      })
      const { Item } = await store.retrying.send(command, { abortSignal })
      return (Item as CounterItem | undefined)?.sent ?? 0
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
