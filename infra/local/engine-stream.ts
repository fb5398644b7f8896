// The stream of a table of an engine that has streams: DynamoDB Local, dynoxide. Shard by shard, a parent before its
// children, from now on (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html).
import {
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  type DynamoDBStreamsClientConfig,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, StreamRecord } from 'aws-lambda'
import { type Polling, poll } from './polling.ts'

const pauseMs = 200

/** The ARN of a table's stream, which is opened where there is none; null when the engine has no streams. */
export async function openTableStream(
  client: DynamoDBClient,
  TableName: string,
): Promise<string | null> {
  const opened = await arnOf(client, TableName)
  if (opened !== null) return opened
  const StreamSpecification = {
    StreamEnabled: true,
    StreamViewType: 'NEW_AND_OLD_IMAGES' as const,
  }
  // An engine without streams refuses, or does as if.
  await client.send(new UpdateTableCommand({ TableName, StreamSpecification })).catch(() => {})
  return arnOf(client, TableName)
}

async function arnOf(client: DynamoDBClient, TableName: string): Promise<string | null> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  return (Table?.StreamSpecification?.StreamEnabled && Table.LatestStreamArn) || null
}

/** Reads what is written from now on. */
export async function readTableStream(
  config: DynamoDBStreamsClientConfig,
  StreamArn: string,
  put: (record: DynamoDBRecord) => void,
): Promise<Polling> {
  const client = new DynamoDBStreamsClient(config)
  /** The iterators of the shards that are being read, and the number of the last record of each. */
  const iterators = new Map<string, string | undefined>()
  const last = new Map<string, string>()
  const begun = new Set<string>()
  let hasEnded = false

  const begin = async (ShardId: string, ShardIteratorType: 'LATEST' | 'TRIM_HORIZON') => {
    iterators.set(ShardId, await iteratorOf({ ShardId, ShardIteratorType }))
    begun.add(ShardId)
  }

  const iteratorOf = async (where: {
    ShardId: string
    ShardIteratorType: 'LATEST' | 'TRIM_HORIZON' | 'AFTER_SEQUENCE_NUMBER'
    SequenceNumber?: string
  }) => {
    const { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamArn, ...where }),
    )
    return ShardIterator
  }

  const readShard = async (shardId: string, ShardIterator: string) => {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator }))
    for (const record of answer.Records ?? []) {
      const { SequenceNumber } = record.dynamodb ?? {}
      if (SequenceNumber) last.set(shardId, SequenceNumber)
      put(lambdaRecord(record))
    }
    if (answer.NextShardIterator) iterators.set(shardId, answer.NextShardIterator)
    else hasEnded = iterators.delete(shardId)
  }

  /** An iterator lives for 15 minutes: a computer that slept comes back with dead ones. */
  const resume = async (ShardId: string) => {
    const SequenceNumber = last.get(ShardId)
    const where = SequenceNumber
      ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber }
      : { ShardIteratorType: 'LATEST' as const }
    iterators.set(ShardId, await iteratorOf({ ShardId, ...where }))
  }

  const beginChildren = async () => {
    const shards = await listShards(client, StreamArn)
    const isRead = (id = '') =>
      begun.has(id) ? !iterators.has(id) : shards.every(({ ShardId }) => ShardId !== id)
    for (const { ShardId = '', ParentShardId } of shards) {
      if (!begun.has(ShardId) && isRead(ParentShardId)) await begin(ShardId, 'TRIM_HORIZON')
    }
    hasEnded = iterators.size === 0
  }

  const step = async () => {
    for (const [shardId, iterator] of iterators) {
      if (iterator === undefined) await resume(shardId)
      // Until it was answered: what fails midway is resumed.
      else {
        iterators.set(shardId, undefined)
        await readShard(shardId, iterator)
      }
    }
    if (hasEnded) await beginChildren()
  }

  for (const { ShardId = '', SequenceNumberRange } of await listShards(client, StreamArn)) {
    if (SequenceNumberRange?.EndingSequenceNumber) begun.add(ShardId)
    else await begin(ShardId, 'LATEST')
  }
  const polling = poll('The stream of the devices', pauseMs, step)
  return {
    close() {
      polling.close()
      client.destroy()
    },
  }
}

async function listShards(client: DynamoDBStreamsClient, StreamArn: string): Promise<Shard[]> {
  const shards: Shard[] = []
  let ExclusiveStartShardId: string | undefined
  do {
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({
        StreamArn,
        ...(ExclusiveStartShardId && { ExclusiveStartShardId }),
      }),
    )
    shards.push(...(StreamDescription?.Shards ?? []))
    ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId
  } while (ExclusiveStartShardId)
  return shards
}

/** A record of the SDK as Lambda is handed it. */
function lambdaRecord({ userIdentity: _, dynamodb, ...record }: _Record): DynamoDBRecord {
  const seconds = Math.floor((dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000)
  const images = { ...dynamodb, ApproximateCreationDateTime: seconds } as StreamRecord
  return { ...record, dynamodb: images }
}
