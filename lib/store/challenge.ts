// Beginning and ending a challenge. Beginning is one write that puts the new token in and charges the
// cooldown; only a request that knows its write was applied may send an SMS.
import type { ChallengeOutcome, DeviceItem, DeviceKey, PendingToken } from '../device/device.ts'
import { generateIsAllowed, isDisabled } from '../device/throttle.ts'
import { unavailable } from '../problem.ts'
import type { DeviceSettings } from '../settings/settings.ts'
import type { Store } from './client.ts'
import { challengeExpression, settleExpression } from './expressions.ts'
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
}

/** What came of beginning a challenge; only `begun` may send. `retried` is a client's retry of the last one. */
export type Beginning =
  | { outcome: 'begun'; device: DeviceItem }
  | { outcome: 'retried' | 'disabled'; device: DeviceItem }
  | { outcome: 'cooldown'; nextChallengeAt: number }
  | { outcome: 'not_found' }

/** Begins a challenge. Throws `unavailable` when it cannot be known whether it was begun. */
export async function beginChallenge(
  store: Store,
  key: DeviceKey,
  challenge: NewChallenge,
  settings: DeviceSettings,
  signal: AbortSignal,
): Promise<Beginning> {
  const expression = challengeExpression({
    ...challenge,
    maxFailures: settings.throttle.maxFailures,
    cooldownMs: settings.token.cooldownMs,
  })
  let decided: Decided
  try {
    decided = await updateDevice(store.retrying, store.tableName, key, expression, signal)
  } catch (error) {
    const device = await readDevice(store.once, store.tableName, key, signal).catch(() => undefined)
    if (device === undefined || !isPending(device, challenge)) throw error
    return { outcome: 'begun', device }
  }
  if ('applied' in decided) return { outcome: 'begun', device: decided.applied }
  return judgeChallengeRefusal(decided.refused, challenge, settings)
}

/** Why a challenge was refused; our own token in the item means that it was not, and its answer was lost. */
function judgeChallengeRefusal(
  device: DeviceItem | undefined,
  challenge: NewChallenge,
  settings: DeviceSettings,
): Beginning {
  if (device === undefined) return { outcome: 'not_found' }
  const last = device.challenge
  if (isPending(device, challenge)) return { outcome: 'begun', device }
  if (challenge.keyName !== null && last.keyName === challenge.keyName) {
    return { outcome: 'retried', device }
  }
  if (isDisabled(device, settings.throttle)) return { outcome: 'disabled', device }
  const cooldown = generateIsAllowed(device.challengedAt, settings.token.cooldownMs, challenge.now)
  if (cooldown.nextChallengeAt === null) {
    throw unavailable(new Error('The challenge was refused, and its device does not say why.'))
  }
  return { outcome: 'cooldown', nextChallengeAt: cooldown.nextChallengeAt }
}

/** Whether our write was applied and its token is still there, for the number that it was made for. */
function isPending(device: DeviceItem, { requestName, digest }: NewChallenge): boolean {
  return device.challenge.requestName === requestName && device.pending[digest] !== undefined
}

/**
 * Ends a challenge. A newer challenge of the same device is left alone, and a lost write is let go: the
 * caller has its answer, and a retry with the same key is told that the challenge is in progress.
 */
export async function settleChallenge(
  store: Store,
  key: DeviceKey,
  end: { requestName: string; givenBackTo: number | null; outcome: ChallengeOutcome | null },
  signal: AbortSignal,
): Promise<void> {
  if (end.givenBackTo === null && end.outcome === null) return
  await updateDevice(store.retrying, store.tableName, key, settleExpression(end), signal).catch(
    () => undefined,
  )
}
