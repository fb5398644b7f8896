// A wrong guess counts as one send more for its client address. So an address that guesses at many
// accounts is refused its next challenges. It never changes the answer to a guess: the count is
// tried once, and one that is lost is left.
import type { Store } from '../dynamodb/client.ts'
import { conditionalUpdate } from '../dynamodb/write.ts'
import type { LimitSettings } from '../settings/limits.ts'
import { chargeOf } from './charge.ts'
import { clientNetwork } from './network.ts'
import { countersOfClient } from './subject.ts'

/** A wrong guess of a client. */
export interface WrongGuess {
  clientIp: string
  /** The attempt's name: a retry of it counts once. */
  attempt: string
  now: number
}

/** So long the answer waits for the count, milliseconds. */
const longestWaitMs = 300

/** Counts a wrong guess. Never throws. */
export async function countGuess(
  store: Store,
  { indexKey, limits }: { indexKey: Uint8Array; limits: LimitSettings },
  { clientIp, attempt, now }: WrongGuess,
): Promise<void> {
  const request = { requestName: attempt, retries: 'clients' as const }
  const whenFull = limits.mode === 'record' ? 'count' : 'refuse'
  const counters = countersOfClient({ indexKey, limits }, clientNetwork(clientIp), now)
  const counting = counters.map(counter => {
    const { expression } = chargeOf(counter, request, whenFull)
    const address = { table: store.limitsTable, key: { limitKey: counter.key } }
    const signal = AbortSignal.timeout(longestWaitMs)
    return conditionalUpdate(store.once, address, expression, { signal })
  })
  await Promise.allSettled(counting)
}
