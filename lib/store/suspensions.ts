// What an admin does to suspensions and allowances. Each may be repeated.
import { QueryCommand, type QueryCommandOutput, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from './client.ts'
import {
  allowExpression,
  disallowExpression,
  liftExpression,
  suspensionsSubject,
} from './expressions/traffic.ts'
import type { ConditionalUpdate } from './expressions/update.ts'
import type { SuspensionEntry } from './traffic.ts'
import { refusal } from './write.ts'

/** What was sent under an allowance is not judged: so long the moment of its end has to be known. */
const keptSeconds = 2 * 86_400

/** All suspensions, those that are over included, and all allowances. */
export async function listEntries(
  store: Store,
  abortSignal: AbortSignal,
): Promise<SuspensionEntry[]> {
  const entries: SuspensionEntry[] = []
  let start: QueryCommandOutput['LastEvaluatedKey']
  do {
    const page: QueryCommandOutput = await store.retrying.send(
      new QueryCommand({
        TableName: store.trafficTable,
        KeyConditionExpression: 'subject = :subject',
        ExpressionAttributeValues: { ':subject': suspensionsSubject },
        ExclusiveStartKey: start,
        ConsistentRead: true,
      }),
      { abortSignal },
    )
    entries.push(...((page.Items ?? []) as SuspensionEntry[]))
    start = page.LastEvaluatedKey
  } while (start !== undefined)
  return entries
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
  const expiresAt = Math.ceil(now / 1000) + keptSeconds
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
