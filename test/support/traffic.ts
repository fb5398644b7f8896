// The rows of the traffic table as they are.
import { paginateScan } from '@aws-sdk/lib-dynamodb'
import { connectStore } from '../../lib/dynamodb/client.ts'
import type { RowKey } from '../../lib/dynamodb/rows.ts'

/** Reads all rows. */
export async function scanTraffic(): Promise<RowKey[]> {
  const { retrying, trafficTable: TableName } = connectStore()
  const rows: RowKey[] = []
  for await (const { Items = [] } of paginateScan({ client: retrying }, { TableName })) {
    rows.push(...(Items as RowKey[]))
  }
  return rows
}
