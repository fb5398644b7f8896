// Whether the devices table is what infra/tables.yml says. A redeploy mends no drift: CloudFormation compares with
// what it deployed, not with what is there, so that a change by hand is to be undone by hand.
import { readFile } from 'node:fs/promises'
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'
import type { AwsError, Stage } from '../stage.ts'
import { type Finding, unanswered } from './finding.ts'

interface Expected {
  /** `userId HASH, deviceId RANGE`. */
  keys: string
  indexes: string[]
  isProtected: boolean
  recovers: boolean
  /** The attribute by which items expire, or null where none ever does. */
  expiresBy: string | null
}

/** Looks at the table, at its backups, and at what would delete its items. */
export async function checkTable(tableName: string, stage: Stage): Promise<Finding[]> {
  const expected = await readExpected(stage.name)
  const client = new DynamoDBClient(stage.clientOptions)
  const TableName = tableName
  const answered = <T>(what: string, action: string, answer: Promise<T>, judge: Judge<T>) =>
    answer.then(judge, (error: AwsError) => [
      error.name === 'ResourceNotFoundException' || error.name === 'TableNotFoundException'
        ? failed(what, `there is no table ${tableName}`, `npm run deploy -- --stage ${stage.name}`)
        : unanswered(what, error, { stage, permission: `dynamodb:${action}`, place: tableName }),
    ])
  const findings = await Promise.all([
    answered(
      'table',
      'DescribeTable',
      client.send(new DescribeTableCommand({ TableName })),
      ({ Table = {} }) => judgeTable(Table, expected, tableName),
    ),
    answered(
      'point-in-time recovery',
      'DescribeContinuousBackups',
      client.send(new DescribeContinuousBackupsCommand({ TableName })),
      ({ ContinuousBackupsDescription: backups }) => [
        judgeRecovery(
          backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
          expected,
          tableName,
        ),
      ],
    ),
    answered(
      'time to live',
      'DescribeTimeToLive',
      client.send(new DescribeTimeToLiveCommand({ TableName })),
      ({ TimeToLiveDescription: { TimeToLiveStatus: status = '', AttributeName } = {} }) => [
        judgeExpiry(status.startsWith('ENABL') ? AttributeName! : null, expected, tableName),
      ],
    ),
  ])
  return findings.flat()
}

type Judge<T> = (answer: T) => Finding[]

function judgeTable(table: TableDescription, expected: Expected, tableName: string): Finding[] {
  const protection: Finding[] =
    expected.isProtected && !table.DeletionProtectionEnabled
      ? [
          failed(
            'deletion protection',
            'is off',
            `aws dynamodb update-table --table-name ${tableName} --deletion-protection-enabled`,
          ),
        ]
      : [
          {
            what: 'deletion protection',
            state: 'ok',
            said: table.DeletionProtectionEnabled ? 'is on' : 'is off, as on every stage but prod',
          },
        ]
  return [judgeShape(table, expected, tableName), ...protection]
}

function judgeShape(table: TableDescription, expected: Expected, tableName: string): Finding {
  const keys = keysOf(table.KeySchema)
  if (keys !== expected.keys) {
    const mend = 'name the table of this service in DEVICES_TABLE'
    return failed('table', `${tableName} has the keys ${keys}, not ${expected.keys}`, mend)
  }
  if (table.TableStatus !== 'ACTIVE') {
    return failed('table', `${tableName} is ${table.TableStatus}`, 'run this again in a minute')
  }
  const active = table.GlobalSecondaryIndexes?.filter(index => index.IndexStatus === 'ACTIVE')
  const lacking = expected.indexes.filter(name => !active?.some(index => index.IndexName === name))
  return lacking.length > 0
    ? failed(
        'table',
        `${tableName} has no active index ${lacking.join(', ')}`,
        'make it as in infra/tables.yml',
      )
    : { what: 'table', state: 'ok', said: `${tableName} is active` }
}

function judgeRecovery(recovers: boolean, expected: Expected, tableName: string): Finding {
  const what = 'point-in-time recovery'
  if (recovers || !expected.recovers)
    return { what, state: 'ok', said: recovers ? 'is on' : 'is off' }
  const specification = 'PointInTimeRecoveryEnabled=true'
  const mend = `aws dynamodb update-continuous-backups --table-name ${tableName} --point-in-time-recovery-specification ${specification}`
  return failed(what, 'is off', mend)
}

function judgeExpiry(by: string | null, expected: Expected, tableName: string): Finding {
  const what = 'time to live'
  if (by === expected.expiresBy) {
    return { what, state: 'ok', said: by === null ? 'is off: no device expires' : `is by ${by}` }
  }
  const specification = (enabled: boolean, name: string) =>
    `aws dynamodb update-time-to-live --table-name ${tableName} --time-to-live-specification Enabled=${enabled},AttributeName=${name}`
  return by === null
    ? failed(what, 'is off', specification(true, expected.expiresBy!))
    : failed(what, `deletes devices by ${by}`, specification(false, by))
}

async function readExpected(stage: string): Promise<Expected> {
  const read = async (file: string) =>
    // YAML 1.1's `!Ref` and friends are CloudFormation's business; here nothing that is read has one.
    parse(await readFile(new URL(file, import.meta.url), 'utf8'), { logLevel: 'silent' })
  const { Resources } = await read('../tables.yml')
  const { params } = await read('../../serverless.yml')
  const table = Resources.DevicesTable.Properties
  return {
    keys: keysOf(table.KeySchema),
    indexes: table.GlobalSecondaryIndexes.map(({ IndexName }: { IndexName: string }) => IndexName),
    isProtected: { ...params.default, ...params[stage] }.tableDeletionProtection,
    recovers: table.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
    expiresBy: table.TimeToLiveSpecification?.AttributeName ?? null,
  }
}

function keysOf(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ')
}

function failed(what: string, said: string, mend: string): Finding {
  return { what, state: 'failed', said, mend }
}
