// One conditional write and its three ends: applied, refused with the item that refused it, or unknown.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import type { DeviceItem, DeviceKey } from '../device/device.ts'
import { unavailable } from '../problem.ts'
import type { ConditionalUpdate } from './update.ts'

/** A write that was decided; a refusal without an item means that there is none. */
export type Decided = { applied: DeviceItem } | { refused: DeviceItem | undefined }

/** Updates a device, and gives the item as it is then, or as it was. Throws `unavailable` when it is not known whether it was applied. */
export async function updateDevice(
  client: DynamoDBDocumentClient,
  tableName: string,
  { userId, deviceId }: DeviceKey,
  { ExpressionAttributeValues: values, ...expression }: ConditionalUpdate,
  abortSignal: AbortSignal,
  returned: 'ALL_NEW' | 'ALL_OLD' = 'ALL_NEW',
): Promise<Decided> {
  try {
    // Not the document client's UpdateCommand, which does the same by rebuilding its middleware each time: this is
    // the one write that somebody with a phone in hand waits for.
    const answer = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: marshall({ userId, deviceId }),
        ...expression,
        ...(values && { ExpressionAttributeValues: marshall(values) }),
        ReturnValues: returned,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal },
    )
    // A 200 whose body was cut short: the write may have been applied.
    if (answer.Attributes === undefined) throw unavailable(new Error('No item in the answer.'))
    return { applied: readItem(answer.Attributes) }
  } catch (error) {
    return refusal(error)
  }
}

/** Reads a refusal and the item that came with it; rethrows everything else. */
export function refusal(error: unknown): { refused: DeviceItem | undefined } {
  if (!(error instanceof ConditionalCheckFailedException)) throw error
  return { refused: error.Item && readItem(error.Item) }
}

function readItem(attributes: Record<string, AttributeValue>): DeviceItem {
  return unmarshall(attributes, { wrapNumbers: Number }) as DeviceItem
}

/** Reads a device as it is now. */
export async function readDevice(
  client: DynamoDBDocumentClient,
  tableName: string,
  { userId, deviceId }: DeviceKey,
  abortSignal: AbortSignal,
): Promise<DeviceItem | undefined> {
  const answer = await client.send(
    new GetCommand({ TableName: tableName, Key: { userId, deviceId }, ConsistentRead: true }),
    { abortSignal },
  )
  return answer.Item as DeviceItem | undefined
}
