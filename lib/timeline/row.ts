// What a device's timeline keeps of an event. A pure rule. A row is named by its event, so that one
// that is told again is the same row. It holds no number and no token.
import { createHash } from 'node:crypto'
import {
  type DeliveryReason,
  type DeliveryStatus,
  readDeliveryRecord,
} from '../device/delivery-record.ts'
import type { ChallengeOutcome, DeviceItem } from '../device/device.ts'
import { isDisabled, isUsedUp, lockEnd, longLockMs } from '../device/throttle.ts'
import { requestName } from '../request-name.ts'
import type { Channel } from '../settings/channels.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { DeviceChange } from '../stream/records.ts'

/** What can happen to a device. */
export const timelineTypes = [
  'created',
  'challenged',
  'challenge_refused',
  'challenge_failed',
  'delivery',
  'verified',
  'failed',
  'used_up',
  'locked',
  'disabled',
  'confirmed',
  'number_changed',
  'reset',
  'deleted',
] as const

/** The type of one event. */
export type TimelineType = (typeof timelineTypes)[number]

/** What is kept of an event beside its type and time. */
export interface TimelineDetail {
  /** The API key that did it, by the first ten characters of its name; absent is nobody. */
  actor?: string
  challengeId?: string
  /** Of a challenge: the same token was sent again. */
  resent?: true
  /** Of a challenge, where Twilio is asked to report, unless the route of its country decides. */
  channel?: Channel
  /** Of a refusal or of an end that was not `sent`: the API's code, and what it names beside it. */
  code?: string
  limit?: string
  /** Of a delivery. */
  status?: DeliveryStatus
  reason?: DeliveryReason
  twilioCode?: number
  messageSid?: string
  /** Of a failure and a lock. */
  failureCount?: number
  lockedUntil?: number
}

/** A row of the timeline: an item of the traffic table. */
export interface TimelineRow extends TimelineDetail {
  subject: string
  /** Rows are sorted by it: the time, and what makes the event's name its own. */
  entry: string
  deviceId: string
  type: TimelineType
  /** Milliseconds since the epoch. */
  at: number
  /** Seconds since the epoch: the table's time to live. */
  expiresAt: number
}

const dayMs = 86_400_000

/** Returns the partition of a user's events. */
export function timelineOf(userId: string): string {
  return `events:${userId}`
}

/** What the rows of a time begin with, milliseconds since the epoch. */
export function startOfEntry(at: number): string {
  return String(at).padStart(13, '0')
}

/** Makes a row. `name` is the event's own among those of the same millisecond. */
export function timelineRow(
  { userId, deviceId }: Pick<DeviceItem, 'userId' | 'deviceId'>,
  event: { type: TimelineType; at: number; name: string } & TimelineDetail,
  days: number,
): TimelineRow {
  const { name, ...kept } = event
  return {
    subject: timelineOf(userId),
    entry: `${startOfEntry(event.at)} ${name}`,
    deviceId,
    ...kept,
    expiresAt: Math.ceil((event.at + days * dayMs) / 1000),
  }
}

/** Returns the rows of a write. What the functions themselves tell, with more, is left to them. */
export function rowsOfChange(
  change: DeviceChange,
  throttle: ThrottleSettings,
  days: number,
): TimelineRow[] {
  const { device, events, sequenceNumber } = change
  const actor = device.actor ? { actor: device.actor } : {}
  return events
    .flatMap(event => entriesOf(event, change, throttle))
    .map((entry, index) => {
      // A number of up to 40 digits, which grows with each write to an item.
      const name = `${sequenceNumber.padStart(40, '0')} ${index}`
      return timelineRow(device, { name, ...actor, ...entry }, days)
    })
}

type Entry = { type: TimelineType; at: number } & TimelineDetail

const plainTypes = {
  device_created: 'created',
  device_confirmed: 'confirmed',
  number_changed: 'number_changed',
  device_reset: 'reset',
  device_deleted: 'deleted',
} as const satisfies Partial<Record<DeviceEvent['type'], TimelineType>>

/**
 * When a write was, as exactly as its item tells: the stream knows the second, and two events of
 * one second have an order.
 */
function momentOf({ at, device, before }: DeviceChange): number {
  const times = [device, before].flatMap(item =>
    item === null ? [] : [item.challengedAt, item.failedAt, item.usedNow, item.createdAt],
  )
  return Math.max(at, ...times.filter(time => time < at + 1000))
}

function entriesOf(event: DeviceEvent, change: DeviceChange, throttle: ThrottleSettings): Entry[] {
  const { device } = change
  const at = momentOf(change)
  switch (event.type) {
    case 'challenge_started': {
      const { challengeId, resent } = event
      const { channel = null } = readDeliveryRecord(device.challenge) ?? {}
      const more = { ...(resent && { resent }), ...(channel !== null && { channel }) }
      return [{ type: 'challenged', at: event.at, challengeId, ...more }]
    }
    case 'verified':
      return [{ type: 'verified', at: device.usedNow || at, challengeId: event.challengeId }]
    case 'failed':
      return failuresOf(device, throttle)
    // Told by the functions of the challenge and of Twilio's callbacks.
    case 'challenge_not_sent':
    case 'delivery_updated':
      return []
    default:
      return [{ type: plainTypes[event.type], at }]
  }
}

function failuresOf(device: DeviceItem, throttle: ThrottleSettings): Entry[] {
  const { failures: failureCount, failedAt: at } = device
  const disabled = isDisabled(device, throttle)
  const end = disabled ? null : lockEnd(device, throttle)
  const failed: Entry = {
    ...{ type: 'failed', at, failureCount },
    ...(end !== null && { lockedUntil: end }),
  }
  const isLong = end !== null && end - at >= longLockMs
  return [
    failed,
    ...(isUsedUp(device, throttle) ? [{ ...failed, type: 'used_up' as const }] : []),
    ...(isLong ? [{ ...failed, type: 'locked' as const }] : []),
    ...(disabled ? [{ ...failed, type: 'disabled' as const }] : []),
  ]
}

const minuteMs = 60_000

/** What a challenge was refused with, by a code of the API. */
export interface ChallengeRefusal {
  code: string
  limit?: string
}

/** The row of a challenge that was refused: one for each device, reason and minute. */
export function refusalRow(
  device: Pick<DeviceItem, 'userId' | 'deviceId'>,
  { code, limit }: ChallengeRefusal,
  { actor, now, days }: { actor: string; now: number; days: number },
): TimelineRow {
  const minute = Math.floor(now / minuteMs) * minuteMs
  const name = ['refused', device.deviceId, code, limit].filter(Boolean).join(' ')
  const row = timelineRow(
    device,
    { type: 'challenge_refused', at: minute, name, actor, code, ...(limit && { limit }) },
    days,
  )
  return { ...row, at: now }
}

/** The row of a challenge that ended otherwise than sent. */
export function endRow(
  device: DeviceItem,
  challengeId: string,
  outcome: ChallengeOutcome,
  { actor, now, days }: { actor: string; now: number; days: number },
): TimelineRow {
  const { code, twilioCode = null } = { twilioCode: null, ...outcome }
  const more = { challengeId, actor, code, ...(twilioCode !== null && { twilioCode }) }
  const name = `ended ${challengeId}`
  return timelineRow(device, { type: 'challenge_failed', at: now, name, ...more }, days)
}

/** The row that a user was erased. It names nobody but who did it. */
export function erasureRow({ actor, now, days }: { actor: string; now: number; days: number }) {
  const entry = `${startOfEntry(now)} ${requestName(null)}`
  const expiresAt = Math.ceil((now + days * dayMs) / 1000)
  return { subject: 'erasures', entry, type: 'erased', at: now, actor, expiresAt }
}

/** The key of the mark that a user was erased: it holds a hash of the id. */
export function eraseMarkKey(userId: string) {
  const name = createHash('sha256').update(userId).digest().toString('base64url', 0, 16)
  return { subject: `erased:${name}`, entry: 'user' }
}

/** Longer than the stream keeps its records. */
const daysOfMark = 2

/** The mark that what happened to a user's devices until a time is erased. */
export function eraseMark(userId: string, at: number) {
  return { ...eraseMarkKey(userId), at, expiresAt: Math.ceil((at + daysOfMark * dayMs) / 1000) }
}

/** What Twilio told of a message. */
export interface DeliveryNews {
  challengeId: string
  status: DeliveryStatus
  reason: DeliveryReason | null
  twilioCode: number | null
  messageSid: string | null
}

/** The row of what became of a message. */
export function deliveryRow(
  device: Pick<DeviceItem, 'userId' | 'deviceId'>,
  { challengeId, status, reason, twilioCode, messageSid }: DeliveryNews,
  { now, days }: { now: number; days: number },
): TimelineRow {
  const more = {
    ...{ challengeId, status },
    ...(reason !== null && { reason }),
    ...(twilioCode !== null && { twilioCode }),
    ...(messageSid !== null && { messageSid }),
  }
  const name = `${status} ${challengeId}`
  return timelineRow(device, { type: 'delivery', at: now, name, ...more }, days)
}
