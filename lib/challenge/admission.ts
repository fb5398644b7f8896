// Which challenges the limits on sends and the breaker admit. Nothing is sent that was not counted
// first, and a refused request leaves the device as it was. The device's write comes first, because
// only it knows the number. But it replaces no live token before the limits have been checked.
import { findSuspension, type Suspended } from '../breaker/gate.ts'
import type { DeviceItem } from '../device/device.ts'
import { isEstablishedFor } from '../device/established.ts'
import { type Charged, chargeLimits, refundLimits } from '../limits/store.ts'
import { type Counter, clientNetwork, countersOf } from '../limits/subject.ts'
import { countOutcome, logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import type { BreakerSettings } from '../settings/breaker.ts'
import type { LimitName, LimitSettings } from '../settings/limits.ts'
import type { TestNumber } from '../settings/test-numbers.ts'
import type { StartCondition } from './expressions.ts'
import { rolledBack, type Started } from './refund.ts'
import type { StartRefusal } from './refusal.ts'
import {
  type ChallengeContext,
  checkResend,
  finishChallenge,
  type NewChallenge,
  type NewResend,
  type StartResult,
  startChallenge,
  startResend,
} from './store.ts'

/** What an admission needs: the challenge's context, the limits and the breaker. */
export interface AdmissionContext extends ChallengeContext {
  limits: LimitSettings
  breaker: BreakerSettings
  tokenKey: Uint8Array
  /** Names persons in the tables of limits and traffic. */
  indexKey: Uint8Array
  /** Nothing is sent to them, so they are not counted. */
  testNumbers: readonly Pick<TestNumber, 'number'>[]
  /** The client's address as the backend gave it, or null. */
  clientIp: string | null
}

/** A started challenge that may send, with the limits that it was charged to. */
export type Admitted = Started & { charged: Charged }

/** Why nothing may be sent now. */
export type LimitRefusal =
  | { outcome: 'limited'; limit: LimitName; until: number }
  | ({ outcome: 'suspended' } & Suspended)

/** The result of an admission. */
export type AdmissionResult =
  | Admitted
  | Exclude<StartRefusal, { outcome: 'live_token' }>
  | LimitRefusal

/** A new token, or the last one again. */
type Challenge = NewChallenge | NewResend

/** Longest wait for writes after the answer is known, milliseconds. */
const longestRollbackMs = 1_200

/**
 * Starts a challenge that the limits have room for. Throws `unavailable` when they
 * cannot be reached.
 */
export async function admitChallenge(
  context: AdmissionContext,
  challenge: Challenge,
): Promise<AdmissionResult> {
  const { limits, breaker } = context
  if (limits.mode !== 'on' && breaker.mode !== 'on') return startThenCount(context, challenge)
  if (!isNew(challenge)) return admitResend(context, challenge)
  const first = await startChallenge(context, challenge, { noLiveToken: true })
  switch (first.outcome) {
    case 'started':
      return checkStarted(context, challenge, first)
    case 'live_token':
      return checkThenStart(context, challenge, first.device)
    default:
      return first
  }
}

function isNew(challenge: Challenge): challenge is NewChallenge {
  return 'digest' in challenge
}

/** A page waits for the live token, so the device is not written before the resend is admitted. */
async function admitResend(context: AdmissionContext, resend: NewResend): Promise<AdmissionResult> {
  const seen = await checkResend(context, resend)
  return seen.outcome === 'live_token' ? checkThenStart(context, resend, seen.device) : seen
}

/** Refuses nothing: the limits and the breaker only record. */
async function startThenCount(
  context: AdmissionContext,
  challenge: Challenge,
): Promise<AdmissionResult> {
  const started = await startOnly(context, challenge, null)
  if (started.outcome !== 'started') return started
  const { charged } = await checkLimits(context, challenge, started.device)
  return { ...started, charged }
}

/** No token was pending, so a refusal rolls the challenge back and the user loses nothing. */
async function checkStarted(
  context: AdmissionContext,
  challenge: NewChallenge,
  started: Started,
): Promise<AdmissionResult> {
  const { charged, refusal } = await checkLimits(context, challenge, started.device)
  if (refusal === null) return { ...started, charged }
  await rollBack(context, challenge, { ...started, charged })
  return answerOf(refusal)
}

async function rollBack(
  context: AdmissionContext,
  challenge: NewChallenge,
  admitted: Admitted,
): Promise<void> {
  const refunded = rolledBack(admitted, challenge, context.settings)
  const finish = { requestName: challenge.requestName, refunded, outcome: null }
  const signal = AbortSignal.timeout(longestRollbackMs)
  await Promise.all([
    refund(context, challenge, admitted.charged),
    finishChallenge({ ...context, signal }, finish),
  ])
}

/**
 * A live token is replaced only once the limits admit it, and only for the number that was checked.
 */
async function checkThenStart(
  context: AdmissionContext,
  challenge: Challenge,
  seen: DeviceItem,
): Promise<AdmissionResult> {
  const { charged, refusal } = await checkLimits(context, challenge, seen)
  if (refusal !== null) {
    await refund(context, challenge, charged)
    return answerOf(refusal)
  }
  const started = await startOnly(context, challenge, { number: seen.number }).catch(
    async error => {
      await refund(context, challenge, charged)
      throw error
    },
  )
  if (started.outcome !== 'started') {
    await refund(context, challenge, charged)
    return started
  }
  if (!isNew(challenge) || started.device.number === seen.number) return { ...started, charged }
  // A late try of the first write was applied, after a new number had dropped the live
  // token that refused it.
  await rollBack(context, challenge, { ...started, charged })
  throw unavailable(new Error('The number has changed meanwhile.'))
}

/**
 * After the limits a live token is no reason to refuse: a refusal without another reason
 * means a new number.
 */
async function startOnly(
  context: AdmissionContext,
  challenge: Challenge,
  condition: StartCondition,
): Promise<Exclude<StartResult, { outcome: 'live_token' }>> {
  const started = isNew(challenge)
    ? await startChallenge(context, challenge, condition)
    : await startResend(context, challenge, condition)
  if (started.outcome !== 'live_token') return started
  throw unavailable(new Error('The challenge was refused; has the number changed meanwhile?'))
}

const nothing: Charged = { counted: [], full: [], unknown: [] }

/**
 * What was charged, and why nothing may be sent; `unknown` means that the limits cannot be reached.
 */
interface LimitCheck {
  charged: Charged
  refusal: LimitRefusal | 'unknown' | null
}

/** Asks the limits and the breaker at the same time. */
async function checkLimits(
  context: AdmissionContext,
  challenge: Challenge,
  device: DeviceItem,
): Promise<LimitCheck> {
  const { store, limits, breaker, indexKey, testNumbers, signal } = context
  if (testNumbers.some(({ number }) => number === device.number)) {
    return { charged: nothing, refusal: null }
  }
  const { now } = challenge
  const isEstablished = isEstablishedFor(challenge, device, context.settings.established)
  const [charged, suspended] = await Promise.all([
    limits.mode === 'off' ? nothing : charge(context, challenge, device),
    findSuspension(store, device, { breaker, indexKey, isEstablished, now }, signal),
  ])
  for (const counter of charged.full) logLimitReached(limits, counter)
  if (suspended !== null) return { charged, refusal: { outcome: 'suspended', ...suspended } }
  if (limits.mode === 'on') return { charged, refusal: refusalOf(charged) }
  if (charged.unknown.length > 0) logger.warn('limits are not recorded')
  return { charged, refusal: null }
}

function charge(context: AdmissionContext, { requestName, now }: Challenge, device: DeviceItem) {
  const { store, key, limits, indexKey, clientIp, signal } = context
  const subjects = {
    number: device.number,
    user: key.userId,
    client: clientIp === null ? undefined : clientNetwork(clientIp),
    country: device.country,
    deployment: '',
  }
  const counters = countersOf(indexKey, limits.limits, subjects, now)
  const whenFull = limits.mode === 'record' ? ('count' as const) : ('refuse' as const)
  return chargeLimits(store, counters, { requestName, whenFull }, signal)
}

/**
 * Picks the refusal that holds longest. A limit that cannot be reached does not
 * count as one with room.
 */
function refusalOf({ full, unknown }: Charged): LimitCheck['refusal'] {
  const [longest] = full.toSorted((a, b) => b.endsAt - a.endsAt)
  if (longest) return { outcome: 'limited', limit: longest.limit, until: longest.endsAt }
  return unknown.length > 0 ? 'unknown' : null
}

function answerOf(refusal: LimitRefusal | 'unknown'): LimitRefusal {
  if (refusal !== 'unknown') return refusal
  throw unavailable(new Error('The limits are out of reach.'))
}

function logLimitReached({ mode }: LimitSettings, { limit, most, seconds }: Counter): void {
  logger.warn('limit reached', { limit, most, seconds, mode })
  countOutcome('limit', limit)
}

function refund(
  { store }: AdmissionContext,
  { requestName }: Challenge,
  charged: Charged,
): Promise<void> {
  return refundLimits(store, charged, requestName, AbortSignal.timeout(longestRollbackMs))
}
