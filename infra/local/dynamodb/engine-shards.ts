// The calls to an engine's stream: list its shards, open an iterator into one, read records.
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  type DynamoDBStreamsClientConfig,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams'

/** Where an iterator starts: at new records, at the oldest one, or after a record. */
export type Beginning = 'LATEST' | 'TRIM_HORIZON' | { after: string }

/** The shards of one stream. */
export interface EngineShards {
  list(): Promise<Shard[]>
  iteratorOf(shardId: string, beginning: Beginning): Promise<string | undefined>
  read(iterator: string): Promise<GetRecordsCommandOutput>
  close(): void
}

/** Connects to a stream. */
export function connectShards(
  config: DynamoDBStreamsClientConfig,
  StreamArn: string,
): EngineShards {
  const client = new DynamoDBStreamsClient(config)
  return {
    async list() {
      const shards: Shard[] = []
      let last: string | undefined
      do {
        const { StreamDescription } = await client.send(
          new DescribeStreamCommand({ StreamArn, ...(last && { ExclusiveStartShardId: last }) }),
        )
        shards.push(...(StreamDescription?.Shards ?? []))
        last = StreamDescription?.LastEvaluatedShardId
      } while (last)
      return shards
    },
    async iteratorOf(ShardId, beginning) {
      const where =
        typeof beginning === 'string'
          ? { ShardIteratorType: beginning }
          : {
              ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const,
              SequenceNumber: beginning.after,
            }
      const answer = await client.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ...where }),
      )
      return answer.ShardIterator
    },
    read: ShardIterator => client.send(new GetRecordsCommand({ ShardIterator })),
    close: () => client.destroy(),
  }
}
