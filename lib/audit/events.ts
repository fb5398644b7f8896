// The audit events of a write to a device. A pure rule. Events hold ids and figures. A number, a
// token, a digest and the name of a device stay in the table.
import type { DeviceItem } from '../device/device.ts'
import { isDisabled, lockEnd, longLockMs } from '../device/throttle.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { DeviceChange } from '../stream/records.ts'
import { rfc3339, rfc3339OrNull } from '../time.ts'

/** EventBridge's detail type of each kind of audit event. */
export const detailTypes = {
  device_created: 'Device Created',
  challenge_started: 'Challenge Started',
  challenge_not_sent: 'Challenge Not Sent',
  delivery_updated: 'Delivery Updated',
  verified: 'Token Verified',
  failed: 'Verification Failed',
  /** Follows a failure that locks for `longLockMs` or more, or that disables the device. */
  locked: 'Device Locked',
  device_confirmed: 'Device Confirmed',
  number_changed: 'Number Changed',
  device_reset: 'Device Reset',
  device_deleted: 'Device Deleted',
} as const satisfies Record<DeviceEvent['type'] | 'locked', string>

/** An audit event. */
export interface AuditEvent {
  type: (typeof detailTypes)[keyof typeof detailTypes]
  detail: {
    /** The same each time that the event is put. */
    id: string
    stage: string
    userId: string
    deviceId: string
    /** When DynamoDB applied the write, to the second; RFC 3339. */
    at: string
    /**
     * A number of up to 40 digits. Of two events of a device, the later has the higher one; the
     * events of one write share it.
     */
    sequenceNumber: string
    /** ISO 3166-1 alpha-2; null when there is none or it is not known. */
    country: string | null
    /** The API key that did it, by the first ten characters of its name; null is nobody. */
    actor: string | null
    /**
     * The last challenge was to a test number. This is known only after the challenge has started.
     */
    test?: true
    [more: string]: unknown
  }
}

/** What the events of a write need besides the write. */
export interface AuditContext {
  /** The id of the stream record. */
  eventId: string
  stage: string
  throttle: ThrottleSettings
}

/** Returns the events of a write, in order. */
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
      actor: device.actor || null,
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
      // Each event has its price. That a message arrived is shown by the timeline and the figures.
      return reason === null ? [] : [{ kind, more: { challengeId, status, reason } }]
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

/** As in the API, a disabled device has no `lockedUntil`: only a reset unlocks it. */
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
