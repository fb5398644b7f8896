// Reads the stream of the devices table: what was sent and verified, by prefix and country, and whom that suspends.
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { countConversion } from '../lib/breaker/conversion.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { writeTrafficMetrics } from '../lib/figures/metrics.ts'
import { recordFigures } from '../lib/figures/record.ts'
import { describeError, logger } from '../lib/log.ts'
import { breakerSettings } from '../lib/settings/breaker.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { messagePrices } from '../lib/settings/prices.ts'
import { type DeviceChange, readRecord } from '../lib/stream/records.ts'

const store = connectStore()

/** Of the ten seconds of an invocation. */
const deadlineMs = 8_000

/** A batch of the stream. When it throws, the batch is given again, in halves; counted twice, it suspends nobody else. */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  try {
    const changes = Records.map(readRecord).filter((one): one is DeviceChange => one !== null)
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
    // What is thrown is logged as it is, by whoever runs this.
    throw new Error('The batch was not counted.')
  }
}
