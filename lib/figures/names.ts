// The names of what is counted from the stream, for the metrics and for the console's figures.
import type { DeliveryStatus } from '../device/delivery-record.ts'

/** The figures of each country: messages, and attempts that were evaluated. */
export const countryFigureNames = [
  /**
   * Started challenges. The metrics keep those that become `notSent`; the console's
   * figures subtract them.
   */
  'sent',
  /** Refused by a limit, the breaker or Twilio. */
  'notSent',
  'verified',
  'failed',
  'delivered',
  'undelivered',
  /** Twilio or a carrier failed; `undelivered` is a failure of the phone. */
  'failedDelivery',
] as const

/**
 * Of all countries together: how much of two figures is of established devices. By country they
 * would not fit into the one write of an hour, and would be two more metrics of each.
 */
export const ownersFigures = { sent: 'sentEstablished', verified: 'verifiedEstablished' } as const

/** All figures. */
export const figureNames = [...countryFigureNames, ...Object.values(ownersFigures)] as const

/** The name of a figure. */
export type FigureName = (typeof figureNames)[number]

/** The figure that a delivery status counts as; most statuses count as none. */
export const figureOfDelivery: Partial<Record<DeliveryStatus, FigureName>> = {
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failedDelivery',
}
