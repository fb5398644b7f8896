// The prefixes and countries that nothing is sent to, because too few tokens were verified, and the
// button that lifts a suspension.
import { useState } from 'preact/hooks'
import { countryName, formatCount } from '../amounts.ts'
import type { Api, Suspensions } from '../api.ts'
import { useLanguage } from '../language.ts'
import type { Loaded } from '../loaded.ts'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Countdown } from '../parts/time.tsx'
import { Failed } from '../parts/waiting.tsx'

type Suspended = Suspensions['suspended'][number]
type Named = { number?: string; prefix?: string; country?: string }

/** Shows what is suspended, and what is always allowed. */
export function SuspensionsCard({ api, loaded }: { api: Api; loaded: Loaded<Suspensions> }) {
  const { value, failure, reload } = loaded
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const [outcome, setOutcome] = useState<Outcome>(null)
  if (value === null && failure === null) return null

  const lift = async (one: Suspended) => {
    const query = 'prefix' in one ? { prefix: one.prefix } : { country: one.country }
    const result = await api.call(otp => otp.suspensions.lift(query))
    setOutcome(result.ok ? { done: words.lifted(nameOf(one, locale)) } : result)
    if (result.ok) reload()
  }

  return (
    <section class="card">
      <h2>{words.suspended}</h2>
      {failure && <Failed failure={failure} retry={reload} />}
      {value?.mode === 'record' && <p class="hint">{words.suspensionsRecorded}</p>}
      {value?.mode === 'off' && <p class="hint">{words.breakerOff}</p>}
      {value && value.mode !== 'off' && value.suspended.length === 0 && (
        <p class="hint">{words.noneSuspended}</p>
      )}
      {value && value.suspended.length > 0 && (
        <ul class="suspended">
          {value.suspended.map(one => (
            <SuspendedRow key={nameOf(one, locale)} one={one} lift={() => lift(one)} />
          ))}
        </ul>
      )}
      {value && value.allowed.length > 0 && (
        <p class="hint">
          {words.allowed(value.allowed.map(one => nameOf(one, locale)).join(', '))}
        </p>
      )}
      <Notice outcome={outcome} />
    </section>
  )
}

function SuspendedRow({ one, lift }: { one: Suspended; lift: () => Promise<void> }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const [busy, setBusy] = useState(false)
  const name = nameOf(one, locale)
  const press = async () => {
    if (busy) return
    setBusy(true)
    await lift()
    setBusy(false)
  }
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <span class="hint">
          {words.verifiedOf(formatCount(one.verified, locale), formatCount(one.sends, locale))}
        </span>
      </div>
      <Countdown until={one.until} />
      <button type="button" aria-disabled={busy} aria-label={words.liftOf(name)} onClick={press}>
        {words.lift}
      </button>
    </li>
  )
}

/** A prefix is ten thousand numbers, so its last four digits are shown as dots. */
function nameOf({ number, prefix, country }: Named, locale: string): string {
  if (country !== undefined) return countryName(country, locale)
  return prefix === undefined ? (number ?? '') : `${prefix}••••`
}
