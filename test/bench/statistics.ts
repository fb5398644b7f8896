// Medians and percentiles: a mean would be the machine's other users'.

/** The value that so many percent are at most. */
export function percentile(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = Math.ceil((percent / 100) * sorted.length) - 1
  return sorted[Math.max(at, 0)] ?? Number.NaN
}

/** The middle one. */
export function median(values: number[]): number {
  return percentile(values, 50)
}

/** Median and 99th percentile of durations, milliseconds. */
export interface Latency {
  p50: number
  p99: number
}

/** Sums up durations. */
export function latency(durations: number[]): Latency {
  return { p50: median(durations), p99: percentile(durations, 99) }
}
