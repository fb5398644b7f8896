// The DynamoDB expressions that create, change, reset and find devices.

import { type ConditionalUpdate, withNames } from '../dynamodb/update.ts'
import type { PhoneNumber } from './device.ts'

/**
 * The clause that a token has guesses left, where they are bounded. One that was made before the
 * setting was has no bound.
 */
export const notUsedUpClause = '(attribute_not_exists(guessesEnd) OR failures < guessesEnd)'

/**
 * Removed by every write that no caller asked for, so that no later event has the actor of an
 * earlier one.
 */
export const noActor = 'actor'

/** Names who deletes a device: the stream's last record of it has only what was there before. */
export function actorExpression(actor: string, erases = false): ConditionalUpdate {
  return {
    UpdateExpression: erases ? 'SET actor = :actor, erased = :yes' : 'SET actor = :actor',
    ConditionExpression: patchClauses.exists,
    ExpressionAttributeValues: { ':actor': actor, ...(erases && { ':yes': true }) },
  }
}

/** The clause of a deletion: nobody has written since its actor was named. */
export const deleteClauses = { sameActor: 'actor = :actor' }

/** The clause of a creation: a device is created once. */
export const createClauses = { isNew: 'attribute_not_exists(userId)' }

/**
 * The clauses under which a device is changed. Setting a new number and setting the same one are
 * different changes.
 */
export const patchClauses = {
  exists: 'attribute_exists(userId)',
  newNumber: '#number <> :number',
  sameNumber: '#number = :number',
}

const newNumberSets = [
  '#number = :number',
  'numberAt = :now',
  'pending = :nothing',
  'challenge.keyName = :noKey',
  'challenge.validUntil = :never',
  'challenge.progress = :never',
  // Nobody has shown yet that this number is theirs: see established.ts.
  'usedNow = :never',
  'usedBefore = :never',
  'attempts.ok1 = :no',
  'attempts.ok2 = :no',
  'attempts.ok3 = :no',
  'attempts.ok4 = :no',
]

/** What may be changed of a device, and when. A number comes with its country. */
export type DevicePatch = {
  now: number
  name?: string
  confirmed?: boolean
  actor: string
} & (PhoneNumber | { number?: undefined; country?: undefined })

/**
 * Changes a device. A new number drops the pending token and the end of its guesses, the
 * confirmation unless one is given, the last use, and what a retry of the create or of an older
 * challenge or verification would be answered.
 */
export function patchExpression(change: DevicePatch, numberIs: 'new' | 'same'): ConditionalUpdate {
  const { exists, newNumber, sameNumber } = patchClauses
  const changesNumber = change.number !== undefined && numberIs === 'new'
  const confirmed = change.confirmed ?? (changesNumber ? false : undefined)
  const sets = ['actor = :actor']
  if (changesNumber) sets.push(...newNumberSets)
  // The same number may be of another country than it was: of a range that was not known then.
  if (change.number !== undefined) sets.push('country = :country')
  if (change.name !== undefined) sets.push('#name = :name')
  if (confirmed !== undefined) sets.push('confirmed = :confirmed')
  const clauses = [exists]
  if (change.number !== undefined) clauses.push(numberIs === 'new' ? newNumber : sameNumber)
  const values = {
    ':actor': change.actor,
    ...(change.number !== undefined && { ':number': change.number, ':country': change.country }),
    ...(changesNumber && {
      ':nothing': {},
      ':noKey': '',
      ':never': 0,
      ':no': false,
      ':now': change.now,
    }),
    ...(change.name !== undefined && { ':name': change.name }),
    ...(confirmed !== undefined && { ':confirmed': confirmed }),
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}${changesNumber ? ' REMOVE guessesEnd, payload' : ''}`,
    ConditionExpression: clauses.join(' AND '),
    ...withNames({
      ...(change.number !== undefined && { '#number': 'number' }),
      ...(change.name !== undefined && { '#name': 'name' }),
    }),
    ExpressionAttributeValues: values,
  }
}

/** The clause under which a kept lock is put on a device: it has not failed more often since. */
export const keptLockClauses = { asOften: 'failures <= :failures' }

/** Locks a device as its next number was locked. */
export function keptLockExpression(kept: {
  failures: number
  failedAt: number
  backoff: bigint
  lockedUntil: bigint
}): ConditionalUpdate {
  return {
    UpdateExpression:
      'SET failures = :failures, failedAt = :failedAt, backoff = :backoff, lockedUntil = :lockedUntil',
    ConditionExpression: keptLockClauses.asOften,
    ExpressionAttributeValues: {
      ':failures': kept.failures,
      ':failedAt': kept.failedAt,
      ':backoff': kept.backoff,
      ':lockedUntil': kept.lockedUntil,
    },
  }
}

/** The clause of a reset: without it, the update would create a missing device. */
export const resetClauses = { exists: 'attribute_exists(userId)' }

/**
 * Clears throttle and cooldown; a pending token stays (django-otp's throttle_reset), and takes as
 * many guesses as a new one. `cooldownStart` is the latest time of the last challenge that allows
 * the next one.
 */
export function resetExpression({
  cooldownStart,
  tokenGuesses,
  actor,
}: {
  cooldownStart: number
  tokenGuesses: number | null
  actor: string
}): ConditionalUpdate {
  const update = `SET failures = :zero, failedAt = :zero, lockedUntil = :zero, backoff = factorMs,
    challengedAt = :cooldownStart, unverified = :zero, actor = :actor`
  return {
    UpdateExpression:
      tokenGuesses === null
        ? `${update} REMOVE guessesEnd`
        : `${update}, guessesEnd = :tokenGuesses`,
    ConditionExpression: resetClauses.exists,
    ExpressionAttributeValues: {
      ':zero': 0,
      ':actor': actor,
      ':cooldownStart': cooldownStart,
      ...(tokenGuesses !== null && { ':tokenGuesses': tokenGuesses }),
    },
  }
}

const isConfirmed = 'confirmed = :confirmed'
// As of a new device.
const isUnconfirmed = `(${isConfirmed} OR attribute_not_exists(confirmed))`

/** Queries a user's devices, all or by confirmation. */
export function ofUserExpression(userId: string, confirmed: boolean | null) {
  return {
    KeyConditionExpression: 'userId = :userId',
    ...(confirmed !== null && { FilterExpression: confirmed ? isConfirmed : isUnconfirmed }),
    ExpressionAttributeValues: {
      ':userId': userId,
      ...(confirmed !== null && { ':confirmed': confirmed }),
    },
  }
}

/** Queries a number's devices, on the index `number`; null scans the devices of any number. */
export function findExpression(number: string | null, prefix: string | null) {
  const values = {
    ...(number !== null && { ':number': number }),
    ...(prefix !== null && { ':prefix': prefix }),
  }
  return {
    ...(number !== null && {
      IndexName: 'number',
      KeyConditionExpression: '#number = :number',
      ExpressionAttributeNames: { '#number': 'number' },
    }),
    ...(prefix !== null && { FilterExpression: 'begins_with(userId, :prefix)' }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

/** Reads only the key of an item. */
export const keyProjection = 'userId, deviceId'
