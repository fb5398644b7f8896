// How full the limits on sends are that count this device's messages.
import { countryName, formatCount, formatShare, formatWindow } from '../amounts.ts'
import type { Limits } from '../api.ts'
import { useLanguage } from '../language.ts'
import { type Meter, Meters } from '../parts/meters.tsx'
import { Problem } from '../parts/notice.tsx'
import { isFull } from '../reasons.ts'
import type { DevicePartProps } from './device-props.ts'

/** Shows the limits. */
export function DeviceLimits({ device, known }: DevicePartProps) {
  const { strings, locale, moment } = useLanguage()
  const words = strings.traffic
  const { limits, limitsFailure } = known
  if (limits === null && limitsFailure === null) return null
  const meterOf = (limit: Limits['limits'][number]): Meter[] => {
    const { sent, most, seconds, resetsAt } = limit
    if (sent === null) return []
    const full = isFull(limit, device)
    const filled = full ? 1 : Math.min(1, sent / most)
    const name =
      limit.limit === 'country' && device.country
        ? countryName(device.country, locale)
        : strings.reasons.limits[limit.limit]
    const count = words.of(formatCount(sent, locale), formatCount(most, locale))
    return [
      {
        key: `${limit.limit} ${seconds}`,
        name: words.limited(name, formatWindow(seconds, locale)),
        text: full ? `${count} (${words.full})` : `${count} (${formatShare(filled, locale)})`,
        share: 1,
        filled,
        kind: full ? 'worst' : filled >= 0.8 ? 'nearly' : 'plain',
        ...(filled >= 0.8 && { hint: words.emptyAt(moment(resetsAt)) }),
      },
    ]
  }
  return (
    <section class="card limits" aria-labelledby="limits">
      <h2 id="limits">{words.limits}</h2>
      {limitsFailure && <Problem failure={limitsFailure} />}
      {limits?.mode === 'record' && <p class="hint">{words.limitsRecorded}</p>}
      {limits?.limits.length === 0 && <p class="hint">{words.limitsOff}</p>}
      {limits && <Meters meters={limits.limits.flatMap(meterOf)} />}
    </section>
  )
}
