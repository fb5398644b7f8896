// What is sent and verified: how much, with what success, to which countries, and how
// full the limits are.
import { useState } from 'preact/hooks'
import { type Api, type Figures, may } from '../api.ts'
import { useLanguage } from '../language.ts'
import { useLoaded } from '../loaded.ts'
import { Choice } from '../parts/choice.tsx'
import { Heading } from '../parts/heading.tsx'
import { Failed, Skeleton } from '../parts/waiting.tsx'
import { LimitsCard } from './traffic-limits.tsx'
import { Classes, Countries, Delivery } from './traffic-shares.tsx'
import { SuspensionsCard } from './traffic-suspensions.tsx'
import { TrafficTiles } from './traffic-tiles.tsx'
import { Conversion, Messages, Spend } from './traffic-time.tsx'

/** Hours. */
type Range = '24' | '72' | '168'

interface TrafficProps {
  api: Api
  /** Puts the limits on top, with that of a country where it names one. */
  limitsOf: string | undefined
}

/** Shows the traffic, to a key that may see it. */
export function TrafficScreen(props: TrafficProps) {
  const { strings } = useLanguage()
  if (may(props.api, 'admin')) return <Traffic {...props} />
  return (
    <>
      <Heading title={strings.traffic.title} />
      <div class="empty">
        <p class="empty-title">{strings.traffic.notSeen}</p>
        <p>{strings.lacks('admin')}</p>
      </div>
    </>
  )
}

function Traffic({ api, limitsOf }: TrafficProps) {
  const { strings, moment } = useLanguage()
  const words = strings.traffic
  const [range, setRange] = useState<Range>('24')
  const figures = useLoaded(api, range, (otp, signal) =>
    otp.figures({ hours: Number(range), signal }),
  )
  const isAnswered = figures.value !== null || figures.failure !== null
  const country = limitsOf || topCountry(figures.value)
  const limits = useLoaded(api, isAnswered ? (country ?? '') : null, (otp, signal) =>
    otp.limits.get({ country: country ?? undefined, signal }),
  )
  const suspensions = useLoaded(api, isAnswered ? 'suspensions' : null, (otp, signal) =>
    otp.suspensions.get({ signal }),
  )
  const refresh = () => {
    figures.reload()
    suspensions.reload()
    limits.reload()
  }

  return (
    <>
      <Heading title={words.title} />
      <div class="tools few">
        <Choice<Range> label={words.range} value={range} choices={words.ranges} choose={setRange} />
        <p class="count" role="status">
          {figures.loading
            ? strings.loading
            : figures.value && words.asOf(moment(new Date(figures.at).toISOString()))}
        </p>
        <button type="button" class="quiet" onClick={refresh}>
          {strings.refresh}
        </button>
      </div>
      {figures.failure && <Failed failure={figures.failure} retry={refresh} />}
      {!figures.value && !figures.failure && <Skeleton rows={3} tall />}
      <div class="cards">
        {limitsOf !== undefined && <LimitsCard limits={limits} />}
        {figures.value && <Shown figures={figures.value} />}
        <SuspensionsCard api={api} loaded={suspensions} />
        {limitsOf === undefined && <LimitsCard limits={limits} />}
      </div>
    </>
  )
}

function Shown({ figures }: { figures: Figures }) {
  const words = useLanguage().strings.traffic
  const { totals } = figures
  if (totals.sent + totals.notSent + totals.verified + totals.failed === 0) {
    return (
      <div class="empty">
        <p class="empty-title">{words.nothing}</p>
        <p>{words.nothingHint}</p>
      </div>
    )
  }
  return (
    <>
      <TrafficTiles totals={totals} />
      <Messages figures={figures} />
      <div class="columns">
        <Conversion figures={figures} />
        <Spend figures={figures} />
        <Countries totals={totals} />
        <Classes totals={totals} />
        <Delivery totals={totals} />
      </div>
    </>
  )
}

/** Only the country with the most messages has its limit shown. */
function topCountry(figures: Figures | null): string | null {
  return figures?.totals.countries.find(({ country }) => country !== 'ZZ')?.country ?? null
}
