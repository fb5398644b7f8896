// An engine of a test file's own whose writes to the devices table are kept, as its stream would
// hand them on. To be started before the handlers are imported: they connect then.
import type { DynamoDBRecord } from 'aws-lambda'
import { type Change, startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { streamRecord } from '../../infra/local/dynamodb/stream-record.ts'

/** What was written since. */
export interface StreamedEngine {
  /** All records so far, in the order of the writes. */
  records: DynamoDBRecord[]
  /** The records that were not taken yet. */
  take(): DynamoDBRecord[]
  close(): Promise<void>
}

/** Starts it, and lets the environment name it. `now` is the time of the records. */
export async function startStreamedEngine(now: () => number = Date.now): Promise<StreamedEngine> {
  const { DEVICES_TABLE, LIMITS_TABLE, TRAFFIC_TABLE } = process.env
  const records: DynamoDBRecord[] = []
  let taken = 0
  const engine = await startDynalite({
    port: 0,
    ...(DEVICES_TABLE && { devicesTable: DEVICES_TABLE }),
    ...(LIMITS_TABLE && { limitsTable: LIMITS_TABLE }),
    ...(TRAFFIC_TABLE && { trafficTable: TRAFFIC_TABLE }),
    onChange: (change: Change) => records.push(streamRecord(change, records.length + 1, now())),
  })
  process.env.AWS_ENDPOINT_URL_DYNAMODB = engine.url
  const take = () => {
    const fresh = records.slice(taken)
    taken = records.length
    return fresh
  }
  return { records, take, close: engine.close }
}
