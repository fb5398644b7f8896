// The DynamoDB expressions of the limits table: one counter per limit, subject and window,
// deleted after its window.
import type { ConditionalUpdate } from '../dynamodb/update.ts'

/** An item of the limits table. */
export interface CounterItem {
  limitKey: string
  sent: number
  /** The names of the last two requests that were counted. */
  latest: string
  previous: string
  /** When DynamoDB may delete the item (time to live), seconds since the epoch. */
  expiresAt: number
}

/** The clauses under which a send is counted. */
export const chargeClauses = {
  hasRoom: 'sent < :most',
  // A retry whose first try was applied finds its name here. If two others came
  // between, it counts twice.
  notCounted: 'NOT :requestName IN (latest, previous)',
}

/** Counts one send. With `most` null it is counted however full the counter is. */
export function chargeExpression(input: {
  requestName: string
  most: number | null
  expiresAt: number
}): ConditionalUpdate {
  const { requestName, most, expiresAt } = input
  const { hasRoom, notCounted } = chargeClauses
  const counted = most === null ? notCounted : `(${hasRoom} AND ${notCounted})`
  return {
    UpdateExpression: `SET sent = if_not_exists(sent, :zero) + :one,
      previous = if_not_exists(latest, :noRequest), latest = :requestName, expiresAt = :expiresAt`,
    ConditionExpression: `attribute_not_exists(sent) OR ${counted}`,
    ExpressionAttributeValues: {
      ':zero': 0,
      ':one': 1,
      ':noRequest': '-',
      ':requestName': requestName,
      ':expiresAt': expiresAt,
      ...(most !== null && { ':most': most }),
    },
  }
}

/** The clauses under which a count is refunded. */
export const refundClauses = {
  wasCounted: 'sent > :zero',
  // Needed where it is not known whether the request was counted.
  isKnown: ':requestName IN (latest, previous)',
}

/** Refunds one count. The name of the request stays, so that a late try is not counted again. */
export function refundExpression(
  requestName: string,
  chargeState: 'counted' | 'unknown',
): ConditionalUpdate {
  const { wasCounted, isKnown } = refundClauses
  return {
    UpdateExpression: 'SET sent = sent - :one',
    ConditionExpression: chargeState === 'counted' ? wasCounted : `${wasCounted} AND ${isKnown}`,
    ExpressionAttributeValues: {
      ':zero': 0,
      ':one': 1,
      ...(chargeState === 'unknown' && { ':requestName': requestName }),
    },
  }
}
