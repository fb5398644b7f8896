// What was sent and verified, as metrics of the service. The dashboard draws them and the alarms
// watch them; by country they are in the figures, where they have no monthly price. CloudWatch
// computes the conversion, verified / (sent - notSent), because shares cannot be added up.
import { addMetrics } from '../log.ts'
import { type Prices, priceOf } from '../settings/prices.ts'
import type { DeviceEvent } from '../stream/device-event.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import { type FigureName, figureOfDelivery, ownersFigures } from './names.ts'

/**
 * Writes the figures of a batch in one line. Each call counts, so it is called once per batch, at
 * its end.
 */
export function writeTrafficMetrics(changes: TrafficChange[], prices: Prices): void {
  const counts = countsOf(changes)
  if (Object.values(counts).every(value => value === 0)) return
  const dollars = spendOf(changes, prices)
  addMetrics([
    ...Object.entries(counts).map(([name, value]) => ({ name, value })),
    ...(dollars === 0 ? [] : [{ name: 'estimatedSpend', value: dollars, unit: 'None' as const }]),
  ])
}

/** Each country has a price of its own. */
function spendOf(changes: TrafficChange[], prices: Prices): number {
  const byCountry = Map.groupBy(changes, ({ device }) => device.country)
  return [...byCountry].reduce((sum, [country, ofCountry]) => {
    const { sent = 0, notSent = 0 } = countsOf(ofCountry)
    return sum + (sent - notSent) * priceOf(country, prices)
  }, 0)
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
