// Beginning and ending a challenge. Beginning is one write that puts the new token in and charges the
// cooldown; only a request that knows its write was applied may send an SMS.

import type { ToldDelivery } from '../device/delivery.ts'
import {
  type DeviceItem,
  type DeviceKey,
  livePending,
  type PendingToken,
} from '../device/device.ts'
import { cooldownAfter, generateIsAllowed, isDisabled } from '../device/throttle.ts'
import { unavailable } from '../problem.ts'
import { countryIsAllowed } from '../settings/countries.ts'
import type { DeviceSettings } from '../settings/settings.ts'
import type { Store } from './client.ts'
import {
  type Admission,
  challengedItem,
  challengeExpression,
  type GivenBack,
  resendExpression,
  settleExpression,
  testExpression,
} from './expressions.ts'
import { type Decided, readDevice, updateDevice } from './write.ts'

/** A challenge to begin. */
export interface NewChallenge {
  digest: string
  entry: PendingToken
  /** The request's own random name. */
  requestName: string
  /** The name of its idempotency key, or null. */
  keyName: string | null
  /** The first word on its delivery; null, the default, where nobody is asked to tell. */
  told?: Required<ToldDelivery> | null
  now: number
  admission?: Admission
}

/** A token to send again. */
export type NewResend = Omit<NewChallenge, 'digest' | 'entry' | 'admission'>

/** The settings that decide whether a challenge is begun. */
export interface ChallengeSettings extends DeviceSettings {
  /** Null is all. */
  allowedCountries: string[] | null
}

/** A challenge that was begun; `before` is the item that it found, or null where that answer was lost. */
export interface Begun {
  outcome: 'begun'
  device: DeviceItem
  before: DeviceItem | null
}

/**
 * What came of beginning a challenge; only `begun` may send. `retried` is a client's retry of the last one,
 * `token_lives` a device that nothing else keeps from another token.
 */
export type Beginning =
  | Begun
  | { outcome: 'retried' | 'disabled' | 'country_not_allowed'; device: DeviceItem }
  | { outcome: 'token_lives'; device: DeviceItem }
  | { outcome: 'cooldown'; nextChallengeAt: number }
  | { outcome: 'not_found' | 'nothing_to_resend' }

/** Begins a challenge. Throws `unavailable` when it cannot be known whether it was begun. */
export async function beginChallenge(
  store: Store,
  key: DeviceKey,
  challenge: NewChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const expression = challengeExpression(challenge, rulesOf(settings), challenge.admission ?? null)
  let decided: Decided
  try {
    const { retrying, tableName } = store
    decided = await updateDevice(retrying, tableName, key, expression, signal, 'ALL_OLD')
  } catch (error) {
    const device = await readDevice(store.once, store.tableName, key, signal).catch(() => undefined)
    if (device === undefined || !isPending(device, challenge)) throw error
    return { outcome: 'begun', device, before: null }
  }
  if ('refused' in decided) return judgeChallengeRefusal(decided.refused, challenge, settings)
  const before = decided.applied
  return { outcome: 'begun', device: challengedItem(before, challenge), before }
}

/** Begins to send the last challenge's token again: the item that comes back has it. Throws as beginChallenge. */
export async function beginResend(
  store: Store,
  key: DeviceKey,
  resend: NewResend,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const expression = resendExpression(resend, rulesOf(settings))
  const isBegun = ({ challenge }: DeviceItem) => challenge.requestName === resend.requestName
  let decided: Decided
  try {
    decided = await updateDevice(store.retrying, store.tableName, key, expression, signal)
  } catch (error) {
    const device = await readDevice(store.once, store.tableName, key, signal).catch(() => undefined)
    if (device === undefined || !isBegun(device)) throw error
    return resent(device, resend)
  }
  if ('applied' in decided) return resent(decided.applied, resend)
  const { refused } = decided
  if (refused === undefined) return { outcome: 'not_found' }
  if (isBegun(refused)) return resent(refused, resend)
  const isRetry = resend.keyName !== null && refused.challenge.keyName === resend.keyName
  const isDead = livePending(refused, resend.now) === null
  if (isDead && !isRetry && !isDisabled(refused, settings.throttle)) {
    return { outcome: 'nothing_to_resend' }
  }
  return judgeRefusal(refused, resend, settings)
}

/** Where the answer was lost, the token may have been used since. */
function resent(device: DeviceItem, { now }: NewResend): Beginning {
  return livePending(device, now) === null
    ? { outcome: 'nothing_to_resend' }
    : { outcome: 'begun', device, before: null }
}

function rulesOf({ throttle, token, allowedCountries }: ChallengeSettings) {
  return { maxFailures: throttle.maxFailures, cooldown: token, allowedCountries }
}

/** Why a challenge was refused; our own token in the item means that it was not, and its answer was lost. */
function judgeChallengeRefusal(
  device: DeviceItem | undefined,
  challenge: NewChallenge,
  settings: ChallengeSettings,
): Beginning {
  if (device === undefined) return { outcome: 'not_found' }
  if (isPending(device, challenge)) return { outcome: 'begun', device, before: null }
  return judgeRefusal(device, challenge, settings)
}

function judgeRefusal(
  device: DeviceItem,
  challenge: NewResend,
  settings: ChallengeSettings,
): Beginning {
  if (challenge.keyName !== null && device.challenge.keyName === challenge.keyName) {
    return { outcome: 'retried', device }
  }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  if (!countryIsAllowed(device.country, settings.allowedCountries)) {
    return { outcome: 'country_not_allowed', device }
  }
  const { nextChallengeAt } = generateIsAllowed(device, settings.token, challenge.now)
  if (nextChallengeAt !== null) return { outcome: 'cooldown', nextChallengeAt }
  if (livePending(device, challenge.now) !== null) return { outcome: 'token_lives', device }
  throw unavailable(new Error('The challenge was refused, and its device does not say why.'))
}

/** Whether our write was applied and its token is still there, for the number that it was made for. */
function isPending(device: DeviceItem, { requestName, digest }: NewChallenge): boolean {
  return device.challenge.requestName === requestName && device.pending[digest] !== undefined
}

/** What a challenge leaves of which nothing was sent: the next one is allowed. */
export function givenBack({ device }: Begun, { token }: DeviceSettings, now: number): GivenBack {
  const unverified = device.unverified - 1
  return { unverified, challengedAt: now - cooldownAfter(unverified, token) }
}

/** What a challenge leaves that should not have been: the device as it was found. */
export function undone(
  begun: Begun,
  { digest, now }: NewChallenge,
  settings: DeviceSettings,
): GivenBack {
  const { before } = begun
  if (before === null) {
    const challenge = { keyName: '', requestName: '' }
    return { ...givenBack(begun, settings, now), undo: { challenge, digest } }
  }
  const { challengedAt, unverified } = before
  // An expired token that is not put back has not been used either.
  const challenge =
    Object.keys(before.pending).length === 0
      ? before.challenge
      : { ...before.challenge, validUntil: 0 }
  return { challengedAt, unverified, undo: { challenge, digest } }
}

/**
 * Ends a challenge. A newer challenge of the same device is left alone, and a lost write is let go: the
 * caller has its answer, and a retry with the same key is told that the challenge is in progress.
 */
export async function settleChallenge(
  store: Store,
  key: DeviceKey,
  end: Parameters<typeof settleExpression>[0],
  signal: AbortSignal,
): Promise<void> {
  if (end.givenBack === null && end.outcome === null && !end.told) return
  await updateDevice(store.retrying, store.tableName, key, settleExpression(end), signal).catch(
    () => undefined,
  )
}

/** Makes a challenge a test number's; null when it is no longer the device's last one. May be repeated. */
export async function makeTest(
  store: Store,
  key: DeviceKey,
  test: Parameters<typeof testExpression>[0],
  signal: AbortSignal,
): Promise<DeviceItem | null> {
  const expression = testExpression(test)
  const decided = await updateDevice(store.retrying, store.tableName, key, expression, signal)
  if ('applied' in decided) return decided.applied
  const { refused } = decided
  const isOurs = refused?.challenge.requestName === test.requestName && refused.challenge.test
  return isOurs ? refused : null
}
