// A word on a message's way, as a part of other writes.
import type { DeliveryRecord } from '../device/delivery-record.ts'

/** The names of its parts. */
export const recordNames = ['challenge.progress', 'challenge.reason', 'challenge.reportedAt']

/** What sets them. */
export const recordSets =
  'challenge.progress = :progress, challenge.reason = :reason, challenge.reportedAt = :reportedAt'

/** And to what. */
export function recordValues({ progress, reason, reportedAt }: Required<DeliveryRecord>) {
  return { ':progress': progress, ':reason': reason, ':reportedAt': reportedAt }
}
