// The stream of a table on an engine without streams: the differences between one scan and the
// next. Several writes of one item between two scans become one.
import { isDeepStrictEqual } from 'node:util'
import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { Change } from './dynalite.ts'
import { type Polling, poll } from './polling.ts'

type Item = Record<string, AttributeValue>

const pauseMs = 1000

/** Reports what is written from now on. */
export async function compareScans(
  client: DynamoDBClient,
  { tableName, keyNames }: { tableName: string; keyNames: string[] },
  onChange: (change: Change) => void,
): Promise<Polling> {
  const keysOf = (item: Item) => Object.fromEntries(keyNames.map(name => [name, item[name]!]))
  const scan = async () => {
    const found = new Map<string, Item>()
    for await (const { Items = [] } of paginateScan(
      { client },
      { TableName: tableName, ConsistentRead: true },
    )) {
      for (const item of Items) found.set(JSON.stringify(keysOf(item)), item)
    }
    return found
  }
  let seen = await scan()
  return poll('The scan of the devices', pauseMs, async () => {
    const found = await scan()
    for (const key of new Set([...seen.keys(), ...found.keys()])) {
      const [before, after] = [seen.get(key), found.get(key)]
      if (!isDeepStrictEqual(before, after))
        onChange({ keys: keysOf((after ?? before)!), before, after })
    }
    seen = found
  })
}
