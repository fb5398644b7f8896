// Many rows of the traffic table in few requests.
import { setTimeout as wait } from 'node:timers/promises'
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from './client.ts'

/** A row that is put, or the key of one that is deleted. */
export type RowWrite = { put: object & RowKey } | { remove: RowKey }

/** The key of a row. */
export interface RowKey {
  subject: string
  entry: string
}

const mostOfBatch = 25
/** Pause before what a batch left undone is sent again. */
const throttledMs = 50

/** Writes rows, the last one of a key. May be repeated. */
export async function writeRows(
  store: Store,
  writes: RowWrite[],
  abortSignal: AbortSignal,
): Promise<void> {
  const byKey = new Map(writes.map(write => [nameOf(write), write]))
  const requests = [...byKey.values()].map(write =>
    'put' in write
      ? { PutRequest: { Item: write.put } }
      : { DeleteRequest: { Key: { subject: write.remove.subject, entry: write.remove.entry } } },
  )
  const batches = Array.from({ length: Math.ceil(requests.length / mostOfBatch) }, (_, n) =>
    requests.slice(n * mostOfBatch, (n + 1) * mostOfBatch),
  )
  await Promise.all(batches.map(batch => writeBatch(store, batch, abortSignal)))
}

function nameOf(write: RowWrite): string {
  const { subject, entry } = 'put' in write ? write.put : write.remove
  return `${subject} ${entry}`
}

async function writeBatch(
  { retrying, trafficTable }: Store,
  batch: object[],
  abortSignal: AbortSignal,
): Promise<void> {
  let left = batch
  while (left.length > 0) {
    const command = new BatchWriteCommand({ RequestItems: { [trafficTable]: left as never } })
    const { UnprocessedItems = {} } = await retrying.send(command, { abortSignal })
    left = UnprocessedItems[trafficTable] ?? []
    if (left.length > 0) await wait(throttledMs, undefined, { signal: abortSignal })
  }
}
