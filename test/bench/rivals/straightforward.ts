// What one writes at first: middy, secrets from SSM, the document client, and Twilio's package as
// its documentation imports it. Built the default way, and only loaded here.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import middy from '@middy/core'
import twilio from 'twilio'

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}))
const ssm = new SSMClient({})

/** Keeps a token and texts it. */
export const handler = middy(
  async ({ userId, to, body }: { userId: string; to: string; body: string }) => {
    const { Parameters } = await ssm.send(new GetParametersCommand({ Names: ['sid', 'auth'] }))
    const [sid, auth] = (Parameters ?? []).map(({ Value }) => Value)
    await table.send(
      new UpdateCommand({
        TableName: 'devices',
        Key: { userId },
        UpdateExpression: 'SET pending = :body',
        ExpressionAttributeValues: { ':body': body },
      }),
    )
    return twilio(sid, auth).messages.create({ to, body, from: '+15005550006' })
  },
)
