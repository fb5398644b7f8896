// The end of a challenge: what it leaves, and the token of a test number.

import { recordSets, recordValues } from '../delivery/expressions.ts'
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome, PendingToken } from '../device/device.ts'
import { type ConditionalUpdate, withNames } from '../dynamodb/update.ts'
import type { Refunded } from './refund.ts'

/** Ends are written only while the challenge is still the device's last one. */
export const finishClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a new number the challenge before must stay forgotten: the undo would bring its key back. And a resend
  // gives no cooldown back once its token, which was sent before, was used.
  stillPending: 'attribute_exists(pending.#digest)',
}

/** Ends a challenge: token and cooldown given back when nothing was sent, the outcome kept for retries. */
export function finishExpression(input: {
  requestName: string
  refunded: Refunded | null
  outcome: ChallengeOutcome | null
  /** What became of the message, when that is known by now. */
  delivery?: Required<DeliveryRecord> | null
}): ConditionalUpdate {
  const { refunded, outcome, requestName, delivery = null } = input
  const { sameRequest, stillPending } = finishClauses
  const rollback = refunded?.rollback
  const digest = rollback?.digest ?? refunded?.kept
  const takesBack = refunded !== null && refunded.kept === undefined
  const sets: string[] = []
  if (refunded !== null) sets.push('challengedAt = :challengedAt', 'unverified = :unverified')
  if (takesBack) sets.push('pending = :nothing')
  if (rollback !== undefined) sets.push('challenge = :challenge')
  else {
    if (takesBack) sets.push('challenge.validUntil = :never')
    if (outcome !== null) sets.push('challenge.outcome = :outcome')
    if (delivery !== null) sets.push(recordSets)
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: digest === undefined ? sameRequest : `${sameRequest} AND ${stillPending}`,
    ...withNames(digest === undefined ? {} : { '#digest': digest }),
    ExpressionAttributeValues: {
      ':requestName': requestName,
      ...(refunded !== null && {
        ':challengedAt': refunded.challengedAt,
        ':unverified': refunded.unverified,
      }),
      ...(takesBack && { ':nothing': {} }),
      ...(rollback !== undefined
        ? // Our own name stays: a try of the write that comes late must find it.
          { ':challenge': { ...rollback.challenge, requestName } }
        : {
            ...(takesBack && { ':never': 0 }),
            ...(outcome !== null && { ':outcome': outcome }),
            ...(delivery !== null && recordValues(delivery)),
          }),
    },
  }
}

/** The clauses under which a challenge becomes a test number's. */
export const testTokenClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a new number a fixed token must not come: it would confirm that one. And a try of this write that comes
  // late must not bring a used token back.
  stillPending: 'attribute_exists(pending.#drawn)',
}

/** Makes a challenge a test number's: its token in the place of the drawn one, no cooldown, and its delivery told. */
export function testTokenExpression(input: {
  requestName: string
  /** The digest that it was begun with. */
  drawn: string
  digest: string
  entry: PendingToken
  refunded: Refunded
  delivery: Required<DeliveryRecord>
  outcome: ChallengeOutcome | null
}): ConditionalUpdate {
  const { refunded, outcome } = input
  const update = `SET pending = :pending, challengedAt = :challengedAt, unverified = :unverified,
    challenge.test = :yes, challenge.validUntil = :validUntil, ${recordSets}`
  return {
    UpdateExpression: outcome === null ? update : `${update}, challenge.outcome = :outcome`,
    ConditionExpression: Object.values(testTokenClauses).join(' AND '),
    ...withNames({ '#drawn': input.drawn }),
    ExpressionAttributeValues: {
      ':requestName': input.requestName,
      ':pending': { [input.digest]: input.entry },
      ':challengedAt': refunded.challengedAt,
      ':unverified': refunded.unverified,
      ':yes': true,
      ':validUntil': input.entry.validUntil,
      ...recordValues(input.delivery),
      ...(outcome !== null && { ':outcome': outcome }),
    },
  }
}
