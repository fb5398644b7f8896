// Counts what the stream reports: one write per hour and batch. The stream delivers its records at
// least once, and a batch that is delivered again is counted again. Only figures may do that,
// because nothing is decided by them.

import type { Store } from '../dynamodb/client.ts'
import { describeError, logger } from '../log.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import { addFigures } from './store.ts'
import { tallyChanges } from './tally.ts'

/**
 * Counts changes. Never throws: what cannot be counted is logged, and the rest of
 * the batch goes on.
 */
export async function recordFigures(
  store: Store,
  changes: TrafficChange[],
  signal: AbortSignal,
): Promise<void> {
  const hours = [...tallyChanges(changes)]
  await Promise.all(
    hours.map(([hour, tally]) =>
      addFigures(store, hour, tally, signal).catch(error =>
        logger.error('figures not recorded', { hour, error: describeError(error) }),
      ),
    ),
  )
}
