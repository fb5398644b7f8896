// The hours of the figures as columns of a chart. Pure functions.
import type { Figures } from './api.ts'

/** One column of a chart. */
export interface Column {
  /** Start, RFC 3339. */
  from: string
  sent: number
  verified: number
  /** Share verified of sent; null where nothing was sent. */
  conversion: number | null
  /** Dollars; null where a price is missing. */
  spend: number | null
}

const mostColumns = 28

/** Groups hours into columns that are wide enough to see. The last column is still running. */
export function columnsOf(hours: Figures['hours']): Column[] {
  const step = [1, 3, 6].find(step => hours.length / step <= mostColumns) ?? hours.length
  const columns: Column[] = []
  for (let n = 0; n < hours.length; n += step) columns.push(merge(hours.slice(n, n + step)))
  return columns
}

function merge(hours: Figures['hours']): Column {
  const sum = (of: (hour: Figures['hours'][number]) => number) =>
    hours.reduce((total, hour) => total + of(hour), 0)
  const sent = sum(hour => hour.sent)
  const verified = sum(hour => hour.verified)
  const isPriced = hours.every(({ estimatedSpend }) => estimatedSpend !== null)
  return {
    from: hours[0]?.hour ?? '',
    sent,
    verified,
    conversion: sent === 0 ? null : Math.min(1, verified / sent),
    spend: isPriced ? sum(({ estimatedSpend }) => estimatedSpend ?? 0) : null,
  }
}

/** Returns the top of a scale: the lowest of 1, 2, 5, 10, 20 … that no value exceeds. */
export function scaleTop(values: number[]): number {
  const most = Math.max(...values)
  if (!(most > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map(step => step * power).find(top => top >= most) ?? most
}
