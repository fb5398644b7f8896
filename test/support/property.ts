// Tries a claim on drawn cases, in a long run on twenty times as many; OTP_TEST_SEED draws those of
// another day again.
import fc from 'fast-check'
import { type Figure, figure } from './figures.ts'
import { isLong } from './runs.ts'

const times = isLong ? 20 : 1
const seed = process.env.OTP_TEST_SEED

/** Time for a claim with all its runs, for the longest shrinking too. */
export const propertyMs = 120_000 * times

/**
 * Tries a claim so many times; the report has its figure and the seed, and how it fails the
 * shortest way.
 */
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
