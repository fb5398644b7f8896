// The DynamoDB expressions of the traffic table: slices of sends and verifications,
// suspensions and allowances.

import type { ConditionalUpdate, Update } from '../dynamodb/update.ts'
import { type SendClass, type Suspension, sendClasses } from './judge.ts'

/** The partition key of all suspensions and allowances. */
export const suspensionsSubject = 'suspensions'

/** Ids of challenges to put into a slice; an empty set adds nothing. */
export interface SliceIds {
  /** Sends to devices that are not established. */
  sends: Set<string>
  /** Sends to established devices. */
  established: Set<string>
  verified: Set<string>
  unsent: Set<string>
}

/**
 * The clauses under which a slice takes more sends of a class. A DynamoDB item has a size limit,
 * and a sample is enough. Neither class takes the room of the other.
 */
export const sliceClauses: Readonly<Record<SendClass, string>> = {
  sends: '(attribute_not_exists(sends) OR size(sends) < :most)',
  established: '(attribute_not_exists(established) OR size(established) < :most)',
}

/** Puts ids into a slice. They are kept in sets, so a batch that is read twice changes nothing. */
export function sliceExpression(ids: SliceIds, most: number, expiresAt: number): Update {
  const kept = Object.entries(ids).filter(([, set]) => set.size > 0)
  const limited = sendClasses.filter(one => ids[one].size > 0).map(one => sliceClauses[one])
  return {
    UpdateExpression: `SET expiresAt = :expiresAt ADD ${kept.map(([name]) => `${name} :${name}`).join(', ')}`,
    ...(limited.length > 0 && { ConditionExpression: limited.join(' AND ') }),
    ExpressionAttributeValues: {
      ':expiresAt': expiresAt,
      ...Object.fromEntries(kept.map(([name, set]) => [`:${name}`, set])),
      ...(limited.length > 0 && { ':most': most }),
    },
  }
}

/** Queries the slices of a subject in a span. */
export function slicesExpression(subject: string, from: string, before: string) {
  return {
    KeyConditionExpression: 'subject = :subject AND entry BETWEEN :from AND :before',
    ExpressionAttributeValues: { ':subject': subject, ':from': from, ':before': before },
  }
}

/**
 * The clauses under which a subject is suspended: it was not suspended, lifted or
 * allowed meanwhile.
 */
export const suspendClauses = {
  isFirst: 'attribute_not_exists(entry)',
  isNext: '(since = :seen AND attribute_not_exists(allowed))',
}

/**
 * Suspends a subject. `seen` is the `since` of the entry that was read; null when there was none.
 */
export function suspendExpression(
  next: Suspension,
  seen: number | null,
  expiresAt: number,
): ConditionalUpdate {
  const { until, since, times, sends, verified } = next
  return {
    UpdateExpression: `SET #until = :until, since = :since, #times = :times, sends = :sends,
      verified = :verified, expiresAt = :expiresAt`,
    ConditionExpression: seen === null ? suspendClauses.isFirst : suspendClauses.isNext,
    ExpressionAttributeNames: { '#until': 'until', '#times': 'times' },
    ExpressionAttributeValues: {
      ':until': until,
      ':since': since,
      ':times': times,
      ':sends': sends,
      ':verified': verified,
      ':expiresAt': expiresAt,
      ...(seen !== null && { ':seen': seen }),
    },
  }
}

/** The clause under which a suspension is lifted: it is in force. */
export const liftClauses = { isSuspended: '#until > :now' }

/**
 * Lifts a suspension. What was sent before no longer counts, and the next suspension is
 * a first one again.
 */
export function liftExpression(now: number): ConditionalUpdate {
  return {
    UpdateExpression: 'SET #until = :never, since = :now, #times = :never',
    ConditionExpression: liftClauses.isSuspended,
    ExpressionAttributeNames: { '#until': 'until', '#times': 'times' },
    ExpressionAttributeValues: { ':never': 0, ':now': now },
  }
}

/** Allows an entry for ever and ends its suspension. `label` is how admins see it. */
export function allowExpression(label: string, now: number): Update {
  return {
    UpdateExpression: `SET allowed = :yes, label = :label, #until = :never, since = :now, #times = :never
      REMOVE expiresAt`,
    ExpressionAttributeNames: { '#until': 'until', '#times': 'times' },
    ExpressionAttributeValues: { ':yes': true, ':label': label, ':never': 0, ':now': now },
  }
}

/** The clause under which an allowance is taken back: there is one. */
export const disallowClauses = { isAllowed: 'allowed = :yes' }

/** Takes an allowance back. What was sent under it is not judged. */
export function disallowExpression(now: number, expiresAt: number): ConditionalUpdate {
  return {
    UpdateExpression: 'SET since = :now, expiresAt = :expiresAt REMOVE allowed',
    ConditionExpression: disallowClauses.isAllowed,
    ExpressionAttributeValues: { ':now': now, ':expiresAt': expiresAt, ':yes': true },
  }
}
