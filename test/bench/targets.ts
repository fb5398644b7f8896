// The promises that the bench holds the service to, each a ratio of medians of one invocation, or a
// size.
import { readersOf } from './bill.ts'
import type { Billed, Results } from './results.ts'

/** A promise and what became of it; `found` is null where it could not be measured. */
export interface Target {
  name: string
  found: number | null
  most: number
  met: boolean
}

/** All promises. */
export function judge(results: Results): Target[] {
  const { bundles, loads, warm, growth } = results
  const p50 = (of: Results['growth'] | Results['warm'], name: string) => of?.[name]?.p50 ?? null
  const ratio = (a: number | null, b: number | null) => (a === null || b === null ? null : a / b)
  const found: [name: string, found: number | null, most: number][] = [
    ['verify loads, against the bare client', loads.verify?.loadRatio ?? null, 0.7],
    [
      'challenge loads, Twilio included, against the bare client',
      loads.challenge?.loadRatio ?? null,
      1.3,
    ],
    [
      'warm verify, against the bare UpdateItem',
      ratio(p50(warm, 'verify'), p50(warm, 'bare UpdateItem of verify')),
      1.1,
    ],
    ["verify's zip, KB of 1,000 bytes", (bundles.verify?.zipBytes ?? 0) / 1000, 85],
    ['verify in memory, against the bare client', loads.verify?.rssRatio ?? null, 1.15],
    [
      'verify with 1,000,000 devices, against 1,000',
      ratio(
        p50(growth, 'verify, 1,000,000 devices in the table'),
        p50(growth, 'verify, 1,000 devices in the table'),
      ),
      1.1,
    ],
  ]
  return [...targetsOf(found), ...judgeBill(results)]
}

/** Those about what a login costs, and about what has to keep up with it. */
export function judgeBill(billed: Billed): Target[] {
  const { lowRate, fullBatches } = billed.bill
  const slowest = Math.min(...Object.values(readersOf(billed)).map(one => one.recordsASecond))
  return targetsOf([
    ['a million logins at a low rate, dollars', lowRate.total, 18],
    ['a million logins in full batches, dollars', fullBatches.total, 14.8],
    ['a full partition, against what a reader takes of a shard', 1_000 / slowest, 1],
  ])
}

function targetsOf(found: [name: string, found: number | null, most: number][]): Target[] {
  return found.map(([name, value, most]) => ({
    name,
    found: value,
    most,
    met: value !== null && value <= most,
  }))
}
