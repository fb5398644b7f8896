// Reads the stream of the devices table: counts what was sent and verified by prefix and country,
// suspends what is pumped, and writes figures and metrics. None of them waits for the others: what
// cannot be written is kept for `npm run replay`, and a batch is not counted again for its sake.
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import { countConversion } from '../lib/breaker/conversion.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { writeTrafficMetrics } from '../lib/figures/metrics.ts'
import { recordFigures } from '../lib/figures/record.ts'
import { describeError, logger } from '../lib/log.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { establishedSettings } from '../lib/settings/established.ts'
import { messagePrices } from '../lib/settings/prices.ts'
import { batchResponse, readBatch, type StreamBatch } from '../lib/stream/batch.ts'
import { keepRecords, type Unfinished } from '../lib/stream/kept.ts'
import { readRecord } from '../lib/stream/records.ts'
import { type TrafficChange, toTrafficChange } from '../lib/stream/traffic-change.ts'

const store = connectStore()

/** For what is written; the invocation, which also keeps records, times out after ten seconds. */
const deadlineMs = 5_000

/** Handles a batch of the stream, or of what was kept of it. */
export async function handler(batch: StreamBatch): Promise<DynamoDBBatchResponse> {
  const { replay = null } = batch
  try {
    const settings = readSettings()
    const { read, records, failed } = await readBatch('traffic', batch, changeReader())
    const changes = read.filter(change => change !== null)
    const unfinished = await count(changes, settings, replay)
    if (replay === null) {
      writeTrafficMetrics(changes, settings.prices)
      await Promise.all(unfinished.map(rest => keepRecords('traffic', records, rest)))
    } else if (unfinished.length > 0) throw new Error('Not all could be written.')
    else if (replay.part === 'all') writeTrafficMetrics(changes, settings.prices)
    return batchResponse(failed)
  } catch (error) {
    logger.error('traffic', { records: batch.Records.length, error: describeError(error) })
    // Lambda's runtime logs what is thrown as it is, so it must hold nothing of an item.
    throw new Error('The batch was not counted.')
  }
}

/** Read before anything is counted: a wrong setting fails the whole batch. */
function readSettings() {
  const { validityMs } = deviceSettings().token
  return { breaker: breakerSettings(), prices: messagePrices(), validityMs }
}

function changeReader(): (record: DynamoDBRecord) => TrafficChange | null {
  const established = establishedSettings()
  return record => {
    const change = readRecord(record)
    return change && toTrafficChange(change, established)
  }
}

/** Counts changes in the slices of the breaker and in the figures; returns what is left to do. */
async function count(
  changes: TrafficChange[],
  { breaker, validityMs }: ReturnType<typeof readSettings>,
  replay: Unfinished | null,
): Promise<Unfinished[]> {
  const signal = AbortSignal.timeout(deadlineMs)
  const context = { store, breaker, validityMs, now: Date.now(), signal }
  const isCounted = replay?.part === 'figures' || (await countConversion(changes, context))
  const hours =
    replay?.part === 'slices' ? [] : await recordFigures(store, changes, { replay, signal })
  return [
    ...(isCounted ? [] : [{ part: 'slices' } as const]),
    ...(hours.length === 0 ? [] : [{ part: 'figures', hours } as const]),
  ]
}
