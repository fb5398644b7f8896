// The DynamoDB expressions of a delivery record. A callback changes only the record of
// the last challenge.
import type { DeliveryRecord } from '../device/delivery-record.ts'
import { noActor } from '../device/expressions.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'

/** The stored names of a delivery record. */
export const recordNames = ['challenge.progress', 'challenge.reason', 'challenge.reportedAt']

/** Sets a delivery record, in this and in other writes. */
export const recordSets =
  'challenge.progress = :progress, challenge.reason = :reason, challenge.reportedAt = :reportedAt'

/** Returns the values of `recordSets`. */
export function recordValues({ progress, reason, reportedAt }: Required<DeliveryRecord>) {
  return { ':progress': progress, ':reason': reason, ':reportedAt': reportedAt }
}

/**
 * The clauses under which an update is kept. Callbacks arrive in any order, late,
 * and more than once.
 */
export const recordClauses = {
  sameChallenge: '(challenge.requestName = :requestName OR challenge.id = :requestName)',
  // Also false where Twilio was not asked to report, because the progress is absent there.
  furtherThanBefore: 'challenge.progress < :progress',
  // The token was neither refunded nor sent to another number.
  notTakenBack: 'challenge.validUntil > :zero',
}

/** Keeps a delivery update of a challenge. */
export function recordExpression(
  requestName: string,
  record: Required<DeliveryRecord>,
): ConditionalUpdate {
  return {
    UpdateExpression: `SET ${recordSets} REMOVE ${noActor}`,
    ConditionExpression: Object.values(recordClauses).join(' AND '),
    ExpressionAttributeValues: {
      ':requestName': requestName,
      ':zero': 0,
      ...recordValues(record),
    },
  }
}
