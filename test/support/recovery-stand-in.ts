// A stand-in for what a restore asks of AWS, before the embedded engine, which knows neither
// recovery nor streams: the engine's writes are the stream of the devices table, and a restore
// undoes those that came after its time. What else it does not know of a table is kept here.
import http, { type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'

/** What is kept of a table that the engine does not know. */
interface KeptTable {
  /** Added to its description. */
  described: Record<string, unknown>
  recovers: boolean
  expiresBy: string | null
  tags: Record<string, string>
}

/** A running stand-in. */
export interface RecoveryStandIn {
  url: string
  /** Every operation that was asked for, such as DescribeTable. */
  operations: string[]
  /** By name. */
  tables: Map<string, KeptTable>
  /** What recovery covers, milliseconds since the epoch. */
  recovery: { earliest: number; latest: number }
  /** Asked for each operation: the error that AWS answers instead, or `hangs`. */
  behave: (operation: string) => string | undefined
  /** How often a restored table is described as it is made. */
  creating: number
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: each operation reads the members that it has
type Input = any

/** Starts it before an engine with those records. */
export async function startRecoveryStandIn(
  engine: string,
  records: DynamoDBRecord[],
): Promise<RecoveryStandIn> {
  const client = new DynamoDBClient({ endpoint: engine })
  const server = http.createServer(async (message, response) => {
    response.on('error', () => {})
    const operation = String(message.headers['x-amz-target']).split('.')[1] ?? ''
    const body = await text(message)
    standIn.operations.push(operation)
    const instead = standIn.behave(operation)
    if (instead === 'hangs') return
    if (instead)
      return send(response, { status: 400, body: { __type: instead, message: 'canary' } })
    const answer = await answers[operation]!(JSON.parse(body), { standIn, client, records }).catch(
      refused,
    )
    send(response, answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const standIn: RecoveryStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations: [],
    tables: new Map(),
    recovery: { earliest: 0, latest: Date.now() },
    behave: () => undefined,
    creating: 0,
    async close() {
      client.destroy()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return standIn
}

interface Behind {
  standIn: RecoveryStandIn
  client: DynamoDBClient
  records: DynamoDBRecord[]
}

interface Reply {
  status: number
  body: object
}

/** As DynamoDB refuses it: the name of the error is all that a client may rely on. */
class Refusal extends Error {}

function refused({ name, message }: Error): Reply {
  return { status: 400, body: { __type: name === 'Error' ? message : name, message: 'canary' } }
}

function keptOf({ tables }: RecoveryStandIn, name: string): KeptTable {
  const kept = tables.get(name) ?? { described: {}, recovers: false, expiresBy: null, tags: {} }
  tables.set(name, kept)
  return kept
}

const arnOf = (table: string) => `arn:aws:dynamodb:eu-west-1:123456789012:table/${table}`
const nameOf = (arn: string) => arn.split('/')[1] ?? ''
const shards = [
  {
    ShardId: 'shardId-1',
    SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' },
  },
  {
    ShardId: 'shardId-2',
    ParentShardId: 'shardId-1',
    SequenceNumberRange: { StartingSequenceNumber: '3' },
  },
]
/** Of the writes of the devices, the first this many are in the shard that is closed. */
const closedRecords = 2
const recordsAtOnce = 7

const answers: Record<string, (input: Input, behind: Behind) => Promise<Reply>> = {
  DescribeTable: async ({ TableName }, { standIn, client }) =>
    ok({ Table: await describe(TableName, { standIn, client }) }),
  DescribeContinuousBackups: async ({ TableName }, { standIn }) => {
    const { earliest, latest } = standIn.recovery
    const covered = {
      PointInTimeRecoveryStatus: 'ENABLED',
      EarliestRestorableDateTime: earliest / 1000,
      LatestRestorableDateTime: latest / 1000,
    }
    const PointInTimeRecoveryDescription = keptOf(standIn, TableName).recovers
      ? covered
      : { PointInTimeRecoveryStatus: 'DISABLED' }
    return ok({ ContinuousBackupsDescription: { PointInTimeRecoveryDescription } })
  },
  UpdateContinuousBackups: async ({ TableName }, { standIn }) => {
    keptOf(standIn, TableName).recovers = true
    return ok({})
  },
  UpdateTable: async ({ TableName, ...change }, { standIn, client }) => {
    const { described } = keptOf(standIn, TableName)
    const { StreamSpecification, DeletionProtectionEnabled } = change
    if (StreamSpecification && described.StreamSpecification)
      throw new Refusal('ValidationException')
    if (StreamSpecification && DeletionProtectionEnabled) throw new Refusal('ValidationException')
    Object.assign(described, change)
    if (StreamSpecification) described.LatestStreamArn = `${arnOf(TableName)}/stream/2026`
    return ok({ TableDescription: await describe(TableName, { standIn, client }) })
  },
  DescribeTimeToLive: async ({ TableName }, { standIn }) => {
    const { expiresBy } = keptOf(standIn, TableName)
    const off = { TimeToLiveStatus: 'DISABLED' }
    const on = { TimeToLiveStatus: 'ENABLED', AttributeName: expiresBy }
    return ok({ TimeToLiveDescription: expiresBy === null ? off : on })
  },
  UpdateTimeToLive: async ({ TableName, TimeToLiveSpecification }, { standIn }) => {
    keptOf(standIn, TableName).expiresBy = TimeToLiveSpecification.AttributeName
    return ok({})
  },
  TagResource: async ({ ResourceArn, Tags }: Tagging, { standIn }) => {
    const pairs = Tags.map(({ Key, Value }) => [Key, Value])
    Object.assign(keptOf(standIn, nameOf(ResourceArn)).tags, Object.fromEntries(pairs))
    return ok({})
  },
  RestoreTableToPointInTime: restore,
  DescribeStream: async ({ ExclusiveStartShardId }) => {
    // A page has one shard.
    const [shard] = ExclusiveStartShardId ? shards.slice(1) : shards
    const more = ExclusiveStartShardId ? {} : { LastEvaluatedShardId: 'shardId-1' }
    return ok({ StreamDescription: { Shards: [shard], ...more } })
  },
  GetShardIterator: async ({ StreamArn, ShardId }) =>
    ok({ ShardIterator: JSON.stringify({ table: nameOf(StreamArn), ShardId, from: -1 }) }),
  GetRecords: async ({ ShardIterator }, { records }) => {
    const { table, ShardId, from } = JSON.parse(ShardIterator)
    const end = from + recordsAtOnce
    const isClosed = ShardId === 'shardId-1'
    const all = table === process.env.DEVICES_TABLE ? records : []
    const held = isClosed ? all.slice(0, closedRecords) : all.slice(closedRecords)
    // As AWS may: the first answer holds nothing, though there is something.
    const Records = from < 0 ? [] : held.slice(from, end)
    const next = JSON.stringify({ table, ShardId, from: from < 0 ? 0 : Math.min(end, held.length) })
    const ended = isClosed && end > held.length
    return ok({ Records, ...(!ended && { NextShardIterator: next }) })
  },
}

interface Tagging {
  ResourceArn: string
  Tags: { Key: string; Value: string }[]
}

async function describe(
  TableName: string,
  { standIn, client }: Pick<Behind, 'standIn' | 'client'>,
): Promise<object> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  const { described } = keptOf(standIn, TableName)
  const isBeingMade = described.RestoreSummary !== undefined && standIn.creating-- > 0
  return {
    ...Table,
    TableArn: arnOf(TableName),
    ...described,
    ...(isBeingMade && { TableStatus: 'CREATING' }),
  }
}

async function restore(
  { SourceTableName, TargetTableName, RestoreDateTime }: Input,
  { standIn, client, records }: Behind,
): Promise<Reply> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: SourceTableName }))
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes: indexes } = Table ?? {}
  const GlobalSecondaryIndexes = indexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }))
  const definition = {
    TableName: TargetTableName,
    AttributeDefinitions,
    KeySchema,
    BillingMode: 'PAY_PER_REQUEST' as const,
    ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
  }
  await client.send(new CreateTableCommand(definition)).catch(error => {
    const isThere = error.name === 'ResourceInUseException'
    throw isThere ? new Refusal('TableAlreadyExistsException') : error
  })
  const RestoreSummary = {
    SourceTableArn: arnOf(SourceTableName),
    RestoreDateTime,
    RestoreInProgress: false,
  }
  keptOf(standIn, TargetTableName).described = { RestoreSummary }
  await untilActive(client, TargetTableName)
  const { Items = [] } = await client.send(new ScanCommand({ TableName: SourceTableName }))
  for (const Item of Items) {
    await client.send(new PutItemCommand({ TableName: TargetTableName, Item }))
  }
  const since = SourceTableName === process.env.DEVICES_TABLE ? records : []
  for (const { dynamodb } of since.toReversed()) {
    if ((dynamodb?.ApproximateCreationDateTime ?? 0) <= RestoreDateTime) continue
    await undo(client, TargetTableName, dynamodb)
  }
  return ok({ TableDescription: await describe(TargetTableName, { standIn, client }) })
}

type Item = Record<string, AttributeValue>

async function undo(client: DynamoDBClient, TableName: string, write: DynamoDBRecord['dynamodb']) {
  const { OldImage, Keys } = { ...write } as { OldImage?: Item; Keys?: Item }
  await (OldImage
    ? client.send(new PutItemCommand({ TableName, Item: OldImage }))
    : client.send(new DeleteItemCommand({ TableName, Key: Keys })))
}

async function untilActive(client: DynamoDBClient, TableName: string): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  const indexes = Table?.GlobalSecondaryIndexes ?? []
  const states = [Table?.TableStatus, ...indexes.map(({ IndexStatus }) => IndexStatus)]
  if (states.some(state => state !== 'ACTIVE')) await untilActive(client, TableName)
}

const ok = (body: object): Reply => ({ status: 200, body })

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify(body, inSeconds))
}

/** DynamoDB's moments are seconds since the epoch. */
function inSeconds(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const moment = this[name]
  return moment instanceof Date ? moment.getTime() / 1000 : value
}
