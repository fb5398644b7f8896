// What is known of a message's way to the phone: kept as three small numbers in the device's last challenge, told
// as words. A later word wins over an earlier one, and of two last words the better: whichever comes first.

import type { Channel } from '../settings/channels.ts'

/** By rank, and a rank is only ever followed by a higher one; 0 is that nothing is told. */
export const deliveryStatuses = [
  null,
  'queued',
  'sent',
  'failed',
  'undelivered',
  'delivered',
] as const

/** How far a message has come. */
export type DeliveryStatus = NonNullable<(typeof deliveryStatuses)[number]>

/** By number; 0 is none. */
export const deliveryReasons = [
  null,
  'unreachable',
  'landline',
  'blocked_by_carrier',
  'opted_out',
  'unknown',
] as const

/** Why a message did not arrive. */
export type DeliveryReason = NonNullable<(typeof deliveryReasons)[number]>

/** A word on a message. */
export interface DeliveryUpdate {
  status: DeliveryStatus
  /** Null unless it did not arrive. */
  reason: DeliveryReason | null
}

/** What the last challenge keeps of it. */
export interface DeliveryRecord {
  /** Rank of the status; absent where nobody is asked to tell. */
  progress?: number
  /** Number of the reason. */
  reason?: number
  /** When it was told, milliseconds since the epoch. */
  reportedAt?: number
}

/** What to offer whoever waits for a message that did not arrive. */
export const nextSteps = ['retry', 'another_channel', 'another_number'] as const

/** One of them. */
export type NextStep = (typeof nextSteps)[number]

const nextByReason: Record<DeliveryReason, NextStep> = {
  unreachable: 'retry',
  landline: 'another_channel',
  blocked_by_carrier: 'another_channel',
  opted_out: 'another_number',
  unknown: 'retry',
}

/** A word as it is kept. */
export function toDeliveryRecord(
  { status, reason }: DeliveryUpdate,
  now: number,
): Required<DeliveryRecord> {
  return {
    progress: deliveryStatuses.indexOf(status),
    reason: deliveryReasons.indexOf(reason),
    reportedAt: now,
  }
}

/** A word as it was kept; null is none. */
export function readDeliveryRecord({ progress = 0, reason = 0, reportedAt = 0 }: DeliveryRecord) {
  const status = deliveryStatuses[progress] ?? null
  return status && { status, reason: deliveryReasons[reason] ?? null, at: reportedAt }
}

/** What to offer next; another channel only where there is one. */
export function nextStep(
  reason: DeliveryReason | null,
  enabled: readonly Channel[],
): NextStep | null {
  if (reason === null) return null
  const next = nextByReason[reason]
  return next === 'another_channel' && enabled.length < 2 ? 'another_number' : next
}
