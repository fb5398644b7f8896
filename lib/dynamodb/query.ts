// All items that a query finds, over all its pages.
import {
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb'
import type { Store } from './client.ts'

/** Reads page after page. The caller knows the type of its items. */
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
