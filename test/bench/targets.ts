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

type Claim = [name: string, found: number | null, most: number]

/** What SSM's 40 calls a second serve in the 4.5 seconds of a verification. */
const served = 40 * 4.5

/** All promises. */
export function judge(results: Results): Target[] {
  const { bundles, loads, warm, proofs, growth, firstAnswersOverTls, waves } = results
  const p50 = (of: Results['growth'] | Results['warm'], name: string) => of?.[name]?.p50 ?? null
  const ratio = (a: number | null, b: number | null) => (a === null || b === null ? null : a / b)
  const found: Claim[] = [
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
    [
      'of it for proofs, KB of 1,000 bytes',
      (proofs.zipBytes.with - proofs.zipBytes.without) / 1000,
      2,
    ],
    ['a proof, processor ms', proofs.processorMs.with - proofs.processorMs.without, 1],
    ['verify in memory, against the bare client', loads.verify?.rssRatio ?? null, 1.15],
    [
      'verify with 1,000,000 devices, against 1,000',
      ratio(
        p50(growth, 'verify, 1,000,000 devices in the table'),
        p50(growth, 'verify, 1,000 devices in the table'),
      ),
      1.1,
    ],
    ...firstAnswersOverTls
      .filter(({ memoryMb }) => memoryMb === 256)
      .map(
        ({ name, ratio }): Claim => [
          `first answer of ${name}, made ready while it loads, against in its request`,
          ratio,
          0.8,
        ],
      ),
    ...waves.map(
      ({ asked, wave }): Claim => [
        `503s of ${wave.containers} cold containers of ${asked}`,
        (wave.statuses[503] ?? 0) + wave.spent * wave.containers + wave.bare * wave.containers,
        asked === 'challenge' ? 0 : 1.1 * (wave.containers - served),
      ],
    ),
  ]
  return [...targetsOf(found), ...judgeBill(results)]
}

/** Those about what a login costs, and about what has to keep up with it. */
export function judgeBill(billed: Billed): Target[] {
  const { lowRate, fullBatches } = billed.bill
  const { lowRate: lowBefore = lowRate, fullBatches: fullBefore = fullBatches } =
    billed.without['the timeline'] ?? {}
  const slowest = Math.min(...Object.values(readersOf(billed)).map(one => one.recordsASecond))
  return targetsOf([
    ['a million logins at a low rate, dollars, without the timeline', lowBefore.total, 18],
    ['a million logins in full batches, dollars, without the timeline', fullBefore.total, 14.8],
    ['the timeline of a million logins, dollars', lowRate.total - lowBefore.total, 2.5],
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
