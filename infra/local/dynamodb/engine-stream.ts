// The stream of a table on an engine with streams: DynamoDB Local, dynoxide. It is read from now
// on, shard by shard, a parent before its children
// (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html).
import {
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { _Record } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda'
import type { Beginning, EngineShards } from './engine-shards.ts'
import { type Polling, poll } from './polling.ts'

/**
 * Returns the ARN of a table's stream, and enables the stream first if needed. Null when the
 * engine has no streams.
 */
export async function openTableStream(
  client: DynamoDBClient,
  TableName: string,
): Promise<string | null> {
  const opened = await arnOf(client, TableName)
  if (opened !== null) return opened
  const StreamViewType = 'NEW_AND_OLD_IMAGES' as const
  const StreamSpecification = { StreamEnabled: true, StreamViewType }
  // An engine without streams refuses this, or accepts it without effect.
  await client.send(new UpdateTableCommand({ TableName, StreamSpecification })).catch(() => {})
  return arnOf(client, TableName)
}

async function arnOf(client: DynamoDBClient, TableName: string): Promise<string | null> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  return (Table?.StreamSpecification?.StreamEnabled && Table.LatestStreamArn) || null
}

/** A shard that is being read. Without an iterator, a new one is opened. */
interface OpenShard {
  iterator: string | undefined
  /** Where a new iterator starts. */
  beginning: Beginning
}

/** Reads what is written from now on. */
export async function readTableStream(
  shards: EngineShards,
  put: (record: DynamoDBRecord) => void,
  pauseMs = 200,
): Promise<Polling> {
  const open = new Map<string, OpenShard>()
  const started = new Set<string>()
  const start = async (shardId: string, beginning: Beginning) => {
    open.set(shardId, { iterator: await shards.iteratorOf(shardId, beginning), beginning })
    started.add(shardId)
  }

  const startChildren = async () => {
    const listed = await shards.list()
    const isRead = (id = '') =>
      started.has(id) ? !open.has(id) : listed.every(({ ShardId }) => ShardId !== id)
    for (const { ShardId = '', ParentShardId } of listed) {
      if (!started.has(ShardId) && isRead(ParentShardId)) await start(ShardId, 'TRIM_HORIZON')
    }
  }

  // Closed shards have no new records. (They cannot be recognised: dynoxide reports an end of the
  // shard that it still writes to.)
  for (const { ShardId = '' } of await shards.list()) await start(ShardId, 'LATEST')
  const polling = poll('The stream of the devices', pauseMs, async () => {
    for (const [shardId, shard] of open) {
      if (await readShard(shards, { shardId, shard }, put)) open.delete(shardId)
    }
    await startChildren()
  })
  return {
    close() {
      polling.close()
      shards.close()
    },
  }
}

/** Reads on in a shard. True when the shard has ended. */
async function readShard(
  shards: EngineShards,
  { shardId, shard }: { shardId: string; shard: OpenShard },
  put: (record: DynamoDBRecord) => void,
): Promise<boolean> {
  // An iterator lives for 15 minutes: after a computer has slept, a kept one is dead.
  const iterator = shard.iterator ?? (await shards.iteratorOf(shardId, shard.beginning))
  shard.iterator = undefined
  if (!iterator) return true
  const { Records = [], NextShardIterator } = await shards.read(iterator)
  for (const record of Records) {
    const { SequenceNumber: after } = record.dynamodb ?? {}
    if (after !== undefined) shard.beginning = { after }
    put(lambdaRecord(record))
  }
  shard.iterator = NextShardIterator
  return !NextShardIterator
}

/** Turns a record of the SDK into the form that Lambda passes to a function. */
function lambdaRecord({ userIdentity: _, dynamodb, ...record }: _Record): DynamoDBRecord {
  const seconds = Math.floor((dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000)
  const images = { ...dynamodb, ApproximateCreationDateTime: seconds } as StreamRecord
  return { ...record, dynamodb: images }
}
