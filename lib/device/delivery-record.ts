// The delivery status of a message: three small numbers in the device's last challenge, shown as
// words. A later status replaces an earlier one. Of two final statuses the better one wins,
// whichever arrives first.

import type { Channel } from '../settings/channels.ts'

/**
 * In order of rank: a status is replaced only by one of a higher rank. 0 means that
 * nothing was reported.
 */
export const deliveryStatuses = [
  null,
  'queued',
  'sent',
  'failed',
  'undelivered',
  'delivered',
] as const

/** The delivery status of a message. */
export type DeliveryStatus = NonNullable<(typeof deliveryStatuses)[number]>

/** Whether a message goes no further from a status on, but for a better final one. */
export function isFinal(status: DeliveryStatus): boolean {
  return status !== 'queued' && status !== 'sent'
}

/** In order of their stored numbers; 0 is none. */
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

/** In order of their stored numbers; 0 is not known. */
const deliveryChannels: readonly (Channel | null)[] = [null, 'sms', 'call', 'whatsapp']

/** A delivery update: what was reported of a message. */
export interface DeliveryUpdate {
  status: DeliveryStatus
  /** Null unless the message did not arrive. */
  reason: DeliveryReason | null
  /** By what it went; null of a test number, and where only the route of a country knows it. */
  channel: Channel | null
}

/** The delivery record in the last challenge. */
export interface DeliveryRecord {
  /** Rank of the status; absent where Twilio is not asked to report. */
  progress?: number
  /** Number of the reason, and ten times that of the channel: two digits are one byte. */
  reason?: number
  /** When it was reported, milliseconds since the epoch. */
  reportedAt?: number
}

/** What to offer a user whose message did not arrive. */
export const nextSteps = ['retry', 'another_channel', 'another_number'] as const

/** One offer to such a user. */
export type NextStep = (typeof nextSteps)[number]

const nextByReason: Record<DeliveryReason, NextStep> = {
  unreachable: 'retry',
  landline: 'another_channel',
  blocked_by_carrier: 'another_channel',
  opted_out: 'another_number',
  unknown: 'retry',
}

/** Turns an update into a record. */
export function toDeliveryRecord(
  { status, reason, channel }: DeliveryUpdate,
  now: number,
): Required<DeliveryRecord> {
  return {
    progress: deliveryStatuses.indexOf(status),
    reason: deliveryReasons.indexOf(reason) + 10 * deliveryChannels.indexOf(channel),
    reportedAt: now,
  }
}

/** Reads a record; null when nothing was reported. */
export function readDeliveryRecord({ progress = 0, reason = 0, reportedAt = 0 }: DeliveryRecord) {
  const status = deliveryStatuses[progress] ?? null
  const channel = deliveryChannels[Math.floor(reason / 10)] ?? null
  return status && { status, reason: deliveryReasons[reason % 10] ?? null, channel, at: reportedAt }
}

/** Returns what to offer next. Another channel is offered only where there is one. */
export function nextStep(
  reason: DeliveryReason | null,
  enabled: readonly Channel[],
): NextStep | null {
  if (reason === null) return null
  const next = nextByReason[reason]
  return next === 'another_channel' && enabled.length < 2 ? 'another_number' : next
}
