// All that a query finds, in however many pages DynamoDB gives it.
import {
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import type { Store } from './client.ts'

/** Asks for page after page; the caller knows what its items are. */
export async function queryAll<Item>(
  store: Store,
  query: QueryCommandInput,
  abortSignal: AbortSignal,
): Promise<Item[]> {
  const items: Item[] = []
  let start: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await store.retrying.send(
      new QueryCommand({ ...query, ExclusiveStartKey: start }),
      { abortSignal },
    )
    items.push(...((page.Items ?? []) as Item[]))
    start = page.LastEvaluatedKey
  } while (start !== undefined)
  return items
}
