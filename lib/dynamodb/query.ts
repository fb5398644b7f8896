// What a query or a scan finds: all of it, or a page.
import {
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  ScanCommand,
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

/** Where a page starts: the key of the item before it. */
export type PageStart = Record<string, string>

/** A page of what a query, or without a condition on the key a scan, finds. */
export interface PageRequest {
  query: QueryCommandInput
  /** The most items of the page. */
  limit: number
  /** Null is the first page. */
  start: PageStart | null
  /** The names of the attributes that a start is made of. */
  keyNames: readonly string[]
}

/** A rule of what a page has, where DynamoDB cannot filter by it: an attribute of the key. */
type Keeps<Item> = (item: Item) => boolean

/** A page, and where the next one starts; null on the last page. */
export interface Page<Item> {
  items: Item[]
  next: PageStart | null
}

/** A filter may leave nothing of what is read, at most 1 MB at once; a page is so many reads. */
const mostReads = 10

/**
 * Reads a page. With a filter it may have fewer items than its limit, even none, and a next one all
 * the same.
 */
export async function queryPage<Item extends object>(
  store: Store,
  { query, limit, start, keyNames }: PageRequest,
  abortSignal: AbortSignal,
  keeps: Keeps<Item> | null = null,
): Promise<Page<Item>> {
  const items: Item[] = []
  const isFiltered = query.FilterExpression !== undefined || keeps !== null
  let next: QueryCommandOutput['LastEvaluatedKey'] = start ?? undefined
  for (let n = 0; n < mostReads && items.length <= limit; n++) {
    const input = {
      ...query,
      ExclusiveStartKey: next,
      // One more tells whether another page follows.
      ...(!isFiltered && { Limit: limit + 1 - items.length }),
    }
    const { KeyConditionExpression: ofKey } = query
    const command = ofKey === undefined ? new ScanCommand(input) : new QueryCommand(input)
    const read = await store.retrying.send(command as QueryCommand, { abortSignal })
    const found = (read.Items ?? []) as Item[]
    items.push(...(keeps === null ? found : found.filter(keeps)))
    next = read.LastEvaluatedKey
    if (next === undefined) break
  }
  if (items.length <= limit) return { items, next: next ?? null }
  const page = items.slice(0, limit)
  const last = page.at(-1) as PageStart
  return { items: page, next: Object.fromEntries(keyNames.map(name => [name, last[name] ?? ''])) }
}
