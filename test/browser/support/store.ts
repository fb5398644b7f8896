// The tables of the service that runs, for what no request brings about.
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { service } from '../../support/client.ts'

const trafficTable = 'serverless-otp-twilio-local-traffic'
const devicesTable = 'serverless-otp-twilio-local-devices'

/** Connects to the tables. */
export function localStore() {
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: service.dynamodb,
  })
  return connectStore({ TRAFFIC_TABLE: trafficTable, DEVICES_TABLE: devicesTable })
}

/** Suspends a prefix for a quarter of an hour, as the breaker does. */
export async function suspendPrefix(prefix: string): Promise<void> {
  const until = Date.now() + 900_000
  const Item = {
    ...{ subject: 'suspensions', entry: `prefix:${prefix}` },
    ...{ until, since: until, times: 1, sends: 24, verified: 1 },
  }
  await localStore().retrying.send(new PutCommand({ TableName: trafficTable, Item }))
}

/** Changes what a device's item says. */
export async function changeItem(
  { user, id }: { user: string; id: string },
  [name, value]: [string, unknown],
): Promise<void> {
  await localStore().retrying.send(
    new UpdateCommand({
      TableName: devicesTable,
      Key: { userId: user, deviceId: id },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  )
}
