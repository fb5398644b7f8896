// The device as the API shows it.
import type { DeviceSettings } from '../settings/device.ts'
import { rfc3339, rfc3339OrNull } from '../time.ts'
import { nextStep, readDeliveryRecord } from './delivery-record.ts'
import { type DeviceItem, lastUsedAt, livePending } from './device.ts'
import { isEstablished } from './established.ts'
import { generateIsAllowed, isUsedUp, verifyIsAllowed } from './throttle.ts'

/** Shows a device as the API does: no digest, no counter, moments in RFC 3339. */
export function deviceView(item: DeviceItem, settings: DeviceSettings, now: number) {
  const throttle = verifyIsAllowed(item, settings.throttle, now)
  const cooldown = generateIsAllowed(item, settings.cooldown, now)
  const pending = isUsedUp(item, settings.throttle) ? null : livePending(item, now)
  return {
    id: item.deviceId,
    userId: item.userId,
    name: item.name,
    number: item.number,
    country: item.country || null,
    confirmed: item.confirmed,
    established: isEstablished(item, settings.established, now),
    createdAt: rfc3339(item.createdAt),
    lastUsedAt: rfc3339OrNull(lastUsedAt(item) || null),
    throttle: { ...throttle, lockedUntil: rfc3339OrNull(throttle.lockedUntil) },
    cooldown: { ...cooldown, nextChallengeAt: rfc3339OrNull(cooldown.nextChallengeAt) },
    pending: pending && { validUntil: rfc3339(pending.validUntil) },
    delivery: deliveryView(item, settings),
    ...(item.challenge.test && { test: true as const }),
  }
}

/** Shows the delivery status of the last challenge; null when nothing was reported. */
export function deliveryView({ challenge }: DeviceItem, { channels }: DeviceSettings) {
  const delivery = readDeliveryRecord(challenge)
  return (
    delivery && {
      ...delivery,
      at: rfc3339(delivery.at),
      next: nextStep(delivery.reason, channels),
    }
  )
}
