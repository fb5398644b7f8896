// The finish of an admitted challenge: what was not sent is refunded, and the outcome
// is kept for retries.
import type { ChallengeOutcome } from '../device/device.ts'
import { refundLimits, tidyLimits } from '../limits/store.ts'
import type { Channel } from '../settings/channels.ts'
import type { AdmissionContext, Admitted } from './admission.ts'
import { failedDelivery, isRefunded } from './outcome.ts'
import { refunded, refundedResend } from './refund.ts'
import { finishChallenge } from './store.ts'

/** An admitted challenge, with the names of its request. */
export interface AdmittedChallenge {
  admitted: Admitted
  requestName: string
  /** Null when no idempotency key was given. */
  keyName: string | null
  /** Whether the last token was sent again. */
  isResend: boolean
  /** By what it goes, as far as it is known. */
  channel: Channel | null
  now: number
}

/** Longest wait for a write that only a retry reads, milliseconds. */
const longestFinishMs = 1_200

/** Writes the end of a challenge. A lost write is ignored. */
export async function finish(
  context: AdmissionContext,
  { admitted, requestName, keyName, isResend, channel, now }: AdmittedChallenge,
  result: ChallengeOutcome,
): Promise<void> {
  const { store, settings } = context
  const isNotSent = isRefunded(result)
  const refundOf = isResend ? refundedResend : refunded
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(longestFinishMs)])
  const finished = {
    requestName,
    refunded: isNotSent ? refundOf(admitted, settings, now) : null,
    outcome: keyName === null ? null : result,
    delivery: failedDelivery(result, channel, now),
  }
  await Promise.all([
    finishChallenge({ ...context, signal }, finished),
    isNotSent
      ? refundLimits(store, admitted.charged, signal)
      : tidyLimits(store, admitted.charged, signal),
  ])
}
