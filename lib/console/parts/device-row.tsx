// One device in the list, on one line where there is room.
import type { Device } from '../api.ts'
import { useLanguage } from '../language.ts'
import { deviceHref } from '../route.ts'
import { Badges } from './badges.tsx'
import { RevealButton, useReveal } from './number.tsx'
import { Moment } from './time.tsx'

/** Shows a device as a row of the list. */
export function DeviceRow({ device }: { device: Device }) {
  const words = useLanguage().strings.list
  const reveal = useReveal(device.number)
  return (
    <li class="row">
      <span class="row-number">
        <a class="number" href={deviceHref(device)}>
          {reveal.text}
        </a>
        <RevealButton number={device.number} reveal={reveal} />
      </span>
      <span class="row-user" title={device.userId}>
        {device.userId}
      </span>
      <bdi class="row-name" title={device.name}>
        {device.name || words.noName}
      </bdi>
      <Badges device={device} />
      <span class="row-used">
        {device.lastUsedAt ? (
          <>
            {words.used} <Moment at={device.lastUsedAt} />
          </>
        ) : (
          words.neverUsed
        )}
      </span>
    </li>
  )
}
