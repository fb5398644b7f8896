// Whose traffic a write is: that of an established device, or anybody's. A pure rule over the item
// before the write, so that a challenge stores nothing for it.
import { isEstablished, wasEstablished } from '../device/established.ts'
import type { EstablishedSettings } from '../settings/established.ts'
import type { DeviceEvent } from './device-event.ts'
import type { DeviceChange } from './records.ts'

/** A write to a device, with the class of the challenge that it is about. */
export interface TrafficChange extends DeviceChange {
  /** Whether the device was established when that challenge started. */
  established: boolean
}

/** Classes a write. A write that is about no challenge is nobody's: not established. */
export function toTrafficChange(
  change: DeviceChange,
  settings: EstablishedSettings,
): TrafficChange {
  const { before, events } = change
  const established = before !== null && events.some(event => isOfOwner(before, event, settings))
  return { ...change, established }
}

function isOfOwner(
  before: NonNullable<DeviceChange['before']>,
  event: DeviceEvent,
  settings: EstablishedSettings,
): boolean {
  switch (event.type) {
    case 'challenge_started':
      return isEstablished(before, settings, event.at)
    // The item counts the challenge already, and has nothing else of before it.
    case 'challenge_not_sent':
    case 'verified':
      return wasEstablished(before, settings, event.at)
    default:
      return false
  }
}
