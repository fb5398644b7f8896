// The timeline's rows in the traffic table: written after what they tell is decided, read in pages,
// erased with their user.
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { type Page, type PageStart, queryAll, queryPage } from '../dynamodb/query.ts'
import { readItem } from '../dynamodb/read.ts'
import { type RowKey, writeRows } from '../dynamodb/rows.ts'
import { describeError, logger } from '../log.ts'
import { messageSubject, searchEntry } from '../search/row.ts'
import { pastExpression, timelineExpression } from './expressions.ts'
import { eraseMark, eraseMarkKey, type TimelineRow, timelineOf } from './row.ts'

/** So long an answer waits for its row, milliseconds. */
const longestWaitMs = 300

/** Keeps rows of what was decided. Tried once; a failure is logged and changes nothing. */
export async function keepRows({ once, trafficTable }: Store, rows: RowKey[]): Promise<void> {
  const abortSignal = AbortSignal.timeout(longestWaitMs)
  const puts = rows.map(row => ({ PutRequest: { Item: row } }))
  const command = new BatchWriteCommand({ RequestItems: { [trafficTable]: puts } })
  await once.send(command, { abortSignal }).catch(error => {
    logger.warn('timeline not written', { error: describeError(error) })
  })
}

/**
 * Reads a page of what happened to a user's devices, or to one of them, newest first. A refusal is
 * named by its minute, and shown where it was.
 */
export async function readTimeline(
  store: Store,
  { userId, deviceId, ...page }: TimelinePage,
  signal: AbortSignal,
): Promise<Page<TimelineRow>> {
  const query = {
    TableName: store.trafficTable,
    ...timelineExpression(timelineOf(userId), deviceId),
    ScanIndexForward: false,
  }
  const keyNames = ['subject', 'entry']
  const { items, next } = await queryPage<TimelineRow>(store, { query, ...page, keyNames }, signal)
  return { items: items.toSorted((one, other) => other.at - one.at), next }
}

/** Whose events are read. */
export interface TimelinePage {
  userId: string
  /** Null is every device of the user. */
  deviceId: string | null
  limit: number
  start: PageStart | null
}

/**
 * Deletes what happened to a user's devices until a time, milliseconds since the epoch, and by what
 * its messages are found; null is all of it.
 */
export async function eraseTimeline(
  store: Store,
  userId: string,
  until: number | null,
  signal: AbortSignal,
): Promise<void> {
  const subject = timelineOf(userId)
  const rowsOf = until === null ? timelineExpression(subject, null) : pastExpression(subject, until)
  const query = { TableName: store.trafficTable, ...rowsOf }
  const rows = await queryAll<TimelineRow>(store, query, signal)
  const messages = rows.flatMap(({ deviceId, messageSid }) =>
    messageSid === undefined
      ? []
      : [{ subject: messageSubject(messageSid), entry: searchEntry({ userId, deviceId }) }],
  )
  const gone = [...rows, ...messages]
  await writeRows(
    store,
    gone.map(({ subject, entry }) => ({ remove: { subject, entry } })),
    signal,
  )
}

/** Keeps that a user was erased, for the reader of the stream. */
export async function markErased(
  store: Store,
  userId: string,
  at: number,
  signal: AbortSignal,
): Promise<void> {
  await writeRows(store, [{ put: eraseMark(userId, at) }], signal)
}

/** Until when a user is erased, milliseconds since the epoch; null where no mark is there. */
export async function erasedUntil(
  { retrying, trafficTable: table }: Store,
  userId: string,
  signal: AbortSignal,
): Promise<number | null> {
  const mark = await readItem<{ at: number }>(
    retrying,
    { table, key: eraseMarkKey(userId) },
    signal,
  )
  return mark?.at ?? null
}
