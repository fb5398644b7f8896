// One item as it is now.
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import type { ItemAddress } from './write.ts'

/** Reads an item consistently; undefined when there is none. */
export async function readItem<Item>(
  client: DynamoDBDocumentClient,
  { table, key }: ItemAddress,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const command = new GetCommand({ TableName: table, Key: key, ConsistentRead: true })
  const answer = await client.send(command, { abortSignal: signal })
  return answer.Item as Item | undefined
}
