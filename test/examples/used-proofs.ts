// The table of the step-up example, as its serverless.yml has it, on an engine of this machine.
import { readFileSync } from 'node:fs'
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'

const file = new URL('../../docs/examples/step-up/serverless.yml', import.meta.url)

/** Creates it, where it is not there yet. */
export async function createUsedProofs(TableName: string): Promise<void> {
  // Tags such as !GetAtt are CloudFormation's.
  const { resources } = parse(readFileSync(file, 'utf8'), { logLevel: 'error' })
  const { TimeToLiveSpecification: _, ...table } = resources.Resources.UsedProofs.Properties
  const client = new DynamoDBClient({})
  await client.send(new CreateTableCommand({ ...table, TableName })).catch(error => {
    if (!(error instanceof ResourceInUseException)) throw error
  })
  const wait = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }
  await waitUntilTableExists(wait, { TableName })
}
