// What a callback may change of a device: how far the message of its last challenge has come, and nothing else.
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'

/** The stored names of a delivery record. */
export const recordNames = ['challenge.progress', 'challenge.reason', 'challenge.reportedAt']

/** What sets them, in this and in other writes. */
export const recordSets =
  'challenge.progress = :progress, challenge.reason = :reason, challenge.reportedAt = :reportedAt'

/** And to what. */
export function recordValues({ progress, reason, reportedAt }: Required<DeliveryRecord>) {
  return { ':progress': progress, ':reason': reason, ':reportedAt': reportedAt }
}

/** The clauses under which an update is kept. Callbacks come in any order, late, and more than once. */
export const recordClauses = {
  sameChallenge: '(challenge.requestName = :requestName OR challenge.id = :requestName)',
  // Nor where Twilio was not asked to report: there the progress is absent.
  furtherThanBefore: 'challenge.progress < :progress',
  // Neither of a token that was taken back, nor of one that went to another number.
  notTakenBack: 'challenge.validUntil > :zero',
}

/** Keeps an update on the delivery of a challenge. */
export function recordExpression(
  requestName: string,
  record: Required<DeliveryRecord>,
): ConditionalUpdate {
  return {
    UpdateExpression: `SET ${recordSets}`,
    ConditionExpression: Object.values(recordClauses).join(' AND '),
    ExpressionAttributeValues: {
      ':requestName': requestName,
      ':zero': 0,
      ...recordValues(record),
    },
  }
}
