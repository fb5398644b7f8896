// Verifying: one write decides. Everything here but the first call is for what happens seldom: a right token
// that expired, a throttle factor that was changed, an answer that was lost.

import type { DeviceItem, DeviceKey } from '../device/device.ts'
import { rescaled } from '../device/throttle.ts'
import type { Store } from '../dynamodb/client.ts'
import { type Decided, readDevice, updateDevice } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import type { ThrottleSettings } from '../settings/settings.ts'
import { type Attempt, appliedResult, explainRefusal, type VerificationResult } from './attempt.ts'
import { attemptExpression, rescaleExpression } from './expressions.ts'

/** A name that no digest has: an expired token is counted as the wrong one that it is. */
const noGuess = 'none'

/** Below this factor four other attempts fit between a write and its retry, and would shift its name out. */
const retryableFactorMs = 500

/** More rounds than a request can need: each one follows a change that somebody made meanwhile. */
const mostRounds = 4

/** Verifies a guess. Throws `unavailable` when it cannot be known whether the attempt was made. */
export async function verifyGuess(
  store: Store,
  key: DeviceKey,
  attempt: Attempt,
  settings: ThrottleSettings,
  signal: AbortSignal,
): Promise<VerificationResult> {
  let { guess } = attempt
  for (let round = 0; round < mostRounds; round++) {
    const verdict = await attemptOnce(store, key, { ...attempt, guess }, settings, signal)
    switch (verdict.outcome) {
      case 'factor_changed':
        await rescale(store, verdict.device, settings, signal)
        break
      case 'expired':
        guess = noGuess
        break
      case 'unclear':
        break
      default:
        return verdict
    }
  }
  throw unavailable(new Error('The device changed during every round of the attempt.'))
}

async function attemptOnce(
  store: Store,
  key: DeviceKey,
  attempt: Attempt,
  settings: ThrottleSettings,
  signal: AbortSignal,
): Promise<ReturnType<typeof explainRefusal>> {
  const client = settings.factorMs < retryableFactorMs ? store.once : store.retrying
  let decided: Decided
  try {
    const expression = attemptExpression({ ...attempt, ...settings })
    decided = await updateDevice(client, store.devicesTable, key, expression, signal)
  } catch (error) {
    return resultOfLostAnswer(store, key, attempt, { error, signal })
  }
  if ('refused' in decided) return explainRefusal(decided.refused, attempt, settings)
  const { applied } = decided
  return { outcome: applied.attempts.ok1 ? 'accepted' : 'rejected', device: applied }
}

/** The answer was lost: the item knows whether the attempt was made. Fails closed. */
async function resultOfLostAnswer(
  store: Store,
  key: DeviceKey,
  attempt: Attempt,
  { error, signal }: { error: unknown; signal: AbortSignal },
): Promise<VerificationResult> {
  const item = await readDevice(store.once, store.devicesTable, key, signal).catch(() => undefined)
  const settled = item && appliedResult(item, attempt)
  if (!settled) throw error
  return settled
}

/** Brings the stored throttle to today's factor; when somebody else has moved it, the next round sees that. */
async function rescale(
  store: Store,
  seen: DeviceItem,
  { factorMs }: ThrottleSettings,
  signal: AbortSignal,
): Promise<void> {
  const expression = rescaleExpression(seen, { factorMs, ...rescaled(seen, factorMs) })
  await updateDevice(store.retrying, store.devicesTable, seen, expression, signal)
}
