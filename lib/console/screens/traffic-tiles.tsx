// The traffic in four numbers.
import { formatCount, formatDollars, formatShare } from '../amounts.ts'
import type { Figures } from '../api.ts'
import { useLanguage } from '../language.ts'

/** Shows the totals of the traffic. */
export function TrafficTiles({ totals }: { totals: Figures['totals'] }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const count = (value: number) => formatCount(value, locale)
  const { sent, notSent, verified, failed, delivery, conversion, estimatedSpend: spend } = totals
  const delivered = sent === 0 ? null : Math.min(1, delivery.delivered / sent)
  const share = (value: number | null) => (value === null ? '–' : formatShare(value, locale))
  return (
    <section class="tiles four" aria-label={words.summary}>
      <Tile title={words.sent} value={count(sent)} hint={words.notSent(count(notSent))} />
      <Tile
        title={words.conversion}
        value={share(conversion)}
        hint={words.verifiedHint(count(verified), count(failed))}
      />
      <Tile
        title={words.delivered}
        value={share(delivered)}
        hint={words.deliveredHint(count(delivery.undelivered), count(delivery.failed))}
      />
      <Tile
        title={words.spend}
        value={spend === null ? '–' : formatDollars(spend, locale)}
        hint={spend === null ? words.noPrices : words.spendHint}
      />
    </section>
  )
}

function Tile({ title, value, hint }: { title: string; value: string; hint: string }) {
  return (
    <div class="tile">
      <h2>{title}</h2>
      <p class="tile-value">{value}</p>
      <p class="tile-hint">{hint}</p>
    </div>
  )
}
