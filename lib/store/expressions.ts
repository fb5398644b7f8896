// Every DynamoDB expression of the project. No read comes before any of these writes: each decides and
// settles in one instant, on the item, under DynamoDB's own lock.
import type { ToldDelivery } from '../device/delivery.ts'
import type { ChallengeOutcome, DeviceItem, PendingToken, PhoneNumber } from '../device/device.ts'
import { cooldownAfter, shorterCooldowns } from '../device/throttle.ts'
import type { CooldownSettings } from '../settings/settings.ts'

/** The parts of an UpdateItem that say what to do and when. */
export interface ConditionalUpdate {
  UpdateExpression: string
  ConditionExpression: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, unknown>
}

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

/** The clauses under which a challenge is begun. */
export const challengeClauses = {
  notDisabled: 'failures < :maxFailures',
  // Without a cooldown too: a try that comes late must not bring an older token back.
  cooledDown: 'challengedAt <= :cooldownStart',
  // The one before the last, too: of two challenges of one millisecond neither is the older.
  newRequest: 'NOT :requestName IN (challenge.requestName, replaced)',
  newKey: 'challenge.keyName <> :keyName',
}

/** The clauses of a challenge on a deployment that limits sends: see lib/delivery/admission.ts. */
export const admissionClauses = {
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

/** When a challenge may be begun. */
export interface ChallengeRules {
  maxFailures: number
  cooldown: CooldownSettings
  /** Null is all. */
  allowedCountries: string[] | null
}

/** What else must hold where sends are limited: that no token lives, or that the number is still this one. */
export type Admission = { noLiveToken: true } | { number: string } | null

/** What every beginning of a challenge is made of. */
interface BeginningInput {
  requestName: string
  /** Name of the request's idempotency key; null when none was given. */
  keyName: string | null
  now: number
  /** The first word on its delivery, where Twilio is asked to tell. */
  told?: Required<ToldDelivery> | null
}

/** Begins a challenge: the new token in the place of any older one, and the cooldown charged. */
export function challengeExpression(
  input: BeginningInput & { digest: string; entry: PendingToken },
  rules: ChallengeRules,
  admission: Admission,
): ConditionalUpdate {
  const { clauses, names, values } = beginningCondition(input, rules, admission)
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

/** Begins to send the token of the last challenge again: the same token and validity, the cooldown charged anew. */
export function resendExpression(
  input: BeginningInput,
  rules: ChallengeRules,
  admission: Admission,
): ConditionalUpdate {
  const { clauses, names, values } = beginningCondition(input, rules, admission)
  const { lives, unused } = resendClauses
  const { told = null } = input
  const sets = `SET challengedAt = :now, replaced = challenge.requestName,
    unverified = unverified + :one, challenge.requestName = :requestName,
    challenge.keyName = :setKeyName`
  return {
    UpdateExpression:
      told === null
        ? `${sets} REMOVE challenge.outcome, challenge.id, ${toldNames.join(', ')}`
        : `${sets}, ${toldSets} REMOVE challenge.outcome, challenge.id`,
    ConditionExpression: [...clauses, lives, unused].join(' AND '),
    ...withNames(names),
    ExpressionAttributeValues: {
      ...values,
      ':now': input.now,
      ':zero': 0,
      ':one': 1,
      ':setKeyName': input.keyName ?? '',
      ...(told !== null && toldValues(told)),
    },
  }
}

const toldNames = ['challenge.told', 'challenge.why', 'challenge.toldAt']
const toldSets = 'challenge.told = :told, challenge.why = :why, challenge.toldAt = :toldAt'

function toldValues({ told, why, toldAt }: Required<ToldDelivery>) {
  return { ':told': told, ':why': why, ':toldAt': toldAt }
}

function beginningCondition(
  { requestName, keyName, now }: BeginningInput,
  rules: ChallengeRules,
  admission: Admission,
) {
  const { newKey, cooledDown, ...always } = challengeClauses
  const clauses: string[] = Object.values(always)
  const steps = shorterCooldowns(rules.cooldown)
  clauses.push(steps.length === 0 ? cooledDown : growingCooldownClause(steps.length))
  if (keyName !== null) clauses.push(newKey)
  const countries = rules.allowedCountries ?? []
  if (countries.length > 0) clauses.push(countryAllowedClause(countries.length))
  const admitted = admissionOf(admission)
  clauses.push(...admitted.clauses)
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
    ...admitted.values,
    ...(keyName !== null && { ':keyName': keyName }),
  }
  return { clauses, names: admitted.names, values }
}

function admissionOf(admission: Admission) {
  const { noLiveToken, sameNumber } = admissionClauses
  if (admission === null) return { clauses: [], names: {}, values: {} }
  return 'number' in admission
    ? {
        clauses: [sameNumber],
        names: { '#number': 'number' },
        values: { ':number': admission.number },
      }
    : { clauses: [noLiveToken], names: {}, values: { ':none': 0 } }
}

function numbered(name: string, values: unknown[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, n) => [`:${name}${n}`, value]))
}

function challengeEntry(input: BeginningInput & { entry: PendingToken }): DeviceItem['challenge'] {
  const { keyName, requestName, entry, told } = input
  return { keyName: keyName ?? '', requestName, validUntil: entry.validUntil, ...told }
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

/** The clauses under which a word on a delivery is kept. Callbacks come in any order, late, and more than once. */
export const deliveryClauses = {
  sameChallenge: '(challenge.requestName = :requestName OR challenge.id = :requestName)',
  // Nor where nobody was asked to tell: there the rank is absent.
  furtherThanTold: 'challenge.told < :told',
  // Neither of a token that was taken back, nor of one that went to another number.
  notTakenBack: 'challenge.validUntil > :zero',
}

/** Keeps a word on the delivery of a challenge. */
export function deliveryExpression(
  requestName: string,
  told: Required<ToldDelivery>,
): ConditionalUpdate {
  return {
    UpdateExpression: `SET ${toldSets}`,
    ConditionExpression: Object.values(deliveryClauses).join(' AND '),
    ExpressionAttributeValues: { ':requestName': requestName, ':zero': 0, ...toldValues(told) },
  }
}

/** Ends are written only while the challenge is still the device's last one. */
export const settleClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a new number the challenge before must stay forgotten: the undo would bring its key back. And a resend
  // gives no cooldown back once its token, which was sent before, was used.
  stillPending: 'attribute_exists(pending.#digest)',
}

/** What a challenge that sent nothing leaves: the cooldown as it was. */
export interface GivenBack {
  challengedAt: number
  unverified: number
  /** The digest of the token, where it stays: it was sent before. */
  kept?: string
  /** The challenge before, where this one should not have been; the digest is this one's token's. */
  undo?: { challenge: DeviceItem['challenge']; digest: string }
}

/** Ends a challenge: token and cooldown given back when nothing was sent, the outcome kept for retries. */
export function settleExpression(input: {
  requestName: string
  givenBack: GivenBack | null
  outcome: ChallengeOutcome | null
  /** What became of the message, when that is known by now. */
  told?: Required<ToldDelivery> | null
}): ConditionalUpdate {
  const { givenBack, outcome, requestName, told = null } = input
  const { sameRequest, stillPending } = settleClauses
  const undo = givenBack?.undo
  const digest = undo?.digest ?? givenBack?.kept
  const takesBack = givenBack !== null && givenBack.kept === undefined
  const sets: string[] = []
  if (givenBack !== null) sets.push('challengedAt = :challengedAt', 'unverified = :unverified')
  if (takesBack) sets.push('pending = :nothing')
  if (undo !== undefined) sets.push('challenge = :challenge')
  else {
    if (takesBack) sets.push('challenge.validUntil = :never')
    if (outcome !== null) sets.push('challenge.outcome = :outcome')
    if (told !== null) sets.push(toldSets)
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: digest === undefined ? sameRequest : `${sameRequest} AND ${stillPending}`,
    ...withNames(digest === undefined ? {} : { '#digest': digest }),
    ExpressionAttributeValues: {
      ':requestName': requestName,
      ...(givenBack !== null && {
        ':challengedAt': givenBack.challengedAt,
        ':unverified': givenBack.unverified,
      }),
      ...(takesBack && { ':nothing': {} }),
      ...(undo !== undefined
        ? // Our own name stays: a try of the write that comes late must find it.
          { ':challenge': { ...undo.challenge, requestName } }
        : {
            ...(takesBack && { ':never': 0 }),
            ...(outcome !== null && { ':outcome': outcome }),
            ...(told !== null && toldValues(told)),
          }),
    },
  }
}

/** The clauses under which a challenge becomes a test number's. */
export const testClauses = {
  sameRequest: 'challenge.requestName = :requestName',
  // After a new number a fixed token must not come: it would confirm that one. And a try of this write that comes
  // late must not bring a used token back.
  stillPending: 'attribute_exists(pending.#drawn)',
}

/** Makes a challenge a test number's: its token in the place of the drawn one, no cooldown, and its delivery told. */
export function testExpression(input: {
  requestName: string
  /** The digest that it was begun with. */
  drawn: string
  digest: string
  entry: PendingToken
  givenBack: GivenBack
  told: Required<ToldDelivery>
  outcome: ChallengeOutcome | null
}): ConditionalUpdate {
  const { givenBack, outcome } = input
  const update = `SET pending = :pending, challengedAt = :challengedAt, unverified = :unverified,
    challenge.test = :yes, challenge.validUntil = :validUntil, ${toldSets}`
  return {
    UpdateExpression: outcome === null ? update : `${update}, challenge.outcome = :outcome`,
    ConditionExpression: Object.values(testClauses).join(' AND '),
    ...withNames({ '#drawn': input.drawn }),
    ExpressionAttributeValues: {
      ':requestName': input.requestName,
      ':pending': { [input.digest]: input.entry },
      ':challengedAt': givenBack.challengedAt,
      ':unverified': givenBack.unverified,
      ':yes': true,
      ':validUntil': input.entry.validUntil,
      ...toldValues(input.told),
      ...(outcome !== null && { ':outcome': outcome }),
    },
  }
}

/** A device is created once. */
export const createClauses = { isNew: 'attribute_not_exists(userId)' }

/** The clauses under which a device is changed: a new number and the same number are different changes. */
export const patchClauses = {
  exists: 'attribute_exists(userId)',
  newNumber: '#number <> :number',
  sameNumber: '#number = :number',
}

const newNumberSets = [
  '#number = :number',
  'country = :country',
  'pending = :nothing',
  'challenge.keyName = :noKey',
  'challenge.validUntil = :never',
  'challenge.told = :never',
  'attempts.ok1 = :no',
  'attempts.ok2 = :no',
  'attempts.ok3 = :no',
  'attempts.ok4 = :no',
]

/** What may be changed of a device; a number comes with its country. */
export type DeviceChange = { name?: string; confirmed?: boolean } & Partial<PhoneNumber>

/**
 * Changes a device. A new number drops the pending token, the confirmation unless one is given, and what a
 * retry of an older challenge or verification would be told.
 */
export function patchExpression(change: DeviceChange, numberIs: 'new' | 'same'): ConditionalUpdate {
  const { exists, newNumber, sameNumber } = patchClauses
  const changesNumber = change.number !== undefined && numberIs === 'new'
  const confirmed = change.confirmed ?? (changesNumber ? false : undefined)
  const sets: string[] = []
  if (changesNumber) sets.push(...newNumberSets)
  if (change.name !== undefined) sets.push('#name = :name')
  if (confirmed !== undefined) sets.push('confirmed = :confirmed')
  // A patch that changes nothing still answers with the device, so it still has to be an update.
  if (sets.length === 0) sets.push('confirmed = confirmed')
  const clauses = [exists]
  if (change.number !== undefined) clauses.push(numberIs === 'new' ? newNumber : sameNumber)
  const values = {
    ...(change.number !== undefined && { ':number': change.number }),
    ...(changesNumber && {
      ':country': change.country ?? '',
      ':nothing': {},
      ':noKey': '',
      ':never': 0,
      ':no': false,
    }),
    ...(change.name !== undefined && { ':name': change.name }),
    ...(confirmed !== undefined && { ':confirmed': confirmed }),
  }
  return {
    UpdateExpression: `SET ${sets.join(', ')}`,
    ConditionExpression: clauses.join(' AND '),
    ...withNames({
      ...(change.number !== undefined && { '#number': 'number' }),
      ...(change.name !== undefined && { '#name': 'name' }),
    }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

/** Only a device that is there is reset: an update would make it anew. */
export const resetClauses = { exists: 'attribute_exists(userId)' }

/**
 * Clears throttle and cooldown; a pending token stays (django-otp's throttle_reset). `cooldownStart` is the
 * moment at which the last challenge can have been for the next to be allowed.
 */
export function resetExpression(cooldownStart: number): ConditionalUpdate {
  return {
    UpdateExpression: `SET failures = :zero, failedAt = :zero, lockedUntil = :zero, backoff = factorMs,
      challengedAt = :cooldownStart, unverified = :zero`,
    ConditionExpression: resetClauses.exists,
    ExpressionAttributeValues: { ':zero': 0, ':cooldownStart': cooldownStart },
  }
}

/** A user's devices, all or by confirmation. */
export function ofUserExpression(userId: string, confirmed: boolean | null) {
  return {
    KeyConditionExpression: 'userId = :userId',
    ...(confirmed !== null && { FilterExpression: 'confirmed = :confirmed' }),
    ExpressionAttributeValues: {
      ':userId': userId,
      ...(confirmed !== null && { ':confirmed': confirmed }),
    },
  }
}

/** A number's devices, on the index `number`. */
export function ofNumberExpression(number: string) {
  return {
    IndexName: 'number',
    KeyConditionExpression: '#number = :number',
    ExpressionAttributeNames: { '#number': 'number' },
    ExpressionAttributeValues: { ':number': number },
  }
}

/** Only the key of an item. */
export const keyProjection = 'userId, deviceId'

function withNames(names: Record<string, string>) {
  return Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}
}
