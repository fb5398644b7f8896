// One conditional write and its three results: applied, refused with the item that
// refused it, or unknown.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { unavailable } from '../problem.ts'
import type { Update } from './update.ts'

/** The address of an item. */
export interface ItemAddress {
  table: string
  key: Record<string, string>
}

/** A write that was decided. A refusal without an item means that there is no item. */
export type Decided<Item> = { applied: Item } | { refused: Item | undefined }

/** The options of a write. */
export interface WriteOptions {
  signal: AbortSignal
  /**
   * Which item `applied` is: the one after the write, the one before it, or only
   * what the write set.
   */
  returned?: 'ALL_NEW' | 'ALL_OLD' | 'UPDATED_NEW'
}

/** Updates an item. Throws `unavailable` when it is not known whether the update was applied. */
export async function conditionalUpdate<Item>(
  client: DynamoDBDocumentClient,
  { table, key }: ItemAddress,
  { ExpressionAttributeValues: values, ...expression }: Update,
  { signal, returned = 'ALL_NEW' }: WriteOptions,
): Promise<Decided<Item>> {
  try {
    // The document client's UpdateCommand does the same, but builds its middleware anew each time.
    // Every verify waits for this one write.
    const answer = await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: marshall(key),
        ...expression,
        ...(values && { ExpressionAttributeValues: marshall(values) }),
        ReturnValues: returned,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      { abortSignal: signal },
    )
    // A 200 whose body was cut short: the write may have been applied.
    if (answer.Attributes === undefined) throw unavailable(new Error('No item in the answer.'))
    return { applied: unmarshalled<Item>(answer.Attributes) }
  } catch (error) {
    return refusal<Item>(error)
  }
}

/** Reads a refusal and the item that came with it. Rethrows every other error. */
export function refusal<Item>(error: unknown): { refused: Item | undefined } {
  if (!(error instanceof ConditionalCheckFailedException)) throw error
  return { refused: error.Item && unmarshalled<Item>(error.Item) }
}

function unmarshalled<Item>(attributes: Record<string, AttributeValue>): Item {
  return unmarshall(attributes, { wrapNumbers: Number }) as Item
}
