// The names of what is counted of the stream, for the metrics and for the figures of the console alike.
import type { DeliveryStatus } from '../device/delivery-record.ts'

/** What is counted: messages, and attempts that were evaluated. */
export const figureNames = [
  /** Begun; the metrics leave those in that were then `notSent`, the console's figures take them out. */
  'sent',
  /** Refused by a limit, the breaker or Twilio. */
  'notSent',
  'verified',
  'failed',
  'delivered',
  'undelivered',
  /** Twilio or a carrier failed, as `undelivered` is told of the phone. */
  'failedDelivery',
] as const

/** One of them. */
export type FigureName = (typeof figureNames)[number]

/** What a word on a delivery counts as; most count as nothing. */
export const figureOfDelivery: Partial<Record<DeliveryStatus, FigureName>> = {
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'failedDelivery',
}
