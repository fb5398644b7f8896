// Starting and finishing a challenge. Starting is one write that sets the new token and charges the
// cooldown. Only a request that knows that its write was applied may send a message.
import type { DeliveryRecord } from '../device/delivery-record.ts'
import { type DeviceItem, livePending, type PendingToken } from '../device/device.ts'
import { type DeviceContext, readDevice, updateDevice } from '../device/write.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import type { Decided } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import {
  type ChallengeRules,
  challengedItem,
  challengeExpression,
  resendExpression,
  resentItem,
  type StartCondition,
} from './expressions.ts'
import { finishExpression, testTokenExpression } from './finish-expressions.ts'
import type { Started } from './refund.ts'
import {
  type ChallengeSettings,
  explainRefusal,
  explainResendRefusal,
  type StartRefusal,
} from './refusal.ts'

/** What starting a challenge needs. */
export interface ChallengeContext extends DeviceContext {
  settings: ChallengeSettings
}

/** A challenge to start. */
export interface NewChallenge {
  digest: string
  entry: PendingToken
  /** The random name of the request. */
  requestName: string
  /** The name of its idempotency key, or null. */
  keyName: string | null
  /** What the request of that key asked for; empty, the default, without one. */
  payload?: string
  /** Who asks; empty, the default, is nobody. */
  actor?: string
  /** The first record of its delivery; null, the default, where Twilio is not asked to report. */
  delivery?: Required<DeliveryRecord> | null
  /** By what its token comes; absent where no proofs are made. */
  via?: number
  now: number
}

/** A token to send again. */
export type NewResend = Omit<NewChallenge, 'digest' | 'entry'>

/** The result of starting a challenge; only `started` may send. */
export type StartResult = Started | StartRefusal

/** Starts a challenge. Throws `unavailable` when it cannot be known whether it was started. */
export function startChallenge(
  context: ChallengeContext,
  challenge: NewChallenge,
  condition: StartCondition = null,
): Promise<StartResult> {
  const { settings } = context
  const rules = rulesOf(settings)
  return start(context, {
    expression: challengeExpression(challenge, rules, condition),
    itemAfter: before => challengedItem(before, challenge, rules),
    // Whether our write was applied and its token is still there, for the number
    // that it was made for.
    isOurs: device =>
      device.challenge.requestName === challenge.requestName &&
      device.pending[challenge.digest] !== undefined,
    explain: device => explainRefusal(device, challenge, settings) ?? unexplained(),
  })
}

function unexplained(): never {
  throw unavailable(new Error('The challenge was refused, and its device does not say why.'))
}

/**
 * Starts to send the last challenge's token again; the returned item holds it. Throws as
 * startChallenge does.
 */
export function startResend(
  context: ChallengeContext,
  resend: NewResend,
  condition: StartCondition = null,
): Promise<StartResult> {
  const { settings } = context
  return start(context, {
    expression: resendExpression(resend, rulesOf(settings), condition),
    itemAfter: before => resentItem(before, resend),
    isOurs: device =>
      device.challenge.requestName === resend.requestName &&
      livePending(device, resend.now) !== null,
    explain: device => explainResendRefusal(device, resend, settings),
  })
}

/** Checks whether a challenge could be started: `live_token` if so. It only reads. */
export function checkChallenge(
  context: ChallengeContext,
  challenge: NewChallenge,
): Promise<StartRefusal> {
  const { settings } = context
  return check(
    context,
    device =>
      explainRefusal(device, challenge, settings) ?? { outcome: 'live_token' as const, device },
  )
}

/**
 * Checks whether the token could be sent again: `live_token` if so. It only reads, so nothing
 * has to be refunded.
 */
export function checkResend(context: ChallengeContext, resend: NewResend): Promise<StartRefusal> {
  const { settings } = context
  return check(context, device => explainResendRefusal(device, resend, settings))
}

async function check(
  context: ChallengeContext,
  explain: StartWrite['explain'],
): Promise<StartRefusal> {
  const device = await readDevice(context)
  return device === undefined ? { outcome: 'not_found' } : explain(device)
}

function rulesOf({ throttle, cooldown, allowedCountries }: ChallengeSettings): ChallengeRules {
  const { maxFailures, tokenGuesses } = throttle
  return { maxFailures, tokenGuesses, cooldown, allowedCountries }
}

interface StartWrite {
  expression: ConditionalUpdate
  itemAfter(before: DeviceItem): DeviceItem
  isOurs(device: DeviceItem): boolean
  explain(refused: DeviceItem): StartRefusal
}

async function start(
  context: ChallengeContext,
  { expression, itemAfter, isOurs, explain }: StartWrite,
): Promise<StartResult> {
  let decided: Decided<DeviceItem>
  try {
    decided = await updateDevice(context, expression, { returned: 'ALL_OLD' })
  } catch (error) {
    const device = await readDevice(context, 'once').catch(() => undefined)
    if (device === undefined || !isOurs(device)) throw error
    return { outcome: 'started', device, before: null }
  }
  if ('applied' in decided) {
    const { applied: before } = decided
    return { outcome: 'started', device: itemAfter(before), before }
  }
  const { refused } = decided
  if (refused === undefined) return { outcome: 'not_found' }
  // Our own name in the item means that the write was applied, and that the answer of its
  // first try was lost.
  return isOurs(refused) ? { outcome: 'started', device: refused, before: null } : explain(refused)
}

/**
 * Finishes a challenge. A newer challenge of the same device is left alone. A lost write is
 * ignored: the caller has its answer, and a retry with the same key is answered
 * `challenge_in_progress`.
 */
export async function finishChallenge(
  context: DeviceContext,
  finish: Parameters<typeof finishExpression>[0],
): Promise<void> {
  if (finish.refunded === null && finish.outcome === null && !finish.delivery) return
  await updateDevice(context, finishExpression(finish)).catch(() => undefined)
}

/**
 * Makes a challenge a test number's. Null when it is no longer the device's last
 * one. May be repeated.
 */
export async function setTestToken(
  context: DeviceContext,
  test: Parameters<typeof testTokenExpression>[0],
): Promise<DeviceItem | null> {
  const decided = await updateDevice(context, testTokenExpression(test))
  if ('applied' in decided) return decided.applied
  const { refused } = decided
  const isOurs = refused?.challenge.requestName === test.requestName && refused.challenge.test
  return isOurs ? refused : null
}
