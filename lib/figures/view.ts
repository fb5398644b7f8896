// The figures as the API shows them: hours without gaps, their totals, and the estimated spend.
import { type Prices, priceOf } from '../settings/prices.ts'
import { countsIn, type FiguresItem } from './expressions.ts'
import { figureNames } from './names.ts'
import { addTo, type Counts, otherCountries, type Tally } from './tally.ts'

/** Shows the figures of these hours. An hour without an item has zeros. */
export function figuresView(hours: string[], items: FiguresItem[], prices: Prices) {
  const found = Map.groupBy(items, ({ entry }) => entry.slice(0, hourLength))
  const whole: Tally = new Map()
  const all: Tally = new Map()
  const shown = hours.map(hour => {
    const ofHour = found.get(hour) ?? []
    const tally = tallyOf(ofHour)
    const total = notNegative(sumOf(ofHour.map(item => countsIn(item))))
    addTo(whole, '', total)
    for (const [country, counts] of tally) addTo(all, country, counts)
    return { hour: `${hour}:00:00.000Z`, ...trafficView(total, tally, prices) }
  })
  return { hours: shown, totals: trafficView(whole.get('') ?? {}, all, prices) }
}

/** An hour without a name behind it: `2026-11-23T14`. */
const hourLength = 13

function tallyOf(items: FiguresItem[]): Tally {
  const named = items.flatMap(({ countries = [] }) => [...countries])
  const countries = [...new Set(named), otherCountries]
  return new Map(
    countries.map(country => [
      country,
      notNegative(sumOf(items.map(item => countsIn(item, country)))),
    ]),
  )
}

function sumOf(counts: Counts[]): Counts {
  const sum: Tally = new Map()
  for (const one of counts) addTo(sum, '', one)
  return sum.get('') ?? {}
}

/** A count is negative when only a challenge's end fell into the hour. */
function notNegative(counts: Counts): Counts {
  return Object.fromEntries(figureNames.map(name => [name, Math.max(0, counts[name] ?? 0)]))
}

function trafficView(total: Counts, tally: Tally, prices: Prices) {
  const countries = [...tally]
    .filter(([, counts]) => figureNames.some(name => (counts[name] ?? 0) > 0))
    .map(([country, counts]) => ({
      country,
      ...countsView(counts),
      estimatedSpend: dollars((counts.sent ?? 0) * priceOf(country, prices), prices),
    }))
    .sort((a, b) => b.sent - a.sent || (a.country < b.country ? -1 : 1))
  const spend = countries.reduce((sum, { estimatedSpend }) => sum + (estimatedSpend ?? 0), 0)
  return {
    ...countsView(total),
    ...classesView(total),
    estimatedSpend: dollars(spend, prices),
    countries,
  }
}

/** What was sent to established devices, and to all others. */
function classesView(counts: Counts) {
  const { sent = 0, verified = 0, sentEstablished = 0, verifiedEstablished = 0 } = counts
  const others = (all: number, established: number) => Math.max(0, all - established)
  return {
    established: classView(sentEstablished, verifiedEstablished),
    others: classView(others(sent, sentEstablished), others(verified, verifiedEstablished)),
  }
}

function classView(sent: number, verified: number) {
  return { sent, verified, conversion: conversionOf(sent, verified) }
}

function conversionOf(sent: number, verified: number): number | null {
  return sent === 0 ? null : Math.min(1, round(verified / sent, 1e4))
}

function countsView(counts: Counts) {
  const { sent = 0, notSent = 0, verified = 0, failed = 0 } = counts
  const { delivered = 0, undelivered = 0, failedDelivery = 0 } = counts
  return {
    sent,
    notSent,
    verified,
    failed,
    delivery: { delivered, undelivered, failed: failedDelivery },
    conversion: conversionOf(sent, verified),
  }
}

/** Prices have six decimal places; null where no price is given. */
function dollars(sum: number, prices: Prices): number | null {
  return prices.size === 0 ? null : round(sum, 1e6)
}

function round(value: number, places: number): number {
  return Math.round(value * places) / places
}
