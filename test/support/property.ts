// Tries a claim on drawn cases: OTP_TEST_RUNS says how many times as many as usual, and OTP_TEST_SEED draws
// those of another day again.
import fc from 'fast-check'
import { type Figure, figure } from './figures.ts'

const times = Number(process.env.OTP_TEST_RUNS ?? 1)
const seed = process.env.OTP_TEST_SEED

/** Whether more is tried than usual. */
export const isLongRun = times > 1

/** Time for a claim with all its runs, for the longest shrinking too. */
export const propertyMs = 120_000 * times

/** Tries a claim so many times; the report has its figure and the seed, and how it fails the shortest way. */
export async function hold(
  claim: Figure['claim'],
  runs: number,
  property: fc.IAsyncProperty<unknown>,
): Promise<void> {
  const details = await fc.check(property, {
    numRuns: runs * times,
    ...(seed !== undefined && { seed: Number(seed) }),
  })
  figure({ claim, trials: details.numRuns, violations: details.failed ? 1 : 0 })
  console.log(`seed ${details.seed}`)
  if (details.failed) {
    throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  }
}
