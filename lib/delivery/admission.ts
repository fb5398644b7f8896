// Which challenges the limits on sends let through. The order is money's and the user's: nothing is sent that was
// not counted first, and a refused request leaves the device as it was. So the device's write comes first, which
// tells the number; but it takes no live token away before the limits have spoken.
import type { DeviceItem, DeviceKey } from '../device/device.ts'
import { type Counter, clientNetwork, countersOf } from '../limits/subject.ts'
import { countOutcome, logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import type { LimitName, LimitSettings } from '../settings/limits.ts'
import {
  type Beginning,
  type Begun,
  beginChallenge,
  beginResend,
  type ChallengeSettings,
  lookAtResend,
  type NewChallenge,
  type NewResend,
  settleChallenge,
  undone,
} from '../store/challenge.ts'
import type { Store } from '../store/client.ts'
import type { Admission } from '../store/expressions/challenge.ts'
import { type Charged, chargeLimits, refundLimits } from '../store/limits.ts'

/** The limits of a request. */
export interface Limits extends LimitSettings {
  tokenKey: Uint8Array
  /** The address that the backend gave for its client, or null. */
  clientIp: string | null
  /** Test numbers: nothing is sent to them, so nothing is counted. */
  uncounted: readonly string[]
}

/** A challenge that may send, with what it was counted for, or why it may not. */
export type Admitted =
  | (Begun & { charged: Charged })
  | Exclude<Beginning, { outcome: 'begun' | 'token_lives' }>
  | { outcome: 'limited'; limit: LimitName; until: number }

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
  if (request.limits.mode !== 'on') return beginAnyway(request)
  const { challenge } = request
  if (!isNew(challenge)) return admitResend(request)
  const first = await begin(request, { noLiveToken: true })
  switch (first.outcome) {
    case 'begun':
      return chargeBegun(request, challenge, first)
    case 'token_lives':
      return chargeThenBegin(request, first.device)
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
  const seen = await lookAtResend(store, key, challenge, settings, signal)
  return seen.outcome === 'token_lives' ? chargeThenBegin(request, seen.device) : seen
}

const nothing: Charged = { counted: [], full: [], unknown: [] }

async function beginAnyway(request: Request): Promise<Admitted> {
  const beginning = await beginOnly(request, null)
  if (beginning.outcome !== 'begun') return beginning
  if (request.limits.mode === 'off') return { ...beginning, charged: nothing }
  const charged = await charge(request, beginning.device)
  if (charged.unknown.length > 0) logger.warn('limits are not recorded')
  for (const counter of charged.full) report(request, counter)
  return { ...beginning, charged }
}

/** Nothing was pending: a refusal gives the challenge back, and nobody has lost anything. */
async function chargeBegun(
  request: Request,
  challenge: NewChallenge,
  begun: Begun,
): Promise<Admitted> {
  const charged = await charge(request, begun.device)
  if (isFree(charged)) return { ...begun, charged }
  const { store, key, settings } = request
  const { requestName } = challenge
  const end = { requestName, givenBack: undone(begun, challenge, settings), outcome: null }
  const signal = AbortSignal.timeout(longestUndoMs)
  await Promise.all([refund(request, charged), settleChallenge(store, key, end, signal)])
  return refusalOf(request, charged)
}

/** A token lives: it is replaced only once the limits have room, and only for the number they were asked for. */
async function chargeThenBegin(request: Request, seen: DeviceItem): Promise<Admitted> {
  const charged = await charge(request, seen)
  if (!isFree(charged)) {
    await refund(request, charged)
    return refusalOf(request, charged)
  }
  try {
    const beginning = await beginOnly(request, { number: seen.number })
    if (beginning.outcome === 'begun') return { ...beginning, charged }
    await refund(request, charged)
    return beginning
  } catch (error) {
    await refund(request, charged)
    throw error
  }
}

function begin(request: Request, admission: Admission) {
  const { store, key, challenge, settings, signal } = request
  return isNew(challenge)
    ? beginChallenge(store, key, { ...challenge, admission }, settings, signal)
    : beginResend(store, key, { ...challenge, admission }, settings, signal)
}

/** A live token is no reason here: behind the limits, a refusal that has no other is a new number. */
async function beginOnly(request: Request, admission: Admission) {
  const beginning = await begin(request, admission)
  if (beginning.outcome !== 'token_lives') return beginning
  throw unavailable(new Error('The challenge was refused; has the number changed meanwhile?'))
}

async function charge({ store, key, challenge, limits, signal }: Request, device: DeviceItem) {
  if (limits.uncounted.includes(device.number)) return nothing
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

function isFree({ full, unknown }: Charged): boolean {
  return full.length + unknown.length === 0
}

/** The refusal that holds longest; a limit that is out of reach is none that has room. */
function refusalOf(request: Request, { full }: Charged): Admitted {
  for (const counter of full) report(request, counter)
  const [longest] = full.toSorted((a, b) => b.endsAt - a.endsAt)
  if (longest === undefined) throw unavailable(new Error('The limits are out of reach.'))
  return { outcome: 'limited', limit: longest.limit, until: longest.endsAt }
}

function report({ limits }: Request, { limit, most, seconds }: Counter): void {
  logger.warn('limit reached', { limit, most, seconds, mode: limits.mode })
  countOutcome('limit', limit)
}

function refund({ store, challenge }: Request, charged: Charged): Promise<void> {
  const signal = AbortSignal.timeout(longestUndoMs)
  return refundLimits(store, charged, challenge.requestName, signal)
}
