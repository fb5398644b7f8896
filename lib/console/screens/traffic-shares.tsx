// Messages by country, by whom they went to, and by delivery status.
import { countryName, formatCount, formatShare } from '../amounts.ts'
import type { Figures } from '../api.ts'
import { useLanguage } from '../language.ts'
import { type Meter, Meters } from '../parts/meters.tsx'

type Totals = Figures['totals']

const mostCountries = 6

/**
 * Shows a bar for each country: as long as its share of messages, and filled as far as
 * they were verified.
 */
export function Countries({ totals }: { totals: Totals }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const { countries } = totals
  const [first] = countries
  const rest = countries.slice(mostCountries)
  const share = (count: number) => Math.min(1, count / Math.max(1, first?.sent ?? 0))
  const meters = countries.slice(0, mostCountries).map(
    ({ country, sent, verified, conversion }): Meter => ({
      key: country,
      name: country === 'ZZ' ? words.otherCountries : countryName(country, locale),
      text: words.ofCountry(
        formatCount(sent, locale),
        conversion === null ? '–' : formatShare(conversion, locale),
      ),
      share: share(sent),
      filled: Math.min(share(verified), share(sent)),
    }),
  )
  const restSent = rest.reduce((sum, { sent }) => sum + sent, 0)
  return (
    <section class="card">
      <h2>{words.countries}</h2>
      <Meters meters={meters} />
      {rest.length > 0 && (
        <p class="hint">{words.moreCountries(rest.length, formatCount(restSent, locale))}</p>
      )}
    </section>
  )
}

/** Shows what was sent to established devices, which nothing refuses, and to all others. */
export function Classes({ totals }: { totals: Totals }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const whole = Math.max(1, totals.established.sent + totals.others.sent)
  const meter = (name: 'established' | 'others'): Meter => {
    const { sent, verified, conversion } = totals[name]
    return {
      key: name,
      name: words[name],
      text: words.ofCountry(
        formatCount(sent, locale),
        conversion === null ? '–' : formatShare(conversion, locale),
      ),
      share: sent / whole,
      filled: Math.min(verified, sent) / whole,
    }
  }
  return (
    <section class="card">
      <h2>{words.classes}</h2>
      <Meters meters={[meter('established'), meter('others')]} />
      <p class="hint">{words.classesHint}</p>
    </section>
  )
}

/** Shows the messages by delivery status. */
export function Delivery({ totals: { sent, delivery } }: { totals: Totals }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const reported = delivery.delivered + delivery.undelivered + delivery.failed
  const whole = Math.max(sent, reported, 1)
  const meter = (
    name: 'delivered' | 'undelivered' | 'failed' | 'untold',
    count: number,
  ): Meter => ({
    key: name,
    name: words[name],
    text: `${formatCount(count, locale)} (${formatShare(count / whole, locale)})`,
    share: count / whole,
    ...(name === 'untold' && { filled: 0 }),
    ...((name === 'undelivered' || name === 'failed') && { kind: 'worst' }),
  })
  return (
    <section class="card">
      <h2>{words.delivery}</h2>
      <Meters
        meters={[
          meter('delivered', delivery.delivered),
          meter('undelivered', delivery.undelivered),
          meter('failed', delivery.failed),
          meter('untold', Math.max(0, sent - reported)),
        ]}
      />
    </section>
  )
}
