// Beginning and ending a challenge. Beginning is one write that puts the new token in and charges the
// cooldown; only a request that knows its write was applied may send an SMS.

import type { ChallengeOutcome } from '../device/device.ts'
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
  settleExpression,
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
  now: number
  admission?: Admission
}

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
  | { outcome: 'not_found' }

/** Begins a challenge. Throws `unavailable` when it cannot be known whether it was begun. */
export async function beginChallenge(
  store: Store,
  key: DeviceKey,
  challenge: NewChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const rules = {
    maxFailures: settings.throttle.maxFailures,
    cooldown: settings.token,
    allowedCountries: settings.allowedCountries,
  }
  const expression = challengeExpression(challenge, rules, challenge.admission ?? null)
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

/** Why a challenge was refused; our own token in the item means that it was not, and its answer was lost. */
function judgeChallengeRefusal(
  device: DeviceItem | undefined,
  challenge: NewChallenge,
  settings: ChallengeSettings,
): Beginning {
  if (device === undefined) return { outcome: 'not_found' }
  const last = device.challenge
  if (isPending(device, challenge)) return { outcome: 'begun', device, before: null }
  if (challenge.keyName !== null && last.keyName === challenge.keyName) {
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
  const { challengedAt, unverified, challenge } = before
  return { challengedAt, unverified, undo: { challenge, digest } }
}

/**
 * Ends a challenge. A newer challenge of the same device is left alone, and a lost write is let go: the
 * caller has its answer, and a retry with the same key is told that the challenge is in progress.
 */
export async function settleChallenge(
  store: Store,
  key: DeviceKey,
  end: { requestName: string; givenBack: GivenBack | null; outcome: ChallengeOutcome | null },
  signal: AbortSignal,
): Promise<void> {
  if (end.givenBack === null && end.outcome === null) return
  await updateDevice(store.retrying, store.tableName, key, settleExpression(end), signal).catch(
    () => undefined,
  )
}
