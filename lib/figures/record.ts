// Counts what the stream reports: one write per hour and batch. The stream delivers its records at
// least once, and a batch that it delivers again is counted again. Only figures may do that,
// because nothing is decided by them. What is kept and put in again is counted once.

import type { Store } from '../dynamodb/client.ts'
import { describeError, logger } from '../log.ts'
import type { Unfinished } from '../stream/kept.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import { addFigures } from './store.ts'
import { tallyChanges } from './tally.ts'

/** How changes are counted. */
interface Recording {
  /** Of a replay: what is still to be done, of the figures perhaps some hours alone. */
  replay?: Unfinished | null
  signal: AbortSignal
}

/**
 * Counts changes. Never throws: hours that could not be counted are logged and returned, and the
 * rest goes on.
 */
export async function recordFigures(
  store: Store,
  changes: TrafficChange[],
  { replay = null, signal }: Recording,
): Promise<string[]> {
  const missing: string[] = []
  // A replay counts in items of its own, named by its first record, and so only once.
  const [{ sequenceNumber = '' } = {}] = changes
  const own = replay === null ? null : sequenceNumber
  const hours = [...tallyChanges(changes)].filter(
    ([hour]) => replay?.part !== 'figures' || replay.hours.includes(hour),
  )
  await Promise.all(
    hours.map(([hour, tally]) =>
      addFigures(store, { hour, own }, tally, signal).catch(error => {
        logger.error('figures not recorded', { hour, error: describeError(error) })
        missing.push(hour)
      }),
    ),
  )
  return missing
}
