// Beginning and ending a challenge. Beginning is one write that puts the new token in and charges the
// cooldown; only a request that knows its write was applied may send a message.
import type { DeliveryRecord } from '../device/delivery-record.ts'
import {
  challengeId,
  type DeviceItem,
  type DeviceKey,
  livePending,
  type PendingToken,
} from '../device/device.ts'
import { cooldownAfter, generateIsAllowed, isDisabled } from '../device/throttle.ts'
import type { Store } from '../dynamodb/client.ts'
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import { type Decided, readDevice, updateDevice } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import { countryIsAllowed } from '../settings/countries.ts'
import type { DeviceSettings } from '../settings/settings.ts'
import {
  challengedItem,
  challengeExpression,
  resendExpression,
  type StartCondition,
} from './expressions.ts'
import { finishExpression, type Refunded, testTokenExpression } from './finish-expressions.ts'

/** A challenge to begin. */
export interface NewChallenge {
  digest: string
  entry: PendingToken
  /** The request's own random name. */
  requestName: string
  /** The name of its idempotency key, or null. */
  keyName: string | null
  /** The first word on its delivery; null, the default, where nobody is asked to tell. */
  delivery?: Required<DeliveryRecord> | null
  now: number
  admission?: StartCondition
}

/** A token to send again. */
export type NewResend = Omit<NewChallenge, 'digest' | 'entry'>

/** The settings that decide whether a challenge is begun. */
export interface ChallengeSettings extends DeviceSettings {
  /** Null is all. */
  allowedCountries: string[] | null
}

/** A challenge that was begun; `before` is the item that it found, or null where that is not known. */
export interface Started {
  outcome: 'started'
  device: DeviceItem
  before: DeviceItem | null
}

/**
 * What came of beginning a challenge; only `begun` may send. `retried` is a client's retry of the last one,
 * `live_token` a device that nothing else keeps from another token.
 */
export type StartResult =
  | Started
  | { outcome: 'retried' | 'disabled' | 'country_not_allowed'; device: DeviceItem }
  | { outcome: 'live_token'; device: DeviceItem }
  | { outcome: 'cooldown'; nextChallengeAt: number }
  | { outcome: 'not_found' | 'nothing_to_resend' }

/** Begins a challenge. Throws `unavailable` when it cannot be known whether it was begun. */
export function startChallenge(
  store: Store,
  key: DeviceKey,
  challenge: NewChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<StartResult> {
  const expression = challengeExpression(challenge, rulesOf(settings), challenge.admission ?? null)
  const write = {
    expression,
    begun: (before: DeviceItem) => challengedItem(before, challenge),
    // Whether our write was applied and its token is still there, for the number that it was made for.
    isBegun: (device: DeviceItem) =>
      device.challenge.requestName === challenge.requestName &&
      device.pending[challenge.digest] !== undefined,
    judge: (device: DeviceItem): StartResult => {
      const refusal = explainRefusal(device, challenge, settings)
      if (refusal !== null) return refusal
      if (livePending(device, challenge.now) !== null) return { outcome: 'live_token', device }
      throw unavailable(new Error('The challenge was refused, and its device does not say why.'))
    },
  }
  return start(store, key, write, signal)
}

/** Begins to send the last challenge's token again: the item that comes back has it. Throws as beginChallenge. */
export function startResend(
  store: Store,
  key: DeviceKey,
  resend: NewResend,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<StartResult> {
  const expression = resendExpression(resend, rulesOf(settings), resend.admission ?? null)
  const write = {
    expression,
    begun: (before: DeviceItem) => resentItem(before, resend),
    isBegun: (device: DeviceItem) =>
      device.challenge.requestName === resend.requestName &&
      livePending(device, resend.now) !== null,
    judge: (device: DeviceItem) => explainResendRefusal(device, resend, settings),
  }
  return start(store, key, write, signal)
}

/** Whether a token would be sent again: `live_token` if so. Only a look, so that nothing has to be given back. */
export async function checkResend(
  store: Store,
  key: DeviceKey,
  resend: NewResend,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Exclude<StartResult, Started>> {
  const device = await readDevice(store.retrying, store.devicesTable, key, signal)
  return device === undefined
    ? { outcome: 'not_found' }
    : explainResendRefusal(device, resend, settings)
}

function rulesOf({ throttle, token, allowedCountries }: ChallengeSettings) {
  return { maxFailures: throttle.maxFailures, cooldown: token, allowedCountries }
}

interface StartWrite {
  expression: ConditionalUpdate
  begun(before: DeviceItem): DeviceItem
  isBegun(device: DeviceItem): boolean
  judge(refused: DeviceItem): StartResult
}

async function start(
  store: Store,
  key: DeviceKey,
  { expression, begun, isBegun, judge }: StartWrite,
  signal: AbortSignal,
): Promise<StartResult> {
  let decided: Decided
  try {
    const { retrying, devicesTable } = store
    decided = await updateDevice(retrying, devicesTable, key, expression, signal, 'ALL_OLD')
  } catch (error) {
    const device = await readDevice(store.once, store.devicesTable, key, signal).catch(
      () => undefined,
    )
    if (device === undefined || !isBegun(device)) throw error
    return { outcome: 'started', device, before: null }
  }
  if ('applied' in decided) {
    return { outcome: 'started', device: begun(decided.applied), before: decided.applied }
  }
  const { refused } = decided
  if (refused === undefined) return { outcome: 'not_found' }
  // Our own name in the item means that it was not refused, and the answer of its first try was lost.
  return isBegun(refused) ? { outcome: 'started', device: refused, before: null } : judge(refused)
}

function resentItem(
  before: DeviceItem,
  { requestName, keyName, delivery, now }: NewResend,
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

function explainResendRefusal(
  device: DeviceItem,
  resend: NewResend,
  settings: ChallengeSettings,
): Exclude<StartResult, Started> {
  const refusal = explainRefusal(device, resend, settings)
  // What lives no more is not to be waited for.
  const isFinal = refusal?.outcome === 'retried' || refusal?.outcome === 'disabled'
  if (!isFinal && livePending(device, resend.now) === null) return { outcome: 'nothing_to_resend' }
  return refusal ?? { outcome: 'live_token', device }
}

/** Why a device is not challenged, whatever token it has; null when it may be. */
function explainRefusal(
  device: DeviceItem,
  challenge: NewResend,
  settings: ChallengeSettings,
): Exclude<StartResult, Started> | null {
  if (device.challenge.keyName === challenge.keyName) return { outcome: 'retried', device }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  if (!countryIsAllowed(device.country, settings.allowedCountries)) {
    return { outcome: 'country_not_allowed', device }
  }
  const { nextChallengeAt } = generateIsAllowed(device, settings.token, challenge.now)
  return nextChallengeAt === null ? null : { outcome: 'cooldown', nextChallengeAt }
}

/** What a challenge leaves of which nothing was sent: the next one is allowed. */
export function refunded(
  { device }: Pick<Started, 'device'>,
  { token }: DeviceSettings,
  now: number,
): Refunded {
  const unverified = device.unverified - 1
  return { unverified, challengedAt: now - cooldownAfter(unverified, token) }
}

/** What a resend leaves of which nothing was sent: the token of before is good, while nobody has used it. */
export function refundedResend(begun: Started, settings: DeviceSettings, now: number): Refunded {
  const [digest = ''] = Object.keys(begun.device.pending)
  return { ...refunded(begun, settings, now), kept: digest }
}

/** What a challenge leaves that should not have been: the device as it was found. */
export function rolledBack(
  begun: Started,
  { digest, now }: NewChallenge,
  settings: DeviceSettings,
): Refunded {
  const { before } = begun
  if (before === null) {
    const challenge = { keyName: '', requestName: '', id: '' }
    return { ...refunded(begun, settings, now), undo: { challenge, digest } }
  }
  const { challengedAt, unverified } = before
  const hadExpired = Object.keys(before.pending).length > 0
  const challenge = {
    ...before.challenge,
    // The settling keeps our name in it; whoever waits for the one of before still asks by its own.
    id: challengeId(before),
    // Its token goes, and must not look used.
    ...(hadExpired && { validUntil: 0 }),
  }
  return { challengedAt, unverified, undo: { challenge, digest } }
}

/**
 * Ends a challenge. A newer challenge of the same device is left alone, and a lost write is let go: the
 * caller has its answer, and a retry with the same key is told that the challenge is in progress.
 */
export async function finishChallenge(
  store: Store,
  key: DeviceKey,
  end: Parameters<typeof finishExpression>[0],
  signal: AbortSignal,
): Promise<void> {
  if (end.refunded === null && end.outcome === null && !end.delivery) return
  await updateDevice(store.retrying, store.devicesTable, key, finishExpression(end), signal).catch(
    () => undefined,
  )
}

/** Makes a challenge a test number's; null when it is no longer the device's last one. May be repeated. */
export async function setTestToken(
  store: Store,
  key: DeviceKey,
  test: Parameters<typeof testTokenExpression>[0],
  signal: AbortSignal,
): Promise<DeviceItem | null> {
  const expression = testTokenExpression(test)
  const decided = await updateDevice(store.retrying, store.devicesTable, key, expression, signal)
  if ('applied' in decided) return decided.applied
  const { refused } = decided
  const isOurs = refused?.challenge.requestName === test.requestName && refused.challenge.test
  return isOurs ? refused : null
}
