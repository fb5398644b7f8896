// What was sent and verified, as metrics of the service and of each country. The dashboard draws
// them and the alarms watch them. CloudWatch computes the conversion, verified / (sent - notSent),
// because shares cannot be added up. What is of established devices is of the service alone.
import { addMetrics } from '../log.ts'
import { type Prices, priceOf } from '../settings/prices.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import { type FigureName, figureOfDelivery, ownersFigures } from './names.ts'

const ofOwners: ReadonlySet<string> = new Set(Object.values(ownersFigures))

/** CloudWatch takes no empty value. */
const noCountry = 'unknown'

/**
 * Writes the figures of a batch, one line for each country. Each call counts, so it is called once
 * per batch, at its end.
 */
export function writeTrafficMetrics(changes: TrafficChange[], prices: Prices): void {
  const byCountry = Map.groupBy(changes, ({ device }) => device.country || noCountry)
  for (const [country, ofCountry] of byCountry) {
    const counts = countsOf(ofCountry)
    if (Object.values(counts).every(value => value === 0)) continue
    const { sent = 0, notSent = 0 } = counts
    const dollars = (sent - notSent) * priceOf(country, prices)
    const figures = Object.entries(counts).map(([name, value]) => ({ name, value }))
    const isOfOwners = ({ name }: { name: string }) => ofOwners.has(name)
    addMetrics(
      country,
      [
        ...figures.filter(figure => !isOfOwners(figure)),
        ...(dollars === 0
          ? []
          : [{ name: 'estimatedSpend', value: dollars, unit: 'None' as const }]),
      ],
      figures.filter(isOfOwners),
    )
  }
}

function countsOf(changes: TrafficChange[]): Partial<Record<FigureName, number>> {
  const counts: Partial<Record<FigureName, number>> = {}
  const add = (name: FigureName, by = 1) => {
    counts[name] = (counts[name] ?? 0) + by
  }
  for (const { device, established, events } of changes) {
    const isTest = device.challenge.test === true
    const addOfClass = (name: FigureName, by?: number) => {
      add(name, by)
      if (established && (name === 'sent' || name === 'verified')) add(ownersFigures[name], by)
    }
    for (const event of events) count(event, isTest, addOfClass)
  }
  if (counts.sent === undefined) return counts
  // Zeros are written so that the conversion alarm can divide.
  return { ...counts, notSent: counts.notSent ?? 0, verified: counts.verified ?? 0 }
}

/**
 * Counts an event. A challenge is recognised as a test number's only when it finishes, perhaps in a
 * later batch; then its send is subtracted.
 */
function count(event: DeviceEvent, isTest: boolean, add: (name: FigureName, by?: number) => void) {
  switch (event.type) {
    case 'challenge_started':
      return add('sent')
    case 'challenge_not_sent':
      return event.test ? add('sent', -1) : add('notSent')
    case 'delivery_updated': {
      const name = figureOfDelivery[event.status]
      return name !== undefined && !isTest ? add(name) : undefined
    }
    case 'verified':
    case 'failed':
      return isTest ? undefined : add(event.type)
  }
}
