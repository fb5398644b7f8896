// The DynamoDB of npm start: the embedded one or one that runs already, and the source of its
// stream.
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import {
  localCredentials as credentials,
  localRegion as region,
  localTables as tables,
} from '../../stack/local.ts'
import { type Change, createTables, startDynalite } from './dynalite.ts'
import { connectShards } from './engine-shards.ts'
import { openTableStream, readTableStream } from './engine-stream.ts'
import { streamRecord } from './stream-record.ts'

/** A database with its tables. */
export interface LocalDatabase {
  url: string
  /** Where the stream comes from, in words; null where there is none. */
  source: string | null
  close(): Promise<void>
}

interface Options {
  /** Of an engine that runs already. */
  engine: string | undefined
  /** Of the embedded one. */
  embedded: { host: string; port: number; path: string | undefined }
  /** Handed every record of the stream of the devices, in its order. */
  put: (record: DynamoDBRecord) => void
}

/** Opens it; rejects with one sentence where it cannot be had. */
export async function openDatabase({ engine, embedded, put }: Options): Promise<LocalDatabase> {
  if (engine !== undefined) return openEngine(engine, put)
  // Rises from one run to the next: tables that are kept may remember what was counted.
  let written = Date.now() * 1000
  const tell = (change: Change) => put(streamRecord(change, ++written, Date.now()))
  const { url, close } = await startDynalite({ ...embedded, ...tables, onChange: tell })
  return { url, source: 'the embedded DynamoDB', close }
}

async function openEngine(url: string, put: Options['put']): Promise<LocalDatabase> {
  await assertAnswers(url)
  await createTables({ endpoint: url, region, ...tables })
  const config = { endpoint: url, region, credentials }
  const client = new DynamoDBClient(config)
  const arn = await openTableStream(client, tables.devicesTable)
  const stream = arn === null ? null : await readTableStream(connectShards(config, arn), put)
  return {
    url,
    source: stream && `the streams of ${url}`,
    async close() {
      stream?.close()
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
