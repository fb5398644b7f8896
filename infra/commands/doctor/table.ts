// Whether the tables are what infra/stack/data/tables.yml says. A redeploy mends no drift:
// CloudFormation compares with what it deployed, not with what is there, so that a change by hand
// is to be undone by hand.
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import type { Environment } from '../../../lib/settings/read.ts'
import type { AwsError, Stage } from '../stage.ts'
import { type ExpectedTable, keysOf, readExpected, type TableKind } from './expected-table.ts'
import { type Finding, failed, unanswered } from './finding.ts'

const kinds: TableKind[] = [
  { resource: 'DevicesTable', setting: 'DEVICES_TABLE', items: 'devices', of: what => what },
  {
    resource: 'LimitsTable',
    setting: 'LIMITS_TABLE',
    items: 'counters',
    of: what => `limits ${what}`,
  },
  {
    resource: 'TrafficTable',
    setting: 'TRAFFIC_TABLE',
    items: 'slices',
    of: what => `traffic ${what}`,
  },
]

/**
 * Looks at the tables that the deployed function names, at their backups, and at what would delete
 * their items.
 */
export async function checkTables(env: Environment, stage: Stage): Promise<Finding[]> {
  const client = new DynamoDBClient(stage.clientOptions('DYNAMODB'))
  const expectedOf = await readExpected(stage.deployment)
  const found = await Promise.all(
    kinds.map(kind => {
      const name = env[kind.setting] ?? kind.setting.replace('_TABLE', '').toLowerCase()
      return checkTable(client, { ...kind, expected: expectedOf(kind), name }, stage)
    }),
  )
  return found.flat()
}

interface Table extends TableKind {
  expected: ExpectedTable
  name: string
}

async function checkTable(client: DynamoDBClient, table: Table, stage: Stage): Promise<Finding[]> {
  const { expected, name, of } = table
  const TableName = name
  const answered = <T>(what: string, action: string, answer: Promise<T>, judge: Judge<T>) =>
    answer.then(judge, (error: AwsError) => [
      error.name === 'ResourceNotFoundException' || error.name === 'TableNotFoundException'
        ? failed(of(what), `there is no table ${name}`, `npm run deploy -- --stage ${stage.name}`)
        : unanswered(of(what), error, { stage, permission: `dynamodb:${action}`, place: name }),
    ])
  const findings = await Promise.all([
    answered(
      'table',
      'DescribeTable',
      client.send(new DescribeTableCommand({ TableName })),
      ({ Table = {} }) => judgeTable(Table, table),
    ),
    expected.recovers === null
      ? []
      : answered(
          'point-in-time recovery',
          'DescribeContinuousBackups',
          client.send(new DescribeContinuousBackupsCommand({ TableName })),
          ({ ContinuousBackupsDescription: backups }) => [
            judgeRecovery(
              backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
              table,
            ),
          ],
        ),
    answered(
      'time to live',
      'DescribeTimeToLive',
      client.send(new DescribeTimeToLiveCommand({ TableName })),
      ({ TimeToLiveDescription: { TimeToLiveStatus: status = '', AttributeName } = {} }) => [
        judgeExpiry(status.startsWith('ENABL') ? AttributeName! : null, table),
      ],
    ),
  ])
  return findings.flat()
}

type Judge<T> = (answer: T) => Finding[]

function judgeTable(description: TableDescription, table: Table): Finding[] {
  const { isProtected } = table.expected
  const shape = judgeShape(description, table)
  const what = table.of('deletion protection')
  const isOn = description.DeletionProtectionEnabled === true
  const mend = `aws dynamodb update-table --table-name ${table.name} --deletion-protection-enabled`
  const protection: Finding =
    isProtected && !isOn
      ? failed(what, 'is off', mend)
      : { what, state: 'ok', said: isOn ? 'is on' : 'is off, as on a development stage' }
  return [shape, protection]
}

function judgeShape(description: TableDescription, { expected, name, of, setting }: Table) {
  const what = of('table')
  const keys = keysOf(description.KeySchema)
  if (keys !== expected.keys) {
    const mend = `name the table of this service in ${setting}`
    return failed(what, `${name} has the keys ${keys}, not ${expected.keys}`, mend)
  }
  if (description.TableStatus !== 'ACTIVE') {
    return failed(what, `${name} is ${description.TableStatus}`, 'run this again in a minute')
  }
  const active = description.GlobalSecondaryIndexes?.filter(index => index.IndexStatus === 'ACTIVE')
  const lacking = expected.indexes.filter(index => !active?.some(one => one.IndexName === index))
  return lacking.length > 0
    ? failed(
        what,
        `${name} has no active index ${lacking.join(', ')}`,
        'make it as in infra/stack/data/tables.yml',
      )
    : ({ what, state: 'ok', said: `${name} is active` } as const)
}

function judgeRecovery(recovers: boolean, { expected, name, of }: Table): Finding {
  const what = of('point-in-time recovery')
  if (recovers || !expected.recovers)
    return { what, state: 'ok', said: recovers ? 'is on' : 'is off' }
  const specification = 'PointInTimeRecoveryEnabled=true'
  const mend = `aws dynamodb update-continuous-backups --table-name ${name} --point-in-time-recovery-specification ${specification}`
  return failed(what, 'is off', mend)
}

function judgeExpiry(by: string | null, { expected, name, items, of }: Table): Finding {
  const what = of('time to live')
  if (by === expected.expiresBy) {
    return { what, state: 'ok', said: by === null ? 'is off: no device expires' : `is by ${by}` }
  }
  const specification = (enabled: boolean, attribute: string) =>
    `aws dynamodb update-time-to-live --table-name ${name} --time-to-live-specification Enabled=${enabled},AttributeName=${attribute}`
  return by === null
    ? failed(what, 'is off', specification(true, expected.expiresBy!))
    : failed(what, `deletes ${items} by ${by}`, specification(false, by))
}
