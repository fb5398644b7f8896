// The traffic over time.
import { formatCount, formatDollars, formatShare } from '../amounts.ts'
import type { Figures } from '../api.ts'
import { columnsOf } from '../columns.ts'
import { useLanguage } from '../language.ts'
import { Chart } from '../parts/chart.tsx'

/** Shows messages and verifications over time. */
export function Messages({ figures }: { figures: Figures }) {
  const { strings, locale } = useLanguage()
  const words = strings.traffic
  const columns = columnsOf(figures.hours)
  return (
    <section class="card">
      <div class="chart-head">
        <h2>{words.messages}</h2>
        <p class="legend" aria-hidden="true">
          <span class="key hollow">{words.sent}</span>
          <span class="key">{words.verified}</span>
        </p>
      </div>
      <Chart
        title={words.messages}
        columns={columns}
        series={[
          { name: words.sent, values: columns.map(({ sent }) => sent) },
          { name: words.verified, values: columns.map(({ verified }) => verified) },
        ]}
        format={count => formatCount(count, locale)}
      />
    </section>
  )
}

/** Shows the conversion over time. */
export function Conversion({ figures }: { figures: Figures }) {
  const { strings, locale } = useLanguage()
  const { conversion: title, conversionHint } = strings.traffic
  const columns = columnsOf(figures.hours)
  return (
    <section class="card">
      <h2>{title}</h2>
      <p class="hint">{conversionHint}</p>
      <Chart
        title={title}
        columns={columns}
        series={[{ name: title, values: columns.map(({ conversion }) => conversion) }]}
        format={share => formatShare(share, locale)}
        top={1}
      />
    </section>
  )
}

/** Shows the estimated spend over time. */
export function Spend({ figures }: { figures: Figures }) {
  const { strings, locale } = useLanguage()
  const { spend: title, priced } = strings.traffic
  const columns = columnsOf(figures.hours)
  if (figures.totals.estimatedSpend === null) return null
  return (
    <section class="card">
      <h2>{title}</h2>
      <p class="hint">{priced}</p>
      <Chart
        title={title}
        columns={columns}
        series={[{ name: title, values: columns.map(({ spend }) => spend) }]}
        format={dollars => formatDollars(dollars, locale)}
      />
    </section>
  )
}
