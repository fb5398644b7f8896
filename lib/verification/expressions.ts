// The DynamoDB expressions of a verification in one write, and of the throttle that is
// recomputed for it.
import type { DeviceItem } from '../device/device.ts'
import { noActor, notUsedUpClause } from '../device/expressions.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import { proofSets } from '../proof/expressions.ts'

// The attempt. A pending token is a map entry named by its digest, so `pending.#guess.nil` exists
// only when the guess is right. That makes if_not_exists a branch inside DynamoDB: 0 for the right
// token, the given value for a wrong one. Sums with that branch give every other value of the item;
// a subtraction gives the opposite branch. Right-hand sides see the item as it was.
const wrong = (value: string) => `if_not_exists(pending.#guess.nil, ${value})`
const right = (found: string, otherwise: string) =>
  `if_not_exists(pending.#guess.${found}, ${otherwise})`
// What an older item lacks is as in a new device.
const orNew = (attribute: string, value: string) => `if_not_exists(${attribute}, ${value})`

const attemptSets = [
  `failures = ${wrong('failures')} + ${wrong(':one')}`,
  `failedAt = ${wrong(':now')}`,
  `lockedUntil = ${wrong(':now')} + ${wrong('backoff')}`,
  `backoff = ${right('backoff', 'backoff')} + ${wrong('backoff')}`,
  `confirmed = ${right('yes', orNew('confirmed', ':no'))}`,
  `usedNow = :now - ${wrong(':now')}`,
  `usedBefore = ${wrong(orNew('usedNow', ':zero'))} + ${wrong(orNew('usedBefore', ':zero'))}`,
  `unverified = ${wrong(orNew('unverified', ':zero'))}`,
  // The last four attempts are a shift register: a retry whose first try was applied finds
  // itself there. Each attempt has scalars of its own, because dynalite aliases maps that
  // are copied to maps.
  'attempts.id4 = attempts.id3',
  'attempts.id3 = attempts.id2',
  'attempts.id2 = attempts.id1',
  'attempts.id1 = :attempt',
  'attempts.ok4 = attempts.ok3',
  'attempts.ok3 = attempts.ok2',
  'attempts.ok2 = attempts.ok1',
  `attempts.ok1 = ${right('yes', ':no')}`,
]
const updateOf = (sets: string[]) => `SET ${sets.join(', ')} REMOVE pending.#guess, ${noActor}`
const attemptUpdate = updateOf(attemptSets)
const provedUpdate = updateOf([...attemptSets, ...proofSets(wrong)])

/**
 * The clauses under which an attempt is made, some only where a setting or the request asks for
 * them. A device that does not exist has no failures to compare.
 */
export const attemptClauses = {
  notDisabled: 'failures < :maxFailures',
  notUsedUp: notUsedUpClause,
  hasToken: 'size(pending) > :zero',
  // A token that was sent again is its first challenge's, too.
  sameChallenge: ':challengeId IN (challenge.requestName, challenge.id, challenge.firstId)',
  factorUnchanged: 'factorMs = :factorMs',
  notLocked: 'lockedUntil <= :now',
  notLockedOrLockedLongest: '(lockedUntil <= :now OR failedAt <= :longestLockStart)',
  notAppliedBefore: 'NOT :attempt IN (attempts.id1, attempts.id2, attempts.id3, attempts.id4)',
  notExpired: '(attribute_not_exists(pending.#guess) OR pending.#guess.validUntil > :now)',
  // A function of another deploy may have made the challenge with another factor.
  tokenFactorUnchanged:
    '(attribute_not_exists(pending.#guess) OR pending.#guess.backoff = :factorMs)',
}

/** Verifies a guess: one write does what a right or a wrong guess does to the device. */
export function attemptExpression(input: {
  guess: string
  attempt: string
  /** The challenge that the guess is for; null is whichever lives. */
  challengeId?: string | null
  now: number
  factorMs: number
  longestLockMs: number | null
  maxFailures: number
  tokenGuesses: number | null
  /** Whether the item keeps what a proof of it says. */
  isProved?: boolean
}): ConditionalUpdate {
  const { notUsedUp, hasToken, sameChallenge, ...unbounded } = attemptClauses
  const { notLocked, notLockedOrLockedLongest, ...always } = unbounded
  const { challengeId = null } = input
  const longestLock = input.factorMs === 0 ? null : input.longestLockMs
  const clauses = Object.values(always)
  if (longestLock !== null) clauses.push(notLockedOrLockedLongest)
  else if (input.factorMs > 0) clauses.push(notLocked)
  if (input.tokenGuesses !== null) clauses.push(notUsedUp, hasToken)
  if (challengeId !== null) clauses.push(sameChallenge)
  return {
    UpdateExpression: input.isProved ? provedUpdate : attemptUpdate,
    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: { '#guess': input.guess },
    ExpressionAttributeValues: {
      ':zero': 0,
      ':one': 1,
      ':no': false,
      ':now': input.now,
      ':attempt': input.attempt,
      ':maxFailures': input.maxFailures,
      ':factorMs': input.factorMs,
      ...(longestLock !== null && { ':longestLockStart': input.now - longestLock }),
      ...(challengeId !== null && { ':challengeId': challengeId }),
    },
  }
}

/**
 * The clauses under which a throttle is recomputed: nothing that it is computed from has changed.
 */
export const rescaleClauses = {
  sameFailures: 'failures = :failures',
  sameFailedAt: 'failedAt = :failedAt',
  sameFactor: 'factorMs = :oldFactorMs',
}
/** The clause that the pending token, if there was one, is still the same. */
export const samePendingClause = 'attribute_exists(pending.#digest)'

/** Recomputes the stored throttle, with the pending token's, for a changed factor. */
export function rescaleExpression(
  seen: DeviceItem,
  next: { factorMs: number; backoff: bigint; lockedUntil: bigint },
): ConditionalUpdate {
  const [digest] = Object.keys(seen.pending)
  const update = 'SET factorMs = :factorMs, backoff = :backoff, lockedUntil = :lockedUntil'
  const clauses = Object.values(rescaleClauses)
  return {
    UpdateExpression: `${digest ? `${update}, pending.#digest.backoff = :factorMs` : update} REMOVE ${noActor}`,
    ConditionExpression: (digest ? [...clauses, samePendingClause] : clauses).join(' AND '),
    ...(digest && { ExpressionAttributeNames: { '#digest': digest } }),
    ExpressionAttributeValues: {
      ':factorMs': next.factorMs,
      ':backoff': next.backoff,
      ':lockedUntil': next.lockedUntil,
      ':failures': seen.failures,
      ':failedAt': seen.failedAt,
      ':oldFactorMs': seen.factorMs,
    },
  }
}
