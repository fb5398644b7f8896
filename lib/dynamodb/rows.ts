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
  const { left, cause } = await tryToWriteRows(store, writes, abortSignal)
  if (left.length > 0) throw cause
}

/** What was not written of some rows, and why. */
export interface Unwritten {
  left: RowWrite[]
  cause: unknown
}

/** Writes rows as `writeRows` does; a row that is not taken keeps no other from being written. */
export async function tryToWriteRows(
  store: Store,
  writes: RowWrite[],
  abortSignal: AbortSignal,
): Promise<Unwritten> {
  const rows = [...new Map(writes.map(write => [rowName(write), write])).values()]
  const batches = Array.from({ length: Math.ceil(rows.length / mostOfBatch) }, (_, n) =>
    rows.slice(n * mostOfBatch, (n + 1) * mostOfBatch),
  )
  const ended = await Promise.all(batches.map(batch => writeBatch(store, batch, abortSignal)))
  return {
    left: ended.flatMap(({ left }) => left),
    cause: ended.find(({ left }) => left.length > 0)?.cause,
  }
}

/** The name of the row that is written; no two rows share it. */
export function rowName(write: RowWrite): string {
  return nameOf('put' in write ? write.put : write.remove)
}

function nameOf({ subject, entry }: RowKey): string {
  return `${subject} ${entry}`
}

const requestOf = (write: RowWrite) =>
  'put' in write
    ? { PutRequest: { Item: write.put } }
    : { DeleteRequest: { Key: { subject: write.remove.subject, entry: write.remove.entry } } }

async function writeBatch(
  { retrying, trafficTable }: Store,
  batch: RowWrite[],
  abortSignal: AbortSignal,
): Promise<Unwritten> {
  let left = batch
  try {
    while (left.length > 0) {
      const RequestItems = { [trafficTable]: left.map(requestOf) }
      const command = new BatchWriteCommand({ RequestItems })
      const { UnprocessedItems = {} } = await retrying.send(command, { abortSignal })
      const undone = new Set(
        UnprocessedItems[trafficTable]?.map(({ PutRequest, DeleteRequest }) =>
          nameOf((PutRequest?.Item ?? DeleteRequest?.Key) as RowKey),
        ),
      )
      left = left.filter(write => undone.has(rowName(write)))
      if (left.length > 0) await wait(throttledMs, undefined, { signal: abortSignal })
    }
    return { left, cause: null }
  } catch (cause) {
    return { left, cause }
  }
}
