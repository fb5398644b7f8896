// Beginning and ending a challenge. Beginning is one write that puts the new token in and charges the
// cooldown; only a request that knows its write was applied may send a message.
import type { ToldDelivery } from '../device/delivery-record.ts'
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
  type Admission,
  challengedItem,
  challengeExpression,
  resendExpression,
} from './expressions.ts'
import { type GivenBack, settleExpression, testExpression } from './finish-expressions.ts'

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
export type NewResend = Omit<NewChallenge, 'digest' | 'entry'>

/** The settings that decide whether a challenge is begun. */
export interface ChallengeSettings extends DeviceSettings {
  /** Null is all. */
  allowedCountries: string[] | null
}

/** A challenge that was begun; `before` is the item that it found, or null where that is not known. */
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
export function beginChallenge(
  store: Store,
  key: DeviceKey,
  challenge: NewChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const expression = challengeExpression(challenge, rulesOf(settings), challenge.admission ?? null)
  const write = {
    expression,
    begun: (before: DeviceItem) => challengedItem(before, challenge),
    // Whether our write was applied and its token is still there, for the number that it was made for.
    isBegun: (device: DeviceItem) =>
      device.challenge.requestName === challenge.requestName &&
      device.pending[challenge.digest] !== undefined,
    judge: (device: DeviceItem): Beginning => {
      const refusal = judgeDevice(device, challenge, settings)
      if (refusal !== null) return refusal
      if (livePending(device, challenge.now) !== null) return { outcome: 'token_lives', device }
      throw unavailable(new Error('The challenge was refused, and its device does not say why.'))
    },
  }
  return begin(store, key, write, signal)
}

/** Begins to send the last challenge's token again: the item that comes back has it. Throws as beginChallenge. */
export function beginResend(
  store: Store,
  key: DeviceKey,
  resend: NewResend,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const expression = resendExpression(resend, rulesOf(settings), resend.admission ?? null)
  const write = {
    expression,
    begun: (before: DeviceItem) => resentItem(before, resend),
    isBegun: (device: DeviceItem) =>
      device.challenge.requestName === resend.requestName &&
      livePending(device, resend.now) !== null,
    judge: (device: DeviceItem) => judgeResend(device, resend, settings),
  }
  return begin(store, key, write, signal)
}

/** Whether a token would be sent again: `token_lives` if so. Only a look, so that nothing has to be given back. */
export async function lookAtResend(
  store: Store,
  key: DeviceKey,
  resend: NewResend,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Exclude<Beginning, Begun>> {
  const device = await readDevice(store.retrying, store.tableName, key, signal)
  return device === undefined ? { outcome: 'not_found' } : judgeResend(device, resend, settings)
}

function rulesOf({ throttle, token, allowedCountries }: ChallengeSettings) {
  return { maxFailures: throttle.maxFailures, cooldown: token, allowedCountries }
}

interface BeginningWrite {
  expression: ConditionalUpdate
  begun(before: DeviceItem): DeviceItem
  isBegun(device: DeviceItem): boolean
  judge(refused: DeviceItem): Beginning
}

async function begin(
  store: Store,
  key: DeviceKey,
  { expression, begun, isBegun, judge }: BeginningWrite,
  signal: AbortSignal,
): Promise<Beginning> {
  let decided: Decided
  try {
    const { retrying, tableName } = store
    decided = await updateDevice(retrying, tableName, key, expression, signal, 'ALL_OLD')
  } catch (error) {
    const device = await readDevice(store.once, store.tableName, key, signal).catch(() => undefined)
    if (device === undefined || !isBegun(device)) throw error
    return { outcome: 'begun', device, before: null }
  }
  if ('applied' in decided) {
    return { outcome: 'begun', device: begun(decided.applied), before: decided.applied }
  }
  const { refused } = decided
  if (refused === undefined) return { outcome: 'not_found' }
  // Our own name in the item means that it was not refused, and the answer of its first try was lost.
  return isBegun(refused) ? { outcome: 'begun', device: refused, before: null } : judge(refused)
}

function resentItem(
  before: DeviceItem,
  { requestName, keyName, told, now }: NewResend,
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
      ...told,
    },
  }
}

function judgeResend(
  device: DeviceItem,
  resend: NewResend,
  settings: ChallengeSettings,
): Exclude<Beginning, Begun> {
  const refusal = judgeDevice(device, resend, settings)
  // What lives no more is not to be waited for.
  const isFinal = refusal?.outcome === 'retried' || refusal?.outcome === 'disabled'
  if (!isFinal && livePending(device, resend.now) === null) return { outcome: 'nothing_to_resend' }
  return refusal ?? { outcome: 'token_lives', device }
}

/** Why a device is not challenged, whatever token it has; null when it may be. */
function judgeDevice(
  device: DeviceItem,
  challenge: NewResend,
  settings: ChallengeSettings,
): Exclude<Beginning, Begun> | null {
  if (device.challenge.keyName === challenge.keyName) return { outcome: 'retried', device }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  if (!countryIsAllowed(device.country, settings.allowedCountries)) {
    return { outcome: 'country_not_allowed', device }
  }
  const { nextChallengeAt } = generateIsAllowed(device, settings.token, challenge.now)
  return nextChallengeAt === null ? null : { outcome: 'cooldown', nextChallengeAt }
}

/** What a challenge leaves of which nothing was sent: the next one is allowed. */
export function givenBack(
  { device }: Pick<Begun, 'device'>,
  { token }: DeviceSettings,
  now: number,
): GivenBack {
  const unverified = device.unverified - 1
  return { unverified, challengedAt: now - cooldownAfter(unverified, token) }
}

/** What a resend leaves of which nothing was sent: the token of before is good, while nobody has used it. */
export function resendGivenBack(begun: Begun, settings: DeviceSettings, now: number): GivenBack {
  const [digest = ''] = Object.keys(begun.device.pending)
  return { ...givenBack(begun, settings, now), kept: digest }
}

/** What a challenge leaves that should not have been: the device as it was found. */
export function undone(
  begun: Begun,
  { digest, now }: NewChallenge,
  settings: DeviceSettings,
): GivenBack {
  const { before } = begun
  if (before === null) {
    const challenge = { keyName: '', requestName: '', id: '' }
    return { ...givenBack(begun, settings, now), undo: { challenge, digest } }
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
