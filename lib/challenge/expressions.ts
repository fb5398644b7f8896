// The start of a challenge: a new token, or the last one again.

import { recordNames, recordSets, recordValues } from '../delivery/expressions.ts'
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { DeviceItem, PendingToken } from '../device/device.ts'
import { cooldownAfter, shorterCooldowns } from '../device/throttle.ts'
import { type ConditionalUpdate, withNames } from '../dynamodb/update.ts'
import type { CooldownSettings } from '../settings/cooldown.ts'

/** The clauses under which a challenge is started. */
export const challengeClauses = {
  notDisabled: 'failures < :maxFailures',
  // Without a cooldown too: a try that comes late must not bring an older token back.
  cooledDown: 'challengedAt <= :cooldownStart',
  // The one before the last, too: of two challenges of one millisecond neither is the older.
  newRequest: 'NOT :requestName IN (challenge.requestName, replaced)',
  newKey: 'challenge.keyName <> :keyName',
}

/** The clauses of a challenge on a deployment that limits sends: see lib/challenge/admission.ts. */
export const startConditionClauses = {
  // A pending token ends with its challenge, so one clause need not know its digest.
  noLiveToken: '(size(pending) = :none OR challenge.validUntil <= :now)',
  sameNumber: '#number = :number',
}

/**
 * The cooldown where it grows: a list of steps rather than a stored moment, so that changed settings hold at
 * once. `:cooldownStart` is the longest one's.
 */
export function growingCooldownClause(steps: number): string {
  const shorter = Array.from(
    { length: steps },
    (_, n) => ` OR (unverified < :below${n} AND challengedAt <= :start${n})`,
  )
  return `(${challengeClauses.cooledDown}${shorter.join('')})`
}

/** IN takes a hundred values. */
const mostValues = 100

/** The number's country is one of so many. */
export function countryAllowedClause(countries: number): string {
  const names = Array.from({ length: countries }, (_, n) => `:country${n}`)
  const chunks: string[] = []
  while (names.length > 0) chunks.push(`country IN (${names.splice(0, mostValues).join(', ')})`)
  return `(${chunks.join(' OR ')})`
}

/** When a challenge may be started. */
export interface ChallengeRules {
  maxFailures: number
  cooldown: CooldownSettings
  /** Null is all. */
  allowedCountries: string[] | null
}

/** What else must hold where sends are limited: that no token lives, or that the number is still this one. */
export type StartCondition = { noLiveToken: true } | { number: string } | null

/** What every start of a challenge is made of. */
interface StartInput {
  requestName: string
  /** Name of the request's idempotency key; null when none was given. */
  keyName: string | null
  now: number
  /** The first record of its delivery, where Twilio is asked to report. */
  delivery?: Required<DeliveryRecord> | null
}

/** Starts a challenge: the new token in the place of any older one, and the cooldown charged. */
export function challengeExpression(
  input: StartInput & { digest: string; entry: PendingToken },
  rules: ChallengeRules,
  condition: StartCondition,
): ConditionalUpdate {
  const { clauses, names, values } = startClauses(input, rules, condition)
  return {
    UpdateExpression: `SET pending = :pending, challengedAt = :now, challenge = :challenge,
      replaced = challenge.requestName, unverified = unverified + :one`,
    ConditionExpression: clauses.join(' AND '),
    ...withNames(names),
    ExpressionAttributeValues: {
      ...values,
      ':pending': { [input.digest]: input.entry },
      ':challenge': challengeEntry(input),
      ':now': input.now,
      ':one': 1,
    },
  }
}

/** The clauses under which the token of the last challenge is sent again: those of a challenge, and that it lives. */
export const resendClauses = {
  ...challengeClauses,
  lives: 'challenge.validUntil > :now',
  unused: 'size(pending) > :zero',
}

/** Starts to send the token of the last challenge again: the same token and validity, the cooldown charged anew. */
export function resendExpression(
  input: StartInput,
  rules: ChallengeRules,
  condition: StartCondition,
): ConditionalUpdate {
  const { clauses, names, values } = startClauses(input, rules, condition)
  const { lives, unused } = resendClauses
  const { delivery = null } = input
  const sets = `SET challengedAt = :now, replaced = challenge.requestName,
    unverified = unverified + :one, challenge.requestName = :requestName,
    challenge.keyName = :setKeyName`
  return {
    UpdateExpression:
      delivery === null
        ? `${sets} REMOVE challenge.outcome, challenge.id, ${recordNames.join(', ')}`
        : `${sets}, ${recordSets} REMOVE challenge.outcome, challenge.id`,
    ConditionExpression: [...clauses, lives, unused].join(' AND '),
    ...withNames(names),
    ExpressionAttributeValues: {
      ...values,
      ':now': input.now,
      ':zero': 0,
      ':one': 1,
      ':setKeyName': input.keyName ?? '',
      ...(delivery !== null && recordValues(delivery)),
    },
  }
}

function startClauses(
  { requestName, keyName, now }: StartInput,
  rules: ChallengeRules,
  condition: StartCondition,
) {
  const { newKey, cooledDown, ...always } = challengeClauses
  const clauses: string[] = Object.values(always)
  const steps = shorterCooldowns(rules.cooldown)
  clauses.push(steps.length === 0 ? cooledDown : growingCooldownClause(steps.length))
  if (keyName !== null) clauses.push(newKey)
  const countries = rules.allowedCountries ?? []
  if (countries.length > 0) clauses.push(countryAllowedClause(countries.length))
  const extra = conditionOf(condition)
  clauses.push(...extra.clauses)
  const longest = cooldownAfter(Number.POSITIVE_INFINITY, rules.cooldown)
  const values = {
    ':maxFailures': rules.maxFailures,
    ':cooldownStart': now - longest,
    ':requestName': requestName,
    ...numbered(
      'below',
      steps.map(({ below }) => below),
    ),
    ...numbered(
      'start',
      steps.map(({ ms }) => now - ms),
    ),
    ...numbered('country', countries),
    ...extra.values,
    ...(keyName !== null && { ':keyName': keyName }),
  }
  return { clauses, names: extra.names, values }
}

function conditionOf(condition: StartCondition) {
  const { noLiveToken, sameNumber } = startConditionClauses
  if (condition === null) return { clauses: [], names: {}, values: {} }
  return 'number' in condition
    ? {
        clauses: [sameNumber],
        names: { '#number': 'number' },
        values: { ':number': condition.number },
      }
    : { clauses: [noLiveToken], names: {}, values: { ':none': 0 } }
}

function numbered(name: string, values: unknown[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, n) => [`:${name}${n}`, value]))
}

function challengeEntry(input: StartInput & { entry: PendingToken }): DeviceItem['challenge'] {
  const { keyName, requestName, entry, delivery } = input
  return { keyName: keyName ?? '', requestName, validUntil: entry.validUntil, ...delivery }
}

/** The item as the challenge's write leaves the one that was there. */
export function challengedItem(
  before: DeviceItem,
  input: Parameters<typeof challengeExpression>[0],
): DeviceItem {
  return {
    ...before,
    pending: { [input.digest]: input.entry },
    challengedAt: input.now,
    challenge: challengeEntry(input),
    replaced: before.challenge.requestName,
    unverified: before.unverified + 1,
  }
}

/** The item as the resend's write leaves the one that was there. */
export function resentItem(
  before: DeviceItem,
  { requestName, keyName, delivery, now }: StartInput,
): DeviceItem {
  const { validUntil, test } = before.challenge
  return {
    ...before,
    challengedAt: now,
    replaced: before.challenge.requestName,
    unverified: before.unverified + 1,
    challenge: {
      keyName: keyName ?? '',
      requestName,
      ...(validUntil !== undefined && { validUntil }),
      ...(test && { test }),
      ...delivery,
    },
  }
}
