// Which challenges the limits on sends and the breaker admit. Nothing is sent that was not counted
// first, and a refused request leaves the device as it was. The device's write comes first, because
// only it knows the number. But it replaces no live token before the limits have been checked.
import { findSuspension, type Suspended } from '../breaker/gate.ts'
import type { DeviceItem } from '../device/device.ts'
import { isEstablishedFor } from '../device/established.ts'
import { rememberedFull } from '../limits/full.ts'
import { clientNetwork } from '../limits/network.ts'
import {
  type Charged,
  chargeLimits,
  joinCharged,
  nothingCharged,
  refundLimits,
} from '../limits/store.ts'
import { type Counter, countersOf, ownSubject } from '../limits/subject.ts'
import type { Window } from '../limits/window.ts'
import { countOutcome, logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import type { BreakerSettings } from '../settings/breaker.ts'
import { isShared, type LimitName, type LimitSettings } from '../settings/limits.ts'
import { findTestNumber, type TestNumber } from '../settings/test-numbers.ts'
import type { StartCondition } from './expressions.ts'
import { rolledBack, type Started } from './refund.ts'
import type { StartRefusal } from './refusal.ts'
import {
  type ChallengeContext,
  checkChallenge,
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
  testNumbers: readonly Pick<TestNumber, 'number' | 'userIds'>[]
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
  if (!isNew(challenge) || isDeploymentFull(context, challenge)) {
    return readThenStart(context, challenge)
  }
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

/**
 * Reads before it writes. A page waits for the token of a resend, so the device is not written
 * before the resend is admitted; and a full deployment writes nothing.
 */
async function readThenStart(
  context: AdmissionContext,
  challenge: Challenge,
): Promise<AdmissionResult> {
  const seen = isNew(challenge)
    ? await checkChallenge(context, challenge)
    : await checkResend(context, challenge)
  return seen.outcome === 'live_token' ? checkThenStart(context, challenge, seen.device) : seen
}

/** Refuses nothing: the limits and the breaker only record. */
async function startThenCount(
  context: AdmissionContext,
  challenge: Challenge,
): Promise<AdmissionResult> {
  const started = await startOnly(context, challenge, null)
  if (started.outcome !== 'started') return started
  const { charged } = await checkLimits(context, challenge, started.device, 'all at once')
  return { ...started, charged }
}

/** No token was pending, so a refusal rolls the challenge back and the user loses nothing. */
async function checkStarted(
  context: AdmissionContext,
  challenge: NewChallenge,
  started: Started,
): Promise<AdmissionResult> {
  const { device } = started
  const { charged, refusal } = await checkLimits(context, challenge, device, 'personal first')
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
    refund(context, admitted.charged),
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
  const { charged, refusal } = await checkLimits(context, challenge, seen, 'all at once')
  if (refusal !== null) {
    await refund(context, charged)
    return answerOf(refusal)
  }
  const started = await startOnly(context, challenge, { number: seen.number }).catch(
    async error => {
      await refund(context, charged)
      throw error
    },
  )
  if (started.outcome !== 'started') {
    await refund(context, charged)
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

/** What was charged, and why nothing may be sent. */
interface LimitCheck {
  charged: Charged
  /** `unknown` means that the limits cannot be reached. */
  refusal: LimitRefusal | 'unknown' | null
}

/**
 * Asks the limits and the breaker. With `personal first` the shared limits are charged only for
 * what the others let through, so that refused requests leave nothing in them. Where a token lives,
 * that would be a fourth round trip: they are charged `all at once`, and refunded.
 */
async function checkLimits(
  context: AdmissionContext,
  challenge: Challenge,
  device: DeviceItem,
  order: 'personal first' | 'all at once',
): Promise<LimitCheck> {
  const { store, limits, breaker, indexKey, testNumbers, signal } = context
  if (findTestNumber(testNumbers, device)) {
    return { charged: nothingCharged, refusal: null }
  }
  const isEstablished = isEstablishedFor(challenge, device, context.settings.established)
  const counters = countersOfSend(context, challenge, { device, isEstablished })
  const shared = counters.filter(({ limit }) => isShared(limit))
  const isFull = limits.mode === 'on' ? rememberedFull(shared) : []
  if (isFull.length > 0) return judge(context, { charges: [], full: isFull })
  const first =
    order === 'all at once' ? counters : counters.filter(({ limit }) => !isShared(limit))
  const { now } = challenge
  const [charged, suspended] = await Promise.all([
    charge(context, challenge, first),
    findSuspension(store, device, { breaker, indexKey, isEstablished, now }, signal),
  ])
  if (suspended !== null) {
    for (const window of charged.full) logLimitReached(limits, window)
    return { charged, refusal: { outcome: 'suspended', ...suspended } }
  }
  if (order === 'all at once' || (limits.mode === 'on' && refusalOf(charged) !== null)) {
    return judge(context, charged)
  }
  const then = await charge(context, challenge, shared)
  return judge(context, joinCharged([charged, then]))
}

function judge({ limits }: AdmissionContext, charged: Charged): LimitCheck {
  for (const window of charged.full) logLimitReached(limits, window)
  if (limits.mode === 'on') return { charged, refusal: refusalOf(charged) }
  if (isUnknown(charged)) logger.warn('limits are not recorded')
  return { charged, refusal: null }
}

function charge(
  { store, limits, signal }: AdmissionContext,
  { requestName }: Challenge,
  counters: Counter[],
): Promise<Charged> {
  const whenFull = limits.mode === 'record' ? ('count' as const) : ('refuse' as const)
  return chargeLimits(store, counters, { requestName, whenFull }, signal)
}

function countersOfSend(
  { key, limits, indexKey, clientIp }: AdmissionContext,
  { requestName, now }: Challenge,
  { device, isEstablished }: { device: DeviceItem; isEstablished: boolean },
): Counter[] {
  const subjects = {
    // What strangers have sent to a number never counts against its owner.
    own: isEstablished ? ownSubject(key) : undefined,
    number: device.number,
    number_all: device.number,
    user: key.userId,
    client: clientIp === null ? undefined : clientNetwork(clientIp),
    country: device.country,
    deployment: '',
  }
  return countersOf({ indexKey, limits }, subjects, { requestName, now, isEstablished })
}

/**
 * Whether the process remembers that the deployment's limit is full, for everybody or for
 * strangers: whose device it is has to be read first. A stranger's send is counted in both windows.
 */
function isDeploymentFull(
  { limits, indexKey }: AdmissionContext,
  { requestName, now }: Challenge,
): boolean {
  if (limits.mode !== 'on') return false
  const send = { requestName, now, isEstablished: false }
  return rememberedFull(countersOf({ indexKey, limits }, { deployment: '' }, send)).length > 0
}

/**
 * Picks the refusal that holds longest. A limit that cannot be reached does not
 * count as one with room.
 */
function refusalOf(charged: Charged): LimitCheck['refusal'] {
  const [longest] = charged.full.toSorted((a, b) => b.endsAt - a.endsAt)
  if (longest) return { outcome: 'limited', limit: longest.limit, until: longest.endsAt }
  return isUnknown(charged) ? 'unknown' : null
}

function isUnknown({ charges }: Charged): boolean {
  return charges.some(({ state }) => state === 'unknown' || state === 'throttled')
}

function answerOf(refusal: LimitRefusal | 'unknown'): LimitRefusal {
  if (refusal !== 'unknown') return refusal
  throw unavailable(new Error('The limits are out of reach.'))
}

function logLimitReached(
  { mode }: LimitSettings,
  { limit, most, seconds, isStrangers }: Window,
): void {
  logger.warn('limit reached', { limit, most, seconds, mode, isStrangers })
  countOutcome('limit', isStrangers ? 'strangers_share' : limit)
}

function refund({ store }: AdmissionContext, charged: Charged): Promise<void> {
  return refundLimits(store, charged, AbortSignal.timeout(longestRollbackMs))
}
