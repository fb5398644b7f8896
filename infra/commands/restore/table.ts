// Restores a table as it was, and puts on what a restore leaves off: stream, recovery, protection,
// expiry, tags. Each part is looked at before it is done, so that all of it may be repeated.
import { setTimeout as wait } from 'node:timers/promises'
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  RestoreTableToPointInTimeCommand,
  type TableDescription,
  TagResourceCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import { tagsOf } from '../../stack/deployment.ts'
import { ask } from '../ask.ts'
import type { Run } from '../command.ts'
import type { ExpectedTable } from '../doctor/expected-table.ts'
import type { AwsError, Stage } from '../stage.ts'
import type { Recovery } from './moment.ts'

/** What DynamoDB is asked with. */
export interface Restoring extends Pick<Run, 'print' | 'deadlines'> {
  client: DynamoDBClient
  stage: Stage
}

/** Connects to DynamoDB. */
export function connectDynamodb(stage: Stage): DynamoDBClient {
  return new DynamoDBClient(stage.clientOptions('DYNAMODB'))
}

/** Describes a table; null where there is none. Throws one sentence. */
export async function describeTable(
  { client, stage }: Pick<Restoring, 'client' | 'stage'>,
  TableName: string,
): Promise<TableDescription | null> {
  const described = client
    .send(new DescribeTableCommand({ TableName }))
    .then(({ Table }) => Table ?? null)
    .catch((error: AwsError) => {
      if (error.name === 'ResourceNotFoundException') return null
      throw error
    })
  return ask(described, asked('DescribeTable', TableName, 'could not be read'), stage)
}

/** Reads what recovery covers; null where it is off. Throws one sentence. */
export async function readRecovery(
  { client, stage }: Pick<Restoring, 'client' | 'stage'>,
  TableName: string,
): Promise<Recovery | null> {
  const { ContinuousBackupsDescription: backups } = await ask(
    client.send(new DescribeContinuousBackupsCommand({ TableName })),
    asked('DescribeContinuousBackups', TableName, 'could not be read'),
    stage,
  )
  const { EarliestRestorableDateTime: earliest, LatestRestorableDateTime: latest } =
    backups?.PointInTimeRecoveryDescription ?? {}
  return earliest && latest ? { earliest: earliest.getTime(), latest: latest.getTime() } : null
}

/** Whether a table is one that a restore made of another. */
export function isRestoreOf(source: TableDescription, table: TableDescription): boolean {
  return table.RestoreSummary?.SourceTableArn === source.TableArn
}

/** Starts the restore. Its answer may have been lost: then the table is there already. */
export async function startRestore(
  { client, stage }: Restoring,
  { source, target, at }: { source: string; target: string; at: number },
): Promise<void> {
  const command = new RestoreTableToPointInTimeCommand({
    SourceTableName: source,
    TargetTableName: target,
    RestoreDateTime: new Date(at),
    BillingModeOverride: 'PAY_PER_REQUEST',
  })
  const started = client.send(command).catch((error: AwsError) => {
    if (error.name !== 'TableAlreadyExistsException') throw error
  })
  await ask(started, asked('RestoreTableToPointInTime', source, 'could not be restored'), stage)
}

/** Puts on what the template says of such a table, as soon as it is there. */
export async function complete(
  restoring: Restoring,
  { source, table, expected }: { source: TableDescription; table: string; expected: ExpectedTable },
): Promise<void> {
  const { client, stage } = restoring
  const found = await untilActive(restoring, table)
  if (!isRestoreOf(source, found)) {
    throw new Error(`${table} (${stage.region}) was made meanwhile by something else.`)
  }
  if (expected.recovers) await keepBackups(restoring, table)
  if (expected.streams) {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: expected.streams }
    await update(restoring, table, { StreamSpecification })
  }
  if (expected.isProtected) await update(restoring, table, { DeletionProtectionEnabled: true })
  if (expected.expiresBy) await expire(restoring, table, expected.expiresBy)
  const Tags = Object.entries(tagsOf(stage.deployment)).map(([Key, Value]) => ({ Key, Value }))
  await ask(
    client.send(new TagResourceCommand({ ResourceArn: found.TableArn, Tags })),
    asked('TagResource', table, 'could not be tagged'),
    stage,
  )
}

/** Waits until a table and its indexes can be used, and says so while it waits. */
async function untilActive(restoring: Restoring, table: string): Promise<TableDescription> {
  const isActive = (found: TableDescription | null) =>
    found?.TableStatus === 'ACTIVE' &&
    (found.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === 'ACTIVE')
  const look = async () => {
    const found = await describeTable(restoring, table)
    return isActive(found) ? found : null
  }
  return waitFor(look, `${table} to be active`, restoring)
}

/** Looks until there is something, and throws one sentence after the deadline. */
async function waitFor<T>(
  look: () => Promise<T | null>,
  what: string,
  { print, deadlines: { restore } }: Restoring,
): Promise<T> {
  const startedAt = Date.now()
  for (let saidAt = startedAt; ; ) {
    const found = await look()
    if (found !== null) return found
    const waitedMs = Date.now() - startedAt
    if (waitedMs > restore.tableMs) {
      throw new Error(`${Math.ceil(waitedMs / 60_000)} min were not enough for ${what}.`)
    }
    if (Date.now() - saidAt >= restore.wordMs) {
      print(`waiting for ${what} (${Math.round(waitedMs / 1000)} s)`)
      saidAt = Date.now()
    }
    await wait(restore.pauseMs)
  }
}

/** Switches a part of a table on, which DynamoDB refuses where it is on already. */
async function update(
  restoring: Restoring,
  TableName: string,
  change: Omit<UpdateTableCommandInput, 'TableName'>,
): Promise<void> {
  const { client, stage } = restoring
  const found = await untilActive(restoring, TableName)
  const isOn = change.StreamSpecification
    ? found.StreamSpecification?.StreamEnabled === true
    : found.DeletionProtectionEnabled === true
  if (isOn) return
  await ask(
    client.send(new UpdateTableCommand({ TableName, ...change })),
    asked('UpdateTable', TableName, 'could not be changed'),
    stage,
  )
  await untilActive(restoring, TableName)
}

/** A table that was just made is not ready for this at once. */
async function keepBackups(restoring: Restoring, TableName: string): Promise<void> {
  const { client, stage } = restoring
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true }
  const command = { TableName, PointInTimeRecoverySpecification }
  const look = () =>
    client
      .send(new UpdateContinuousBackupsCommand(command))
      .then(() => true)
      .catch((error: AwsError) => {
        if (error.name === 'ContinuousBackupsUnavailableException') return null
        throw error
      })
  await waitFor(
    () =>
      ask(
        look(),
        asked('UpdateContinuousBackups', TableName, 'could not be given point-in-time recovery'),
        stage,
      ),
    `the backups of ${TableName} to be ready`,
    restoring,
  )
}

async function expire(
  { client, stage }: Restoring,
  TableName: string,
  AttributeName: string,
): Promise<void> {
  const { TimeToLiveDescription } = await ask(
    client.send(new DescribeTimeToLiveCommand({ TableName })),
    asked('DescribeTimeToLive', TableName, 'could not be read'),
    stage,
  )
  if (TimeToLiveDescription?.TimeToLiveStatus?.startsWith('ENABL')) return
  const TimeToLiveSpecification = { Enabled: true, AttributeName }
  await ask(
    client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })),
    asked('UpdateTimeToLive', TableName, 'could not be given its time to live'),
    stage,
  )
}

function asked(operation: string, of: string, failed: string) {
  return { permission: `dynamodb:${operation}`, of, failed }
}
