// Which challenges the limits on sends and the breaker let through. The order is money's and the user's: nothing is sent that was
// not counted first, and a refused request leaves the device as it was. So the device's write comes first, which
// tells the number; but it takes no live token away before the limits have spoken.
import { findSuspension, type Suspended } from '../breaker/gate.ts'
import type { DeviceItem, DeviceKey } from '../device/device.ts'
import type { Store } from '../dynamodb/client.ts'
import { type Charged, chargeLimits, refundLimits } from '../limits/store.ts'
import { type Counter, clientNetwork, countersOf } from '../limits/subject.ts'
import { countOutcome, logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import type { BreakerSettings } from '../settings/breaker.ts'
import type { LimitName, LimitSettings } from '../settings/limits.ts'
import type { StartCondition } from './expressions.ts'
import {
  type ChallengeSettings,
  checkResend,
  finishChallenge,
  type NewChallenge,
  type NewResend,
  rolledBack,
  type Started,
  type StartResult,
  startChallenge,
  startResend,
} from './store.ts'

/** The limits of a request, and the breaker. */
export interface Limits extends LimitSettings {
  breaker: BreakerSettings
  tokenKey: Uint8Array
  /** The address that the backend gave for its client, or null. */
  clientIp: string | null
  /** Test numbers: nothing is sent to them, so nothing is counted. */
  uncounted: readonly string[]
}

/** A challenge that may send, with what it was counted for, or why it may not. */
export type Admitted =
  | (Started & { charged: Charged })
  | Exclude<StartResult, { outcome: 'started' | 'live_token' }>
  | Refusal

/** Why nothing may be sent now. */
type Refusal =
  | { outcome: 'limited'; limit: LimitName; until: number }
  | ({ outcome: 'suspended' } & Suspended)

/** What every step of an admission needs. */
interface Request {
  store: Store
  key: DeviceKey
  challenge: NewChallenge | NewResend
  settings: ChallengeSettings
  limits: Limits
  signal: AbortSignal
}

/** Writes behind an answer that is known already get this long. */
const longestUndoMs = 1_200

/** Begins a challenge that the limits have room for. Throws `unavailable` when they are out of reach. */
export async function admitChallenge(request: Request): Promise<Admitted> {
  const { challenge, limits } = request
  if (limits.mode !== 'on' && limits.breaker.mode !== 'on') return startUnlimited(request)
  if (!isNew(challenge)) return admitResend(request)
  const first = await start(request, { noLiveToken: true })
  switch (first.outcome) {
    case 'started':
      return checkStarted(request, challenge, first)
    case 'live_token':
      return checkThenStart(request, first.device)
    default:
      return first
  }
}

function isNew(challenge: NewChallenge | NewResend): challenge is NewChallenge {
  return 'digest' in challenge
}

/** The token lives, and the first message's waiting page with it: nothing of the device is written before it may be. */
async function admitResend(request: Request): Promise<Admitted> {
  const { store, key, challenge, settings, signal } = request
  const seen = await checkResend(store, key, challenge, settings, signal)
  return seen.outcome === 'live_token' ? checkThenStart(request, seen.device) : seen
}

async function startUnlimited(request: Request): Promise<Admitted> {
  const beginning = await startOnly(request, null)
  if (beginning.outcome !== 'started') return beginning
  const { charged } = await checkLimits(request, beginning.device)
  return { ...beginning, charged }
}

/** Nothing was pending: a refusal gives the challenge back, and nobody has lost anything. */
async function checkStarted(
  request: Request,
  challenge: NewChallenge,
  begun: Started,
): Promise<Admitted> {
  const { charged, refusal } = await checkLimits(request, begun.device)
  if (refusal === null) return { ...begun, charged }
  await undo(request, { challenge, begun, charged })
  return answerOf(refusal)
}

async function undo(
  request: Request,
  { challenge, begun, charged }: { challenge: NewChallenge; begun: Started; charged: Charged },
): Promise<void> {
  const { store, key, settings } = request
  const { requestName } = challenge
  const end = { requestName, refunded: rolledBack(begun, challenge, settings), outcome: null }
  const signal = AbortSignal.timeout(longestUndoMs)
  await Promise.all([refund(request, charged), finishChallenge(store, key, end, signal)])
}

/** A token lives: it is replaced only once it may be, and only for the number that was asked for. */
async function checkThenStart(request: Request, seen: DeviceItem): Promise<Admitted> {
  const { challenge } = request
  const { charged, refusal } = await checkLimits(request, seen)
  if (refusal !== null) {
    await refund(request, charged)
    return answerOf(refusal)
  }
  const beginning = await startOnly(request, { number: seen.number }).catch(async error => {
    await refund(request, charged)
    throw error
  })
  if (beginning.outcome !== 'started') {
    await refund(request, charged)
    return beginning
  }
  if (!isNew(challenge) || beginning.device.number === seen.number) {
    return { ...beginning, charged }
  }
  // A try of the first write came late, after a new number had dropped the token that kept it from beginning.
  await undo(request, { challenge, begun: beginning, charged })
  throw unavailable(new Error('The number has changed meanwhile.'))
}

function start(request: Request, admission: StartCondition) {
  const { store, key, challenge, settings, signal } = request
  return isNew(challenge)
    ? startChallenge(store, key, { ...challenge, admission }, settings, signal)
    : startResend(store, key, { ...challenge, admission }, settings, signal)
}

/** A live token is no reason here: behind the limits, a refusal that has no other is a new number. */
async function startOnly(request: Request, admission: StartCondition) {
  const beginning = await start(request, admission)
  if (beginning.outcome !== 'live_token') return beginning
  throw unavailable(new Error('The challenge was refused; has the number changed meanwhile?'))
}

const nothing: Charged = { counted: [], full: [], unknown: [] }

/** What was counted, and why nothing may be sent; `unknown` is that the limits are out of reach. */
interface LimitCheck {
  charged: Charged
  refusal: Refusal | 'unknown' | null
}

/** Asks the limits and the breaker, both at once. */
async function checkLimits(request: Request, device: DeviceItem): Promise<LimitCheck> {
  const { store, limits, challenge, signal } = request
  if (limits.uncounted.includes(device.number)) return { charged: nothing, refusal: null }
  const { breaker, tokenKey, mode } = limits
  const { now } = challenge
  const [charged, suspended] = await Promise.all([
    mode === 'off' ? nothing : charge(request, device),
    findSuspension(store, device, { breaker, tokenKey, now }, signal),
  ])
  for (const counter of charged.full) logLimitReached(request, counter)
  if (suspended !== null) return { charged, refusal: { outcome: 'suspended', ...suspended } }
  if (mode === 'on') return { charged, refusal: refusalOf(charged) }
  if (charged.unknown.length > 0) logger.warn('limits are not recorded')
  return { charged, refusal: null }
}

function charge({ store, key, challenge, limits, signal }: Request, device: DeviceItem) {
  const { tokenKey, clientIp } = limits
  const subjects = {
    number: device.number,
    user: key.userId,
    client: clientIp === null ? undefined : clientNetwork(clientIp),
    country: device.country,
    deployment: '',
  }
  const counters = countersOf(tokenKey, limits.limits, subjects, challenge.now)
  const given = {
    request: challenge.requestName,
    beyond: limits.mode === 'record' ? ('count' as const) : ('refuse' as const),
  }
  return chargeLimits(store, counters, given, signal)
}

/** The refusal that holds longest; a limit that is out of reach is none that has room. */
function refusalOf({ full, unknown }: Charged): LimitCheck['refusal'] {
  const [longest] = full.toSorted((a, b) => b.endsAt - a.endsAt)
  if (longest) return { outcome: 'limited', limit: longest.limit, until: longest.endsAt }
  return unknown.length > 0 ? 'unknown' : null
}

function answerOf(refusal: Refusal | 'unknown'): Refusal {
  if (refusal !== 'unknown') return refusal
  throw unavailable(new Error('The limits are out of reach.'))
}

function logLimitReached({ limits }: Request, { limit, most, seconds }: Counter): void {
  logger.warn('limit reached', { limit, most, seconds, mode: limits.mode })
  countOutcome('limit', limit)
}

function refund({ store, challenge }: Request, charged: Charged): Promise<void> {
  const signal = AbortSignal.timeout(longestUndoMs)
  return refundLimits(store, charged, challenge.requestName, signal)
}
