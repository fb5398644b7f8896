// The devices that were written to since a moment, from the stream of their table. It keeps the
// writes of 24 hours, shard by shard; a shard is open for some hours, then others follow it
// (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html).
import { setTimeout as wait } from 'node:timers/promises'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { ask } from '../ask.ts'
import type { RestoreDeadlines } from '../command.ts'
import type { AwsError, Stage } from '../stage.ts'
import type { ChangedDevice } from './undone.ts'

/** What the stream said. */
export interface Said {
  devices: ChangedDevice[]
  /** Whether it was read to its end, in the time that there was. */
  isWhole: boolean
}

/** How many shards are read at once. */
const readers = 8

/** Of `idleMs`, between two answers that hold nothing; some of them have more behind them. */
const pauseShare = 0.02

/** Reads who was written to since a moment. Throws one sentence where AWS does not say. */
export async function readStream(
  stage: Stage,
  { arn, table, since }: { arn: string; table: string; since: number },
  { streamMs, idleMs }: RestoreDeadlines,
): Promise<Said> {
  const client = new DynamoDBStreamsClient(stage.clientOptions('DYNAMODB_STREAMS'))
  const endsAt = Date.now() + streamMs
  const asked = (permission: string) => ({
    permission: `dynamodb:${permission}`,
    of: `the stream of ${table}`,
    failed: 'could not be read',
  })
  const changes = new Map<string, Change>()
  const read = new Set<string>()

  async function list(): Promise<Shard[]> {
    const shards: Shard[] = []
    let last: string | undefined
    do {
      const page = { StreamArn: arn, ...(last && { ExclusiveStartShardId: last }) }
      const sent = client.send(new DescribeStreamCommand(page))
      const { StreamDescription } = await ask(sent, asked('DescribeStream'), stage)
      shards.push(...(StreamDescription?.Shards ?? []))
      last = StreamDescription?.LastEvaluatedShardId
    } while (last)
    return shards
  }

  async function readShard({ ShardId, SequenceNumberRange }: Shard): Promise<void> {
    const from = { StreamArn: arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const }
    const opened = client.send(new GetShardIteratorCommand(from))
    let { ShardIterator: next } = await ask(opened, asked('GetShardIterator'), stage)
    const isOpen = SequenceNumberRange?.EndingSequenceNumber === undefined
    let emptySince: number | null = null
    while (next) {
      if (Date.now() > endsAt) return
      const sent = client.send(new GetRecordsCommand({ ShardIterator: next }))
      const { Records = [], NextShardIterator } = await ask(sent, asked('GetRecords'), stage)
      for (const record of Records) keep(record, { since, changes })
      next = NextShardIterator
      emptySince = Records.length > 0 ? null : (emptySince ?? Date.now())
      if (emptySince === null) continue
      if (isOpen && Date.now() - emptySince > idleMs) break
      await wait(idleMs * pauseShare)
    }
    read.add(ShardId ?? '')
  }

  async function readAll(shards: Shard[]): Promise<void> {
    const waiting = shards.values()
    const reader = async () => {
      for (const shard of waiting) await readShard(shard).catch(dropTrimmed(shard, read))
    }
    await Promise.all(Array.from({ length: readers }, reader))
  }

  try {
    for (;;) {
      const fresh = (await list()).filter(({ ShardId = '' }) => !read.has(ShardId))
      if (fresh.length === 0 || Date.now() > endsAt) {
        const devices = [...changes.values()].map(change => change.device)
        return { devices, isWhole: fresh.length === 0 }
      }
      await readAll(fresh)
    }
  } finally {
    client.destroy()
  }
}

/** What was in a shard that ends while it is read is older than a day. */
function dropTrimmed({ ShardId = '' }: Shard, read: Set<string>) {
  return (error: Error) => {
    const { name } = (error.cause ?? error) as AwsError
    if (name !== 'TrimmedDataAccessException' && name !== 'ResourceNotFoundException') throw error
    read.add(ShardId)
  }
}

interface Change {
  /** The sequence numbers of its first and its last write. */
  first: bigint
  last: bigint
  device: ChangedDevice
}

/** Shards come in any order; of two writes of a device, the later has the higher number. */
function keep(
  { dynamodb }: _Record,
  { since, changes }: { since: number; changes: Map<string, Change> },
): void {
  const { Keys, OldImage, NewImage, SequenceNumber = '0' } = dynamodb ?? {}
  if ((dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) < since) return
  const [before, after] = [imageOf(OldImage), imageOf(NewImage)]
  const number = BigInt(SequenceNumber)
  const { userId, deviceId } = unmarshall((Keys ?? {}) as Image) as DeviceItem
  const name = JSON.stringify([userId, deviceId])
  const device = { userId, deviceId, before, after }
  const known = changes.get(name)
  if (known === undefined) {
    changes.set(name, { first: number, last: number, device })
    return
  }
  if (number < known.first) {
    known.first = number
    known.device.before = before
  }
  if (number > known.last) {
    known.last = number
    known.device.after = after
  }
}

type Image = Record<string, AttributeValue>

/** Only what is compared: a day may have written to many devices. */
function imageOf(image: object | undefined): ChangedDevice['after'] {
  if (image === undefined) return null
  const device = unmarshall(image as Image, { wrapNumbers: Number }) as DeviceItem
  const { number, confirmed, failures, failedAt } = device
  return { number, confirmed, failures, failedAt }
}
