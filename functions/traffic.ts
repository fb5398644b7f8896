// Reads the stream of the devices table: counts what was sent and verified by prefix and country,
// suspends what is pumped, and writes figures and metrics.
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { countConversion } from '../lib/breaker/conversion.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { writeTrafficMetrics } from '../lib/figures/metrics.ts'
import { recordFigures } from '../lib/figures/record.ts'
import { describeError, logger } from '../lib/log.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { establishedSettings } from '../lib/settings/established.ts'
import { messagePrices } from '../lib/settings/prices.ts'
import { readRecord } from '../lib/stream/records.ts'
import { toTrafficChange } from '../lib/stream/traffic-change.ts'

const store = connectStore()

/** The invocation itself times out after ten seconds. */
const deadlineMs = 8_000

/**
 * Handles a batch of the stream. After an error Lambda retries it in halves. A record that is
 * counted twice suspends nothing more.
 */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  try {
    const established = establishedSettings()
    const changes = Records.map(readRecord)
      .filter(change => change !== null)
      .map(change => toTrafficChange(change, established))
    const signal = AbortSignal.timeout(deadlineMs)
    await countConversion(changes, {
      store,
      breaker: breakerSettings(),
      validityMs: deviceSettings().token.validityMs,
      now: Date.now(),
      signal,
    })
    await recordFigures(store, changes, signal)
    writeTrafficMetrics(changes, messagePrices())
    return { batchItemFailures: [] }
  } catch (error) {
    logger.error('traffic', { records: Records.length, error: describeError(error) })
    // Lambda's runtime logs what is thrown as it is, so it must hold nothing of an item.
    throw new Error('The batch was not counted.')
  }
}
