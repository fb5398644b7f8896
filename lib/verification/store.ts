// Verifying: one write decides. Everything after the first call is for rare cases: a right token
// that has expired, a changed throttle factor, a lost answer.
import type { DeviceItem } from '../device/device.ts'
import { rescaled } from '../device/throttle.ts'
import { type DeviceContext, readDevice, updateDevice } from '../device/write.ts'
import type { Decided } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import { type Attempt, appliedResult, explainRefusal, type VerificationResult } from './attempt.ts'
import { attemptExpression, rescaleExpression } from './expressions.ts'

/** What a verification needs. */
export interface VerificationContext extends DeviceContext {
  throttle: ThrottleSettings
  /** Whether proofs are made. */
  isProved?: boolean
}

/** A name that no digest has, so that an expired token is counted like a wrong one. */
const noGuess = 'none'

/**
 * Below this factor, milliseconds, four other attempts fit between a write and its retry, and would
 * shift its name out.
 */
const retryableFactorMs = 500

/**
 * More rounds than a request can need: each follows a change that another request made meanwhile.
 */
const mostRounds = 4

/** Verifies a guess. Throws `unavailable` when it cannot be known whether the attempt was made. */
export async function verifyGuess(
  context: VerificationContext,
  attempt: Attempt,
): Promise<VerificationResult> {
  let { guess } = attempt
  for (let round = 0; round < mostRounds; round++) {
    const result = await attemptOnce(context, { ...attempt, guess })
    switch (result.outcome) {
      case 'factor_changed':
        await rescale(context, result.device)
        break
      case 'expired':
        guess = noGuess
        break
      case 'unclear':
        break
      default:
        return result
    }
  }
  throw unavailable(new Error('The device changed during every round of the attempt.'))
}

async function attemptOnce(
  context: VerificationContext,
  attempt: Attempt,
): Promise<ReturnType<typeof explainRefusal>> {
  const { throttle, isProved = false } = context
  const tries = throttle.factorMs < retryableFactorMs ? 'once' : 'retrying'
  let decided: Decided<DeviceItem>
  try {
    const expression = attemptExpression({ ...attempt, ...throttle, isProved })
    decided = await updateDevice(context, expression, { tries })
  } catch (error) {
    return resultOfLostAnswer(context, attempt, error)
  }
  if ('refused' in decided) return explainRefusal(decided.refused, attempt, throttle)
  const { applied } = decided
  return { outcome: applied.attempts.ok1 ? 'accepted' : 'rejected', device: applied }
}

/** The answer was lost: the item shows whether the attempt was applied. Fails closed. */
async function resultOfLostAnswer(
  context: VerificationContext,
  attempt: Attempt,
  error: unknown,
): Promise<VerificationResult> {
  const item = await readDevice(context, 'once').catch(() => undefined)
  const applied = item && appliedResult(item, attempt)
  if (!applied) throw error
  return applied
}

/**
 * Recomputes the stored throttle for today's factor. When another request has changed it, the
 * next round sees that.
 */
async function rescale(context: VerificationContext, seen: DeviceItem): Promise<void> {
  const { factorMs } = context.throttle
  await updateDevice(context, rescaleExpression(seen, { factorMs, ...rescaled(seen, factorMs) }))
}
