// A wrong guess counts as one send more for its client address. So an address that guesses at many
// accounts is refused its next challenges. It never changes the answer to a guess.
import type { Store } from '../dynamodb/client.ts'
import type { LimitSettings } from '../settings/limits.ts'
import { chargeLimits } from './store.ts'
import { clientNetwork, countersOf } from './subject.ts'

/** A wrong guess of a client. */
export interface WrongGuess {
  clientIp: string
  /** The attempt's name: a retry of it counts once. */
  attempt: string
  now: number
}

/** So long the answer waits for the count, milliseconds. */
const longestWaitMs = 300

/** Counts a wrong guess. Never throws: a count that is lost is left. */
export async function countGuess(
  store: Store,
  { indexKey, limits }: { indexKey: Uint8Array; limits: LimitSettings },
  { clientIp, attempt, now }: WrongGuess,
): Promise<void> {
  const send = { requestName: attempt, now, isEstablished: false }
  const counters = countersOf({ indexKey, limits }, { client: clientNetwork(clientIp) }, send)
  await chargeLimits(
    store,
    counters,
    {
      requestName: attempt,
      retries: 'clients',
      whenFull: limits.mode === 'record' ? 'count' : 'refuse',
    },
    AbortSignal.timeout(longestWaitMs),
  )
}
