// What is counted of the traffic, by hour and by country of the number: a pure rule over the
// changes of the stream.

import type { DeviceEvent } from '../stream/device-event.ts'
import type { TrafficChange } from '../stream/traffic-change.ts'
import { hourOf } from './hours.ts'
import { type FigureName, figureNames, figureOfDelivery, ownersFigures } from './names.ts'

/**
 * Counts by figure; an absent one is zero. `sent` is negative when a batch holds only the
 * end of a challenge.
 */
export type Counts = Partial<Record<FigureName, number>>

/** Counts by country (ISO 3166-1 alpha-2). */
export type Tally = Map<string, Counts>

/**
 * Stands for numbers without a known country, and for the countries that an hour has no room for.
 */
export const otherCountries = 'ZZ'

/**
 * Counts changes by hour. A message, and the verification of its token, belong to the hour in which
 * its challenge started, so that an hour's conversion is that of its own messages. Everything else
 * belongs to the hour in which it happens. Test numbers are not counted.
 */
export function tallyChanges(changes: TrafficChange[]): Map<string, Tally> {
  const hours = new Map<string, Tally>()
  for (const change of changes) {
    for (const { figure, by, at } of countedOf(change)) {
      const hour = hourOf(at)
      const tally = hours.get(hour) ?? new Map()
      addTo(tally, countryOf(change), { [figure]: by })
      hours.set(hour, tally)
    }
  }
  for (const [hour, tally] of hours) {
    for (const [country, counts] of tally) if (isNothing(counts)) tally.delete(country)
    if (tally.size === 0) hours.delete(hour)
  }
  return hours
}

/** Adds counts to those of a country. */
export function addTo(tally: Tally, country: string, counts: Counts): void {
  const sum = { ...tally.get(country) }
  for (const name of figureNames) {
    const count = (sum[name] ?? 0) + (counts[name] ?? 0)
    if (count === 0) delete sum[name]
    else sum[name] = count
  }
  tally.set(country, sum)
}

function isNothing(counts: Counts): boolean {
  return Object.keys(counts).length === 0
}

interface Counted {
  figure: FigureName
  by: 1 | -1
  at: number
}

function countedOf({ at, device, established, events }: TrafficChange): Counted[] {
  const isTest = device.challenge.test === true
  const isNotSent = events.some(({ type }) => type === 'challenge_not_sent')
  const counted = (event: DeviceEvent): Counted[] => {
    switch (event.type) {
      // A test number's challenge too: only `challenge_not_sent` shows that it is
      // one, and subtracts it.
      case 'challenge_started':
        return [{ figure: 'sent', by: 1, at: event.at }]
      case 'challenge_not_sent': {
        const correction: Counted = { figure: 'sent', by: -1, at: event.at }
        return event.test ? [correction] : [correction, { figure: 'notSent', by: 1, at: event.at }]
      }
      case 'verified':
        return isTest ? [] : [{ figure: 'verified', by: 1, at: event.at }]
      case 'failed':
        return isTest ? [] : [{ figure: 'failed', by: 1, at }]
      case 'delivery_updated': {
        const figure = figureOfDelivery[event.status]
        // For a message that was not sent, the update only repeats that.
        return isTest || isNotSent || figure === undefined ? [] : [{ figure, by: 1, at }]
      }
      default:
        return []
    }
  }
  const all = events.flatMap(counted)
  return established ? [...all, ...all.flatMap(ofOwner)] : all
}

/** What an established device counts besides. */
function ofOwner({ figure, ...counted }: Counted): Counted[] {
  if (figure !== 'sent' && figure !== 'verified') return []
  return [{ ...counted, figure: ownersFigures[figure] }]
}

function countryOf({ device }: TrafficChange): string {
  return /^[A-Z]{2}$/.test(device.country) ? device.country : otherCountries
}
