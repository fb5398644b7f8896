// The end of a challenge that was admitted: what was not sent is given back, and the outcome is kept for retries.
import type { ChallengeOutcome } from '../device/device.ts'
import { refundLimits } from '../limits/store.ts'
import type { AdmissionContext, Admitted } from './admission.ts'
import { failedDelivery, isRefunded } from './outcome.ts'
import { refunded, refundedResend } from './refund.ts'
import { finishChallenge } from './store.ts'

/** A challenge that was admitted, by the names of its request. */
export interface AdmittedChallenge {
  admitted: Admitted
  requestName: string
  /** Null when no idempotency key was given. */
  keyName: string | null
  /** The last token was sent again. */
  isResend: boolean
  now: number
}

/** Nobody waits long for what only a retry would read. */
const longestFinishMs = 1_200

/** Writes the end of a challenge. A write that is lost is let go. */
export async function finish(
  context: AdmissionContext,
  { admitted, requestName, keyName, isResend, now }: AdmittedChallenge,
  result: ChallengeOutcome,
): Promise<void> {
  const { store, settings } = context
  const isBack = isRefunded(result)
  const giveBack = isResend ? refundedResend : refunded
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(longestFinishMs)])
  const end = {
    requestName,
    refunded: isBack ? giveBack(admitted, settings, now) : null,
    outcome: keyName === null ? null : result,
    delivery: failedDelivery(result, now),
  }
  await Promise.all([
    finishChallenge({ ...context, signal }, end),
    isBack && refundLimits(store, admitted.charged, requestName, signal),
  ])
}
