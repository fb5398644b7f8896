// How full the limits on sends are: the limit of all messages, and that of the country with the
// most messages. The other limits are each for one number, user or address, and are only listed.
import { Fragment } from 'preact'
import { countryName, formatCount, formatWindow } from '../amounts.ts'
import type { Limits } from '../api.ts'
import { useLanguage } from '../language.ts'
import type { Loaded } from '../loaded.ts'
import { LimitMeters } from '../parts/limit-meters.tsx'
import { Failed } from '../parts/waiting.tsx'

type Limit = Limits['limits'][number]

/** Shows the limits on sends. */
export function LimitsCard({ limits }: { limits: Loaded<Limits> }) {
  const { value, name, failure, reload } = limits
  const words = useLanguage().strings.traffic
  if (value === null && failure === null) return null
  return (
    <section class="card limits">
      <h2>{words.limits}</h2>
      {failure && <Failed failure={failure} retry={reload} />}
      {value?.mode === 'record' && <p class="hint">{words.limitsRecorded}</p>}
      {value?.limits.length === 0 && <p class="hint">{words.limitsOff}</p>}
      {value && <Counted limits={value.limits} country={name || null} />}
      {value && <Others limits={value.limits} />}
    </section>
  )
}

function Counted({ limits, country }: { limits: Limit[]; country: string | null }) {
  const { strings, locale } = useLanguage()
  const nameOf = (limit: Limit['limit']) =>
    limit === 'country' && country !== null ? countryName(country, locale) : strings.traffic[limit]
  return (
    <LimitMeters
      limits={limits}
      nameOf={nameOf}
      isFull={({ sent, most }) => sent !== null && sent >= most}
    />
  )
}

function Others({ limits }: { limits: Limit[] }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const notCounted = limits.filter(({ sent }) => sent === null)
  if (notCounted.length === 0) return null
  const names = [...new Set(notCounted.map(({ limit }) => limit))]
  const windowsOf = (name: Limit['limit']) =>
    notCounted
      .filter(({ limit }) => limit === name)
      .map(({ most, seconds }) =>
        words.within(formatCount(most, locale), formatWindow(seconds, locale)),
      )
  return (
    <dl>
      {names.map(name => (
        <Fragment key={name}>
          <dt>{words[name]}</dt>
          <dd>{windowsOf(name).join(', ')}</dd>
        </Fragment>
      ))}
    </dl>
  )
}
