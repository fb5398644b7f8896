// The DynamoDB of npm start: the embedded one or a running engine, with the stream of
// its devices table.
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { type Change, createTables, startDynalite } from './dynalite.ts'
import { compareScans } from './engine-scans.ts'
import { connectShards } from './engine-shards.ts'
import { openTableStream, readTableStream } from './engine-stream.ts'
import { streamRecord } from './stream-record.ts'

/** A database with its tables. */
export interface LocalDatabase {
  url: string
  /** A phrase that names the source of the stream. */
  source: string
  close(): Promise<void>
}

interface Options {
  /** URL of a running engine; undefined starts the embedded one. */
  engine: string | undefined
  /** Options of the embedded one. */
  embedded: { host: string; port: number; path: string | undefined }
  /** Called with every record of the devices' stream, in order. */
  put: (record: DynamoDBRecord) => void
}

const tables = {
  devicesTable: 'serverless-otp-twilio-local-devices',
  limitsTable: 'serverless-otp-twilio-local-limits',
  trafficTable: 'serverless-otp-twilio-local-traffic',
}

/**
 * DynamoDB Local keeps tables by region and access key, so these must be those of the functions.
 */
const region = 'us-east-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Opens the database. Rejects with a message of one sentence when there is none. */
export async function openDatabase({ engine, embedded, put }: Options): Promise<LocalDatabase> {
  // Sequence numbers must rise from run to run: kept tables may remember which ones were counted.
  let written = Date.now() * 1000
  const onChange = (change: Change) => put(streamRecord(change, ++written, Date.now()))
  if (engine !== undefined) return openEngine(engine, { put, onChange })
  const { url, close } = await startDynalite({ ...embedded, ...tables, onChange })
  return { url, source: 'the embedded DynamoDB', close }
}

async function openEngine(
  url: string,
  { put, onChange }: { put: Options['put']; onChange: (change: Change) => void },
): Promise<LocalDatabase> {
  await assertAnswers(url)
  await createTables({ endpoint: url, region, ...tables })
  const config = { endpoint: url, region, credentials }
  const client = new DynamoDBClient(config)
  const arn = await openTableStream(client, tables.devicesTable)
  const stream =
    arn === null
      ? await compareScans(
          client,
          { tableName: tables.devicesTable, keyNames: ['userId', 'deviceId'] },
          onChange,
        )
      : await readTableStream(connectShards(config, arn), put)
  return {
    url,
    source:
      arn === null
        ? `scans of ${url}, compared every second, as that engine has no streams`
        : `the streams of ${url}`,
    async close() {
      stream.close()
      client.destroy()
    },
  }
}

async function assertAnswers(url: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint: url, region, credentials, maxAttempts: 1 })
  try {
    await client.send(new ListTablesCommand(), { abortSignal: AbortSignal.timeout(5000) })
  } catch (cause) {
    throw new Error(`No DynamoDB answers at ${url}.`, { cause })
  } finally {
    client.destroy()
  }
}
