// The DynamoDB expressions that start a challenge, with a new token or with the last one again.

import { recordNames, recordSets, recordValues } from '../delivery/expressions.ts'
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { DeviceItem, PendingToken } from '../device/device.ts'
import { notUsedUpClause } from '../device/expressions.ts'
import { cooldownAfter, shorterCooldowns } from '../device/throttle.ts'
import { type ConditionalUpdate, withNames } from '../dynamodb/update.ts'
import type { CooldownSettings } from '../settings/cooldown.ts'

/** The clauses under which a challenge is started. What an older item lacks is as in a new one. */
export const challengeClauses = {
  notDisabled: 'failures < :maxFailures',
  // Needed without a cooldown too: a late try must not bring an older token back.
  cooledDown: '(attribute_not_exists(challengedAt) OR challengedAt <= :cooldownStart)',
  // Nor the challenge before the last one: of two challenges in one millisecond neither is older.
  newRequest: 'NOT :requestName IN (challenge.requestName, replaced)',
  newKey: 'challenge.keyName <> :keyName',
}

/** More clauses where sends are limited: see lib/challenge/admission.ts. */
export const startConditionClauses = {
  // A pending token expires with its challenge, so one clause need not know its digest.
  noLiveToken: '(size(pending) = :none OR challenge.validUntil <= :now)',
  sameNumber: '#number = :number',
}

/**
 * The clause of a growing cooldown. It lists the steps instead of comparing with a stored moment,
 * so that changed settings hold at once. `:cooldownStart` belongs to the longest step.
 */
export function growingCooldownClause(steps: number): string {
  const shorter = Array.from(
    { length: steps },
    (_, n) => ` OR (${isBelow(n)} AND challengedAt <= :start${n})`,
  )
  return `(${challengeClauses.cooledDown}${shorter.join('')})`
}

/** An absent count is below the first step. */
function isBelow(n: number): string {
  return n === 0
    ? '(attribute_not_exists(unverified) OR unverified < :below0)'
    : `unverified < :below${n}`
}

/**
 * The clause of a list of allowed countries. They are one value, because a list of every country
 * there is would be longer than the 4,096 bytes of an expression.
 */
export const countryAllowedClause = 'contains(:countries, country)'

/** The rules under which a challenge may start. */
export interface ChallengeRules {
  maxFailures: number
  /** Wrong guesses that a token takes; null is no bound. */
  tokenGuesses: number | null
  cooldown: CooldownSettings
  /** Null allows all. */
  allowedCountries: string[] | null
}

/** A further condition where sends are limited: no live token, or still this number. */
export type StartCondition = { noLiveToken: true } | { number: string } | null

/** What every start of a challenge is made of. */
interface StartInput {
  requestName: string
  /** The name of the request's idempotency key; null when none was given. */
  keyName: string | null
  /** What the request of that key asked for; empty, the default, without one. */
  payload?: string
  /** Who asks; empty, the default, is nobody. */
  actor?: string
  now: number
  /** The first record of its delivery, where Twilio is asked to report. */
  delivery?: Required<DeliveryRecord> | null
  /** By what its token comes; absent where no proofs are made. */
  via?: number
}

const chargeSets = `challengedAt = :now,
  replaced = if_not_exists(challenge.requestName, :noRequest),
  unverified = if_not_exists(unverified, :zero) + :one, actor = :actor`

function chargeValues({ now, actor = '' }: StartInput) {
  return { ':actor': actor, ':now': now, ':noRequest': '', ':zero': 0, ':one': 1 }
}

/**
 * Starts a challenge: the new token replaces any older one, and the cooldown is charged. The end of
 * its guesses is counted from the failures so far, which a new token does not clear.
 */
export function challengeExpression(
  input: StartInput & { digest: string; entry: PendingToken },
  rules: ChallengeRules,
  condition: StartCondition,
): ConditionalUpdate {
  const { clauses, names, values } = startClauses(input, rules, condition)
  const { tokenGuesses } = rules
  const update = `SET pending = :pending, challenge = :challenge, ${chargeSets}`
  return {
    UpdateExpression:
      tokenGuesses === null
        ? // What another setting has left would be the end of this token.
          `${update} REMOVE guessesEnd`
        : `${update}, guessesEnd = failures + :tokenGuesses`,
    ConditionExpression: clauses.join(' AND '),
    ...withNames(names),
    ExpressionAttributeValues: {
      ...values,
      ':pending': { [input.digest]: input.entry },
      ':challenge': challengeEntry(input),
      ...(tokenGuesses !== null && { ':tokenGuesses': tokenGuesses }),
      ...chargeValues(input),
    },
  }
}

/**
 * The clauses of a resend: those of a challenge, that its token is live, and, where its guesses are
 * bounded, that some are left.
 */
export const resendClauses = {
  ...challengeClauses,
  lives: 'challenge.validUntil > :now',
  unused: 'size(pending) > :zero',
  notUsedUp: notUsedUpClause,
}

/**
 * Sends the token of the last challenge again: the same token, validity and end of its guesses. The
 * cooldown is charged again. The id of the challenge that made the token is kept, so that a
 * verification may name that one, too.
 */
export function resendExpression(
  input: StartInput,
  rules: ChallengeRules,
  condition: StartCondition,
): ConditionalUpdate {
  const { clauses, names, values } = startClauses(input, rules, condition)
  const { lives, unused, notUsedUp } = resendClauses
  const { delivery = null, via } = input
  const madeBy = 'if_not_exists(challenge.requestName, :noRequest)'
  const sets = `SET ${chargeSets}, challenge.requestName = :requestName,
    challenge.firstId = if_not_exists(challenge.firstId, ${madeBy}),
    challenge.keyName = :setKeyName, challenge.payload = :payload${
      via === undefined ? '' : ', challenge.via = if_not_exists(challenge.via, :zero) + :via'
    }`
  const further = rules.tokenGuesses === null ? [lives, unused] : [lives, unused, notUsedUp]
  return {
    UpdateExpression:
      delivery === null
        ? `${sets} REMOVE challenge.outcome, challenge.id, ${recordNames.join(', ')}`
        : `${sets}, ${recordSets} REMOVE challenge.outcome, challenge.id`,
    ConditionExpression: [...clauses, ...further].join(' AND '),
    ...withNames(names),
    ExpressionAttributeValues: {
      ...values,
      ...chargeValues(input),
      ':setKeyName': input.keyName ?? '',
      ':payload': input.payload ?? '',
      ...(delivery !== null && recordValues(delivery)),
      ...(via !== undefined && { ':via': via }),
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
  if (countries.length > 0) clauses.push(countryAllowedClause)
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
    ...(countries.length > 0 && { ':countries': new Set(countries) }),
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
  const { keyName, payload = '', requestName, entry, delivery, via } = input
  const named = { keyName: keyName ?? '', ...(payload && { payload }), requestName }
  return { ...named, validUntil: entry.validUntil, ...delivery, ...(via && { via }) }
}

/** Returns the item as the write of a challenge leaves it. */
export function challengedItem(
  { guessesEnd: _, ...before }: DeviceItem,
  input: Parameters<typeof challengeExpression>[0],
  { tokenGuesses }: ChallengeRules,
): DeviceItem {
  return {
    ...before,
    ...(tokenGuesses !== null && { guessesEnd: before.failures + tokenGuesses }),
    pending: { [input.digest]: input.entry },
    challengedAt: input.now,
    challenge: challengeEntry(input),
    actor: input.actor ?? '',
    replaced: before.challenge.requestName,
    unverified: before.unverified + 1,
  }
}

/** Returns the item as the write of a resend leaves it. */
export function resentItem(
  before: DeviceItem,
  { requestName, keyName, payload = '', actor = '', delivery, now, via = 0 }: StartInput,
): DeviceItem {
  const { validUntil, test, firstId = before.challenge.requestName } = before.challenge
  const viaAll = (before.challenge.via ?? 0) + via
  return {
    ...before,
    challengedAt: now,
    actor,
    replaced: before.challenge.requestName,
    unverified: before.unverified + 1,
    challenge: {
      keyName: keyName ?? '',
      payload,
      requestName,
      firstId,
      ...(validUntil !== undefined && { validUntil }),
      ...(test && { test }),
      ...delivery,
      ...(viaAll > 0 && { via: viaAll }),
    },
  }
}
