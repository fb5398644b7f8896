// Verifying in one write, and the throttle that is recomputed for it.
import type { DeviceItem } from '../device/device.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'

// The attempt. A pending token is a map entry named by its digest, so `pending.#guess.nil` is there exactly
// when the guess is right, and if_not_exists becomes a branch inside DynamoDB: 0 for the right token, the
// given value for a wrong one. Sums with that branch give every other value of the item, right-hand sides
// seeing the item as it was; a subtraction gives the opposite branch.
const wrong = (value: string) => `if_not_exists(pending.#guess.nil, ${value})`
const right = (found: string, otherwise: string) =>
  `if_not_exists(pending.#guess.${found}, ${otherwise})`

const attemptUpdate = `SET ${[
  `failures = ${wrong('failures')} + ${wrong(':one')}`,
  `failedAt = ${wrong(':now')}`,
  `lockedUntil = ${wrong(':now')} + ${wrong('backoff')}`,
  `backoff = ${right('backoff', 'backoff')} + ${wrong('backoff')}`,
  `confirmed = ${right('yes', 'confirmed')}`,
  `usedNow = :now - ${wrong(':now')}`,
  `usedBefore = ${wrong('usedNow')} + ${wrong('usedBefore')}`,
  `unverified = ${wrong('unverified')}`,
  // The last four attempts are a shift register: a retry whose first try was applied finds itself there.
  // Four scalars each, because dynalite aliases maps that are copied to maps.
  'attempts.id4 = attempts.id3',
  'attempts.id3 = attempts.id2',
  'attempts.id2 = attempts.id1',
  'attempts.id1 = :attempt',
  'attempts.ok4 = attempts.ok3',
  'attempts.ok3 = attempts.ok2',
  'attempts.ok2 = attempts.ok1',
  `attempts.ok1 = ${right('yes', ':no')}`,
].join(', ')} REMOVE pending.#guess`

/** The clauses under which an attempt is made. A device that is not there has no failures to compare. */
export const attemptClauses = {
  notDisabled: 'failures < :maxFailures',
  factorUnchanged: 'factorMs = :factorMs',
  notLocked: 'lockedUntil <= :now',
  notLockedOrLockedLongest: '(lockedUntil <= :now OR failedAt <= :longestLockStart)',
  notAppliedBefore: 'NOT :attempt IN (attempts.id1, attempts.id2, attempts.id3, attempts.id4)',
  notExpired: '(attribute_not_exists(pending.#guess) OR pending.#guess.validUntil > :now)',
  // A challenge may have been made with another factor, by a function that was deployed at another time.
  tokenFactorUnchanged:
    '(attribute_not_exists(pending.#guess) OR pending.#guess.backoff = :factorMs)',
}

/** Verifies a guess: what a right and what a wrong one do to the device, in one write. */
export function attemptExpression(input: {
  guess: string
  attempt: string
  now: number
  factorMs: number
  longestLockMs: number | null
  maxFailures: number
}): ConditionalUpdate {
  const { notLocked, notLockedOrLockedLongest, ...always } = attemptClauses
  const longestLock = input.factorMs === 0 ? null : input.longestLockMs
  const clauses = Object.values(always)
  if (longestLock !== null) clauses.push(notLockedOrLockedLongest)
  else if (input.factorMs > 0) clauses.push(notLocked)
  return {
    UpdateExpression: attemptUpdate,
    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: { '#guess': input.guess },
    ExpressionAttributeValues: {
      ':one': 1,
      ':no': false,
      ':now': input.now,
      ':attempt': input.attempt,
      ':maxFailures': input.maxFailures,
      ':factorMs': input.factorMs,
      ...(longestLock !== null && { ':longestLockStart': input.now - longestLock }),
    },
  }
}

/** The clauses under which a throttle is recomputed: nothing that it was computed from has moved. */
export const rescaleClauses = {
  sameFailures: 'failures = :failures',
  sameFailedAt: 'failedAt = :failedAt',
  sameFactor: 'factorMs = :oldFactorMs',
}
/** The pending token, if there was one, is still the same. */
export const samePendingClause = 'attribute_exists(pending.#digest)'

/** Recomputes the stored throttle, the pending token's included, for a factor that was changed. */
export function rescaleExpression(
  seen: DeviceItem,
  next: { factorMs: number; backoff: bigint; lockedUntil: bigint },
): ConditionalUpdate {
  const [digest] = Object.keys(seen.pending)
  const update = 'SET factorMs = :factorMs, backoff = :backoff, lockedUntil = :lockedUntil'
  const clauses = Object.values(rescaleClauses)
  return {
    UpdateExpression: digest ? `${update}, pending.#digest.backoff = :factorMs` : update,
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
