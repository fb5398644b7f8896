// How full the limits on sends are that count this device's messages.
import { countryName } from '../amounts.ts'
import type { Limits } from '../api.ts'
import { useLanguage } from '../language.ts'
import { LimitMeters } from '../parts/limit-meters.tsx'
import { Problem } from '../parts/notice.tsx'
import { isFull } from '../reasons.ts'
import type { DevicePartProps } from './device-props.ts'

/** Shows the limits. */
export function DeviceLimits({ device, known }: DevicePartProps) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const { limits, limitsFailure } = known
  if (limits === null && limitsFailure === null) return null
  const nameOf = (limit: Limits['limits'][number]['limit']) =>
    limit === 'country' && device.country
      ? countryName(device.country, locale)
      : strings.reasons.limits[limit]
  return (
    <section class="card limits" aria-labelledby="limits">
      <h2 id="limits">{words.limits}</h2>
      {limitsFailure && <Problem failure={limitsFailure} />}
      {limits?.mode === 'record' && <p class="hint">{words.limitsRecorded}</p>}
      {limits?.limits.length === 0 && <p class="hint">{words.limitsOff}</p>}
      {limits && (
        <LimitMeters
          limits={limits.limits}
          nameOf={nameOf}
          isFull={limit => isFull(limit, device)}
        />
      )}
      {limits?.limits.some(({ limit }) => limit === 'client') && (
        <p class="hint">{words.clientNotSeen}</p>
      )}
    </section>
  )
}
