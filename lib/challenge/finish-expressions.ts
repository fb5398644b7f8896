// The DynamoDB expressions that finish a challenge, and that set the token of a test number.

import { recordSets, recordValues } from '../delivery/expressions.ts'
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome, PendingToken } from '../device/device.ts'
import { noActor } from '../device/expressions.ts'
import { type ConditionalUpdate, withNames } from '../dynamodb/update.ts'
import type { Refunded } from './refund.ts'

/** The clauses of a finish: the challenge is still the device's last one. */
export const finishClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a change of number the challenge before must stay forgotten: a rollback would bring its
  // key back. A resend must not refund a cooldown once its token, which was sent before, was used.
  stillPending: 'attribute_exists(pending.#digest)',
}

/**
 * Finishes a challenge: refunds token and cooldown when nothing was sent, and keeps the
 * outcome for retries.
 */
export function finishExpression(input: {
  requestName: string
  refunded: Refunded | null
  outcome: ChallengeOutcome | null
  /** The delivery status, where it is already known. */
  delivery?: Required<DeliveryRecord> | null
}): ConditionalUpdate {
  const { refunded, outcome, requestName, delivery = null } = input
  const { sameRequest, stillPending } = finishClauses
  const rollback = refunded?.rollback
  const digest = rollback?.digest ?? refunded?.kept
  const refundsToken = refunded !== null && refunded.kept === undefined
  const sets: string[] = []
  if (refunded !== null) sets.push('challengedAt = :challengedAt', 'unverified = :unverified')
  if (refundsToken) sets.push('pending = :nothing')
  if (rollback !== undefined) sets.push('challenge = :challenge')
  else {
    if (refundsToken) sets.push('challenge.validUntil = :never')
    if (outcome !== null) sets.push('challenge.outcome = :outcome')
    if (delivery !== null) sets.push(recordSets)
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')} REMOVE ${noActor}`,
    ConditionExpression: digest === undefined ? sameRequest : `${sameRequest} AND ${stillPending}`,
    ...withNames(digest === undefined ? {} : { '#digest': digest }),
    ExpressionAttributeValues: {
      ':requestName': requestName,
      ...(refunded !== null && {
        ':challengedAt': refunded.challengedAt,
        ':unverified': refunded.unverified,
      }),
      ...(refundsToken && { ':nothing': {} }),
      ...(rollback !== undefined
        ? // Our own name stays: a try of the write that comes late must find it.
          { ':challenge': { ...rollback.challenge, requestName } }
        : {
            ...(refundsToken && { ':never': 0 }),
            ...(outcome !== null && { ':outcome': outcome }),
            ...(delivery !== null && recordValues(delivery)),
          }),
    },
  }
}

/** The clauses under which a challenge becomes a test number's. */
export const testTokenClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a change of number the fixed token must not be set: it would confirm the new number. And
  // a late try of this write must not bring a used token back.
  stillPending: 'attribute_exists(pending.#drawn)',
}

/**
 * Makes a challenge a test number's: its token replaces the drawn one, the cooldown is refunded,
 * and its delivery is recorded.
 */
export function testTokenExpression(input: {
  requestName: string
  /** The digest that it was started with. */
  drawn: string
  digest: string
  entry: PendingToken
  refunded: Refunded
  delivery: Required<DeliveryRecord>
  outcome: ChallengeOutcome | null
  /** By what its token comes; absent where no proofs are made. */
  via?: number | undefined
}): ConditionalUpdate {
  const { refunded, outcome, via } = input
  const update = `SET pending = :pending, challengedAt = :challengedAt, unverified = :unverified,
    challenge.test = :yes, challenge.validUntil = :validUntil, ${recordSets}${
      via === undefined ? '' : ', challenge.via = :via'
    }`
  return {
    UpdateExpression: `${outcome === null ? update : `${update}, challenge.outcome = :outcome`} REMOVE ${noActor}`,
    ConditionExpression: Object.values(testTokenClauses).join(' AND '),
    ...withNames({ '#drawn': input.drawn }),
    ExpressionAttributeValues: {
      ':requestName': input.requestName,
      ':pending': { [input.digest]: input.entry },
      ':challengedAt': refunded.challengedAt,
      ':unverified': refunded.unverified,
      ':yes': true,
      ...(via !== undefined && { ':via': via }),
      ':validUntil': input.entry.validUntil,
      ...recordValues(input.delivery),
      ...(outcome !== null && { ':outcome': outcome }),
    },
  }
}
