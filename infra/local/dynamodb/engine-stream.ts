// The stream of a table of an engine that has streams: DynamoDB Local, dynoxide. Shard by shard, a parent before its
// children, from now on (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html).
import {
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import type { _Record } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda'
import type { Beginning, EngineShards } from './engine-shards.ts'
import { type Polling, poll } from './polling.ts'

/** The ARN of a table's stream, which is opened where there is none; null when the engine has no streams. */
export async function openTableStream(
  client: DynamoDBClient,
  TableName: string,
): Promise<string | null> {
  const opened = await arnOf(client, TableName)
  if (opened !== null) return opened
  const StreamViewType = 'NEW_AND_OLD_IMAGES' as const
  const StreamSpecification = { StreamEnabled: true, StreamViewType }
  // An engine without streams refuses, or does as if.
  await client.send(new UpdateTableCommand({ TableName, StreamSpecification })).catch(() => {})
  return arnOf(client, TableName)
}

async function arnOf(client: DynamoDBClient, TableName: string): Promise<string | null> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  return (Table?.StreamSpecification?.StreamEnabled && Table.LatestStreamArn) || null
}

/** A shard that is being read; without an iterator it has to be resumed. */
interface OpenShard {
  iterator: string | undefined
  /** Where to resume. */
  beginning: Beginning
}

/** Reads what is written from now on. */
export async function readTableStream(
  shards: EngineShards,
  put: (record: DynamoDBRecord) => void,
  pauseMs = 200,
): Promise<Polling> {
  const open = new Map<string, OpenShard>()
  const begun = new Set<string>()
  const begin = async (shardId: string, beginning: Beginning) => {
    open.set(shardId, { iterator: await shards.iteratorOf(shardId, beginning), beginning })
    begun.add(shardId)
  }

  const beginChildren = async () => {
    const listed = await shards.list()
    const isRead = (id = '') =>
      begun.has(id) ? !open.has(id) : listed.every(({ ShardId }) => ShardId !== id)
    for (const { ShardId = '', ParentShardId } of listed) {
      if (!begun.has(ShardId) && isRead(ParentShardId)) await begin(ShardId, 'TRIM_HORIZON')
    }
  }

  // Those that have ended have nothing to come. (Which they are cannot be told: dynoxide names an end of the shard that
  // it writes to.)
  for (const { ShardId = '' } of await shards.list()) await begin(ShardId, 'LATEST')
  const polling = poll('The stream of the devices', pauseMs, async () => {
    for (const [shardId, shard] of open) {
      if (await readShard(shards, { shardId, shard }, put)) open.delete(shardId)
    }
    await beginChildren()
  })
  return {
    close() {
      polling.close()
      shards.close()
    },
  }
}

/** Reads on in a shard; true when it has ended. */
async function readShard(
  shards: EngineShards,
  { shardId, shard }: { shardId: string; shard: OpenShard },
  put: (record: DynamoDBRecord) => void,
): Promise<boolean> {
  // An iterator lives for 15 minutes: a computer that slept comes back with a dead one.
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

/** A record of the SDK as Lambda is handed it. */
function lambdaRecord({ userIdentity: _, dynamodb, ...record }: _Record): DynamoDBRecord {
  const seconds = Math.floor((dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000)
  const images = { ...dynamodb, ApproximateCreationDateTime: seconds } as StreamRecord
  return { ...record, dynamodb: images }
}
