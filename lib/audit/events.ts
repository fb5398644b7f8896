// What is told of a write to a device: the audit events. A pure rule. They hold ids and figures; a number, a token, a
// digest and what somebody called a device stay in the table.
import type { DeviceItem } from '../device/device.ts'
import { isDisabled, lockEnd } from '../device/throttle.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { DeviceChange } from '../stream/records.ts'
import { rfc3339, rfc3339OrNull } from '../time.ts'

/** The kinds of audit events, by what happened: EventBridge's detail type. */
export const detailTypes = {
  device_created: 'Device Created',
  challenge_started: 'Challenge Started',
  challenge_not_sent: 'Challenge Not Sent',
  delivery_updated: 'Delivery Updated',
  verified: 'Token Verified',
  failed: 'Verification Failed',
  /** Beside the failure that locks for `longLockMs`, or that disables the device. */
  locked: 'Device Locked',
  number_changed: 'Number Changed',
  device_reset: 'Device Reset',
  device_deleted: 'Device Deleted',
} as const satisfies Record<DeviceEvent['type'] | 'locked', string>

/** A lock from which on a failure is told as a lock as well: with a factor of one second, that of the seventh. */
export const longLockMs = 60_000

/** An audit event. */
export interface AuditEvent {
  type: (typeof detailTypes)[keyof typeof detailTypes]
  detail: {
    /** The same whenever the same write is told again. */
    id: string
    stage: string
    userId: string
    deviceId: string
    /** When DynamoDB wrote it, to the second; RFC 3339. */
    at: string
    /** Of two events of a device, the later has the higher one; those of one write share it. A number of 40 digits at most. */
    sequenceNumber: string
    /** ISO 3166-1 alpha-2; null is none or not known. */
    country: string | null
    /** The last challenge was of a test number. A challenge is known as one only after it has begun. */
    test?: true
    [more: string]: unknown
  }
}

/** What the events of a write are told of beside it. */
export interface AuditContext {
  /** The id of the stream record. */
  eventId: string
  stage: string
  throttle: ThrottleSettings
}

/** The events of a write, in their order. */
export function auditEvents(change: DeviceChange, context: AuditContext): AuditEvent[] {
  const { device, events } = change
  const entries = events.flatMap(event => kindsOf(event, device, context.throttle))
  return entries.map(({ kind, more }, index) => ({
    type: detailTypes[kind],
    detail: {
      id: `${context.eventId}-${index}`,
      stage: context.stage,
      userId: device.userId,
      deviceId: device.deviceId,
      at: rfc3339(change.at),
      sequenceNumber: change.sequenceNumber,
      country: device.country || null,
      ...(device.challenge.test && { test: true as const }),
      ...more,
    },
  }))
}

interface AuditEntry {
  kind: keyof typeof detailTypes
  more: Record<string, unknown>
}

function kindsOf(event: DeviceEvent, device: DeviceItem, throttle: ThrottleSettings): AuditEntry[] {
  const { type: kind } = event
  switch (kind) {
    case 'challenge_started': {
      const { challengeId, resent } = event
      return [{ kind, more: { challengeId, resent } }]
    }
    case 'delivery_updated': {
      const { challengeId, status, reason } = event
      return [{ kind, more: { challengeId, status, reason } }]
    }
    case 'challenge_not_sent':
    case 'verified':
      return [{ kind, more: { challengeId: event.challengeId } }]
    case 'failed':
      return failureOf(device, throttle)
    default:
      return [{ kind, more: {} }]
  }
}

/** As in the API, a device that is disabled has no `lockedUntil`: only a reset lets it in. */
function failureOf(device: DeviceItem, throttle: ThrottleSettings): AuditEntry[] {
  const disabled = isDisabled(device, throttle)
  const end = lockEnd(device, throttle)
  const more = {
    failureCount: device.failures,
    lockedUntil: disabled ? null : rfc3339OrNull(end),
  }
  const isLong = end !== null && end - device.failedAt >= longLockMs
  const failed: AuditEntry = { kind: 'failed', more }
  return disabled || isLong ? [failed, { kind: 'locked', more }] : [failed]
}
