// The DynamoDB expressions of the limits table: an item per subject and longest window, with its
// shorter windows and the requests that it has counted, deleted after its window.
import type { ConditionalUpdate, Update } from '../dynamodb/update.ts'
import type { Mark } from './mark.ts'
import type { Window } from './window.ts'

/** An item of the limits table: `limitKey`, how many each window has counted, and marks. */
export type CounterItem = Record<string, number | string>

/** The clauses under which a send is counted. */
export const chargeClauses = {
  // A retry whose first try was applied finds its name here, and a late try that of its refund.
  isNew: 'attribute_not_exists(#request)',
  // The same where another request may have had the place.
  isNewInRegister: '(attribute_not_exists(#request) OR NOT #request IN (:counted, :refunded))',
}

/** The clause of a window that has room. One that has counted nothing yet is not in the item. */
export function hasRoomClause(n: number): string {
  return `(attribute_not_exists(#window${n}) OR #window${n} < :most${n})`
}

interface Counted {
  windows: Window[]
  mark: Mark
  /** Seconds since the epoch. */
  expiresAt: number
}

/**
 * Counts one send in every window, or in none. With `count` it is counted however full they are.
 */
export function chargeExpression(
  { windows, mark, expiresAt }: Counted,
  whenFull: 'refuse' | 'count',
): ConditionalUpdate {
  const { isNew, isNewInRegister } = chargeClauses
  const isInRegister = mark.keeps === 'register'
  const rooms = whenFull === 'refuse' ? windows.map((_, n) => hasRoomClause(n)) : []
  return {
    UpdateExpression: `SET ${windows.map((_, n) => `#window${n} = if_not_exists(#window${n}, :zero) + :one`).join(', ')},
      #request = :counted, expiresAt = :expiresAt`,
    ConditionExpression: [isInRegister ? isNewInRegister : isNew, ...rooms].join(' AND '),
    ExpressionAttributeNames: namesOf(windows, mark),
    ExpressionAttributeValues: {
      ':zero': 0,
      ':one': 1,
      ':counted': mark.counted,
      ':expiresAt': expiresAt,
      ...(isInRegister && { ':refunded': mark.refunded }),
      ...(whenFull === 'refuse' &&
        Object.fromEntries(windows.map(({ most }, n) => [`:most${n}`, most]))),
    },
  }
}

function namesOf(windows: Window[], mark: Mark): Record<string, string> {
  return {
    '#request': mark.attribute,
    ...Object.fromEntries(windows.map(({ attribute }, n) => [`#window${n}`, attribute])),
  }
}

/** The clauses under which a count is refunded. */
export const refundClauses = {
  // A repeated refund finds no name.
  isCounted: 'attribute_exists(#request)',
  // The same in a register, where the mark stays.
  isNotRefunded: '#request <> :refunded',
  // In a register, where it is not known whether the request was counted or refunded.
  isKnown: '#request = :counted',
}

/**
 * Refunds the count of a request of which no try is on its way. Its name goes with it, so that
 * refused requests leave nothing in the item.
 */
export function removeExpression({ windows, mark }: Counted, ended: string[]): ConditionalUpdate {
  const removed = ended.map((_, n) => `#ended${n}`)
  return {
    UpdateExpression: `SET ${windows.map((_, n) => `#window${n} = if_not_exists(#window${n}, #request) - #request`).join(', ')}
      REMOVE ${['#request', ...removed].join(', ')}`,
    ConditionExpression: refundClauses.isCounted,
    ExpressionAttributeNames: { ...namesOf(windows, mark), ...endedNames(ended) },
  }
}

/**
 * Refunds a request that may have been counted, or may be counted yet: its name stays, and says
 * that it was refunded.
 */
export function tombstoneExpression({ windows, mark, expiresAt }: Counted): Update {
  return {
    UpdateExpression: `SET ${windows.map((_, n) => `#window${n} = if_not_exists(#window${n}, :zero) - if_not_exists(#request, :zero)`).join(', ')},
      #request = :refunded, expiresAt = :expiresAt`,
    ExpressionAttributeNames: namesOf(windows, mark),
    ExpressionAttributeValues: { ':zero': 0, ':refunded': mark.refunded, ':expiresAt': expiresAt },
  }
}

/** Refunds a count in an item with a register. `known` refunds only what the register shows. */
export function registerRefundExpression(
  { windows, mark }: Counted,
  charge: 'counted' | 'known',
): ConditionalUpdate {
  const { isCounted, isNotRefunded, isKnown } = refundClauses
  return {
    UpdateExpression: `SET ${windows.map((_, n) => `#window${n} = if_not_exists(#window${n}, :one) - :one`).join(', ')},
      #request = :refunded`,
    ConditionExpression: charge === 'counted' ? `${isCounted} AND ${isNotRefunded}` : isKnown,
    ExpressionAttributeNames: namesOf(windows, mark),
    ExpressionAttributeValues: {
      ':one': 1,
      ':refunded': mark.refunded,
      ...(charge === 'known' && { ':counted': mark.counted }),
    },
  }
}

/** The clause under which an item is tidied: one that is gone is not made again. */
export const tidyClauses = { exists: 'attribute_exists(limitKey)' }

/** Removes what an item no longer needs. */
export function tidyExpression(ended: string[]): ConditionalUpdate {
  return {
    UpdateExpression: `REMOVE ${ended.map((_, n) => `#ended${n}`).join(', ')}`,
    ConditionExpression: tidyClauses.exists,
    ExpressionAttributeNames: endedNames(ended),
  }
}

function endedNames(ended: string[]): Record<string, string> {
  return Object.fromEntries(ended.map((attribute, n) => [`#ended${n}`, attribute]))
}

/** The clause under which a lock is kept: another device's that lasts longer stays. */
export const keepLockClauses = {
  isLonger: '(attribute_not_exists(limitKey) OR endsAt < :endsAt)',
}

/** Keeps the failures of a device that was deleted until its lock ends. */
export function keepLockExpression(kept: {
  failures: number
  failedAt: number
  endsAt: number
}): ConditionalUpdate {
  return {
    UpdateExpression:
      'SET failures = :failures, failedAt = :failedAt, endsAt = :endsAt, expiresAt = :expiresAt',
    ConditionExpression: keepLockClauses.isLonger,
    ExpressionAttributeValues: {
      ':failures': kept.failures,
      ':failedAt': kept.failedAt,
      ':endsAt': kept.endsAt,
      ':expiresAt': Math.ceil(kept.endsAt / 1000),
    },
  }
}
