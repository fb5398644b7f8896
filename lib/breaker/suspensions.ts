// What an admin does to suspensions and allowances. Each may be repeated.
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { queryAll } from '../dynamodb/query.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import { refusal } from '../dynamodb/write.ts'
import {
  allowExpression,
  disallowExpression,
  liftExpression,
  suspensionsSubject,
} from './expressions.ts'
import { type SuspensionEntry, sliceKeptSeconds } from './store.ts'

/** All suspensions, those that are over included, and all allowances. */
export function listEntries(store: Store, abortSignal: AbortSignal): Promise<SuspensionEntry[]> {
  const query = {
    TableName: store.trafficTable,
    KeyConditionExpression: 'subject = :subject',
    ExpressionAttributeValues: { ':subject': suspensionsSubject },
    ConsistentRead: true,
  }
  return queryAll(store, query, abortSignal)
}

/** Lifts a suspension, if there is one. */
export function liftSuspension(
  store: Store,
  entry: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  return change(store, entry, liftExpression(now), signal)
}

/** Allows somebody from now on. */
export function allow(
  store: Store,
  { entry, shown }: { entry: string; shown: string },
  now: number,
  signal: AbortSignal,
): Promise<void> {
  return change(store, entry, allowExpression(shown, now), signal)
}

/** Takes an allowance back, if there is one. */
export function disallow(
  store: Store,
  entry: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  // What was sent under it is not judged: the moment is known for as long as the slices are.
  const expiresAt = Math.ceil(now / 1000) + sliceKeptSeconds
  return change(store, entry, disallowExpression(now, expiresAt), signal)
}

async function change(
  store: Store,
  entry: string,
  expression: ConditionalUpdate | ReturnType<typeof allowExpression>,
  abortSignal: AbortSignal,
): Promise<void> {
  const command = new UpdateCommand({
    TableName: store.trafficTable,
    Key: { subject: suspensionsSubject, entry },
    ...expression,
  })
  await store.retrying.send(command, { abortSignal }).catch(refusal)
}
