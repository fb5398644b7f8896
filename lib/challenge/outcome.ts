// What the result of a delivery means for its challenge. A pure rule: only what was surely not sent
// is refunded. What may have been sent keeps its token and its cooldown.
import { type DeliveryRecord, toDeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome, DeviceItem } from '../device/device.ts'
import type { Channel } from '../settings/channels.ts'
import type { Delivery } from '../twilio/answer.ts'
import { reasonOf } from '../twilio/codes.ts'
import type { AdmissionResult } from './admission.ts'

/**
 * The result of a challenge: it ended, now or in the request that this one retries, or
 * it was not started.
 */
export type Challenged =
  | {
      outcome: 'ended'
      device: DeviceItem
      result: ChallengeOutcome
      token: string
      /** It ended in the request that this one retries. */
      isRetry?: true
    }
  | { outcome: 'in_progress' }
  | Exclude<AdmissionResult, { outcome: 'started' | 'retried' }>

/** Returns the outcome of a delivery, as the API answers it and as a retry gets it again. */
export function outcomeOf(delivery: Delivery): ChallengeOutcome {
  switch (delivery.outcome) {
    case 'sent':
      return { code: 'sent' }
    case 'unknown':
      return { code: 'delivery_unknown' }
    case 'busy':
      return { code: 'delivery_busy', retryAfterSeconds: delivery.retryAfterSeconds }
    case 'undeliverable':
      return { code: 'undeliverable_number', twilioCode: delivery.twilioCode }
    case 'unreachable':
      return { code: 'delivery_failed', twilioCode: null }
    case 'unauthorized':
    case 'refused':
      return { code: 'delivery_failed', twilioCode: delivery.twilioCode }
  }
}

/** Whether nothing was sent, so that token and cooldown are refunded. */
export function isRefunded({ code }: ChallengeOutcome): boolean {
  return code !== 'sent' && code !== 'delivery_unknown'
}

/**
 * Returns the delivery record of a message that was surely not sent; null for every other outcome.
 */
export function failedDelivery(
  outcome: ChallengeOutcome,
  channel: Channel | null,
  now: number,
): Required<DeliveryRecord> | null {
  if (!isRefunded(outcome)) return null
  const twilioCode = 'twilioCode' in outcome ? outcome.twilioCode : null
  return toDeliveryRecord({ status: 'failed', reason: reasonOf(twilioCode), channel }, now)
}
