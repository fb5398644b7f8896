// The tables that a stage works on: those of the data service, or others that its settings name.
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** Names of the tables, and the ARN of the stream, by the parameter of the service's stack. */
export type Tables = Record<(typeof tableNames)[number], string>

const tableNames = ['DevicesTable', 'DevicesStream', 'LimitsTable', 'TrafficTable'] as const

/** Finds them once the data service is deployed. Throws one sentence where that is not so. */
export async function findTables(stage: Stage): Promise<Tables> {
  const own = await readOutputs(stage)
  const { devicesTable, trafficTable } = stage.deployment
  return {
    ...own,
    ...(trafficTable && { TrafficTable: trafficTable }),
    ...(devicesTable && {
      DevicesTable: devicesTable,
      DevicesStream: await streamOf(devicesTable, stage),
    }),
  }
}

/** Reads the tables of the data service. Throws one sentence where it does not say. */
export async function readOutputs(stage: Stage): Promise<Tables> {
  const client = new CloudFormationClient(stage.clientOptions('CLOUDFORMATION'))
  const { service, stage: name } = stage.deployment
  const StackName = `${service}-data-${name}`
  const place = `${StackName} (${stage.region})`
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: AwsError) => {
      const otherwise = `The tables of ${place} could not be read (${nameOf(error)}).`
      const permission = 'cloudformation:DescribeStacks'
      throw new Error(failureOf(error, { permission, place, otherwise }))
    })
  const outputs = new Map(Stacks[0]?.Outputs?.map(one => [one.OutputKey, one.OutputValue]))
  // There are others, which CloudFormation would not take as parameters.
  const named = tableNames.map(output => [output, outputs.get(output)] as const)
  const missing = named.find(([, value]) => !value)
  if (missing) throw new Error(`The stack ${place} has no output ${missing[0]}.`)
  return Object.fromEntries(named) as Tables
}

async function streamOf(table: string, stage: Stage): Promise<string> {
  const client = new DynamoDBClient(stage.clientOptions('DYNAMODB'))
  const place = `${table} (${stage.region})`
  const { Table } = await client
    .send(new DescribeTableCommand({ TableName: table }))
    .catch((error: AwsError) => {
      const otherwise = `${place}, which OTP_DEVICES_TABLE names, could not be read (${nameOf(error)}).`
      throw new Error(failureOf(error, { permission: 'dynamodb:DescribeTable', place, otherwise }))
    })
  const { LatestStreamArn, StreamSpecification } = Table ?? {}
  if (LatestStreamArn && StreamSpecification?.StreamViewType === 'NEW_AND_OLD_IMAGES') {
    return LatestStreamArn
  }
  throw new Error(
    `${place} has no stream of new and old images: npm run restore makes tables that have one.`,
  )
}
