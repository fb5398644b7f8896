// Which challenges the limits on sends and the breaker let through. Nothing is sent that was not counted first, and a
// refused request leaves the device as it was. So the device's write comes first, which knows the number; but it takes
// no live token away before the limits have been checked.
import { findSuspension, type Suspended } from '../breaker/gate.ts'
import type { DeviceItem } from '../device/device.ts'
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

/** What an admission needs: a challenge's own context, the limits and the breaker. */
export interface AdmissionContext extends ChallengeContext {
  limits: LimitSettings
  breaker: BreakerSettings
  tokenKey: Uint8Array
  /** Nothing is sent to them, so nothing is counted. */
  testNumbers: readonly Pick<TestNumber, 'number'>[]
  /** The address that the backend gave for its client, or null. */
  clientIp: string | null
}

/** A challenge that may send, with what it was counted for. */
export type Admitted = Started & { charged: Charged }

/** Why nothing may be sent now. */
export type LimitRefusal =
  | { outcome: 'limited'; limit: LimitName; until: number }
  | ({ outcome: 'suspended' } & Suspended)

/** What came of an admission. */
export type AdmissionResult =
  | Admitted
  | Exclude<StartRefusal, { outcome: 'live_token' }>
  | LimitRefusal

/** A new token, or the last one again. */
type Challenge = NewChallenge | NewResend

/** Writes behind an answer that is known already get this long. */
const longestUndoMs = 1_200

/** Starts a challenge that the limits have room for. Throws `unavailable` when they are out of reach. */
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

/** The token lives, and a page waits for it: nothing of the device is written before it may be. */
async function admitResend(context: AdmissionContext, resend: NewResend): Promise<AdmissionResult> {
  const seen = await checkResend(context, resend)
  return seen.outcome === 'live_token' ? checkThenStart(context, resend, seen.device) : seen
}

/** Nothing is refused here; what is recorded is recorded. */
async function startThenCount(
  context: AdmissionContext,
  challenge: Challenge,
): Promise<AdmissionResult> {
  const started = await startOnly(context, challenge, null)
  if (started.outcome !== 'started') return started
  const { charged } = await checkLimits(context, challenge, started.device)
  return { ...started, charged }
}

/** Nothing was pending: a refusal gives the challenge back, and the user has lost nothing. */
async function checkStarted(
  context: AdmissionContext,
  challenge: NewChallenge,
  started: Started,
): Promise<AdmissionResult> {
  const { charged, refusal } = await checkLimits(context, challenge, started.device)
  if (refusal === null) return { ...started, charged }
  await undo(context, challenge, { ...started, charged })
  return answerOf(refusal)
}

async function undo(
  context: AdmissionContext,
  challenge: NewChallenge,
  admitted: Admitted,
): Promise<void> {
  const refunded = rolledBack(admitted, challenge, context.settings)
  const finish = { requestName: challenge.requestName, refunded, outcome: null }
  const signal = AbortSignal.timeout(longestUndoMs)
  await Promise.all([
    refund(context, challenge, admitted.charged),
    finishChallenge({ ...context, signal }, finish),
  ])
}

/** A token lives: it is replaced only once it may be, and only for the number that was checked. */
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
  // A try of the first write came late, after a new number had dropped the token that kept it from starting.
  await undo(context, challenge, { ...started, charged })
  throw unavailable(new Error('The number has changed meanwhile.'))
}

/** A live token is no reason here: behind the limits, a refusal that has no other is a new number. */
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

/** What was counted, and why nothing may be sent; `unknown` is that the limits are out of reach. */
interface LimitCheck {
  charged: Charged
  refusal: LimitRefusal | 'unknown' | null
}

/** Asks the limits and the breaker, both at once. */
async function checkLimits(
  context: AdmissionContext,
  challenge: Challenge,
  device: DeviceItem,
): Promise<LimitCheck> {
  const { store, limits, breaker, tokenKey, testNumbers, signal } = context
  if (testNumbers.some(({ number }) => number === device.number)) {
    return { charged: nothing, refusal: null }
  }
  const { now } = challenge
  const [charged, suspended] = await Promise.all([
    limits.mode === 'off' ? nothing : charge(context, challenge, device),
    findSuspension(store, device, { breaker, tokenKey, now }, signal),
  ])
  for (const counter of charged.full) logLimitReached(limits, counter)
  if (suspended !== null) return { charged, refusal: { outcome: 'suspended', ...suspended } }
  if (limits.mode === 'on') return { charged, refusal: refusalOf(charged) }
  if (charged.unknown.length > 0) logger.warn('limits are not recorded')
  return { charged, refusal: null }
}

function charge(context: AdmissionContext, { requestName, now }: Challenge, device: DeviceItem) {
  const { store, key, limits, tokenKey, clientIp, signal } = context
  const subjects = {
    number: device.number,
    user: key.userId,
    client: clientIp === null ? undefined : clientNetwork(clientIp),
    country: device.country,
    deployment: '',
  }
  const counters = countersOf(tokenKey, limits.limits, subjects, now)
  const whenFull = limits.mode === 'record' ? ('count' as const) : ('refuse' as const)
  return chargeLimits(store, counters, { requestName, whenFull }, signal)
}

/** The refusal that holds longest; a limit that is out of reach is none that has room. */
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
  return refundLimits(store, charged, requestName, AbortSignal.timeout(longestUndoMs))
}
