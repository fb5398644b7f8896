// The state of a device as badges; the shape shows it as well as the colour.
import type { Device } from '../api.ts'
import { useNow } from '../clock.ts'
import { useLanguage } from '../language.ts'
import { lockOf } from '../lock.ts'
import { Countdown } from './time.tsx'

/** Shows whether a device is locked, and whether it is confirmed. */
export function Badges({ device }: { device: Device }) {
  const { status } = useLanguage().strings
  return (
    <span class="badges">
      <LockBadge device={device} />
      <span class={device.confirmed ? 'badge confirmed' : 'badge unconfirmed'}>
        {device.confirmed ? status.confirmed : status.unconfirmed}
      </span>
    </span>
  )
}

function LockBadge({ device }: { device: Device }) {
  const { status } = useLanguage().strings
  const lock = lockOf(device, useNow())
  if (lock === 'disabled') return <span class="badge disabled">{status.disabled}</span>
  if (lock === 'open' || device.throttle.lockedUntil === null) return null
  return (
    <span class="badge locked">
      {status.locked} <Countdown until={device.throttle.lockedUntil} />
    </span>
  )
}
