// Who may be refused: a limit or a breaker is a lock that strangers can turn, so neither looks at
// what is sent to the owner of a number. Pure rules. A device proves its owner by a token alone:
// nothing that a caller says of it, and no new number, makes it established.
import type { EstablishedSettings } from '../settings/established.ts'
import { type DeviceItem, lastUsedAt } from './device.ts'

/** What of a device says whether it is established. */
type Proof = Pick<DeviceItem, 'confirmed' | 'usedNow' | 'usedBefore' | 'unverified'>

/**
 * As many challenges in a row that nobody verified end it: an owner verifies, or gives up before. A
 * pump that has verified its numbers once gets no more than these out of each.
 */
const mostUnverified = 5

/**
 * Whether a device is established: confirmed, a token accepted for this number lately, and few
 * challenges since.
 */
export function isEstablished(
  device: Proof,
  { establishedMs }: EstablishedSettings,
  now: number,
): boolean {
  const usedAt = lastUsedAt(device)
  return (
    device.confirmed &&
    usedAt > 0 &&
    now < usedAt + establishedMs &&
    device.unverified < mostUnverified
  )
}

/**
 * Whether a device was established before its last challenge, which it counts already; `at` is when
 * that started.
 */
export function wasEstablished(device: Proof, settings: EstablishedSettings, at: number): boolean {
  return isEstablished({ ...device, unverified: device.unverified - 1 }, settings, at)
}

/**
 * Whether a device is established for a challenge of its own, whether or not it counts that one
 * already.
 */
export function isEstablishedFor(
  { requestName, now }: { requestName: string; now: number },
  device: Proof & Pick<DeviceItem, 'challenge'>,
  settings: EstablishedSettings,
): boolean {
  const isCounted = device.challenge.requestName === requestName
  return (isCounted ? wasEstablished : isEstablished)(device, settings, now)
}
