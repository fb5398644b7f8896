// Tries a claim on drawn cases; OTP_TEST_SEED draws those of another day again.
import fc from 'fast-check'
import { type Figure, figure } from './figures.ts'
import { isLong, trials } from './runs.ts'

/** Time for a claim with all its runs, for the longest shrinking too. */
export const propertyMs = isLong ? 2_400_000 : 120_000

/**
 * How many cases are drawn. With `seed` the sample is the same each time; a long run draws others.
 */
export interface Runs {
  sample: number
  long: number
  seed?: number
}

/**
 * Tries a claim so many times; the report has its figure and the seed, and how it fails the
 * shortest way.
 */
export async function hold(
  claim: Figure['claim'],
  runs: Runs,
  property: fc.IAsyncProperty<unknown>,
): Promise<void> {
  const seed = process.env.OTP_TEST_SEED ?? (isLong ? undefined : runs.seed)
  const details = await fc.check(property, {
    numRuns: trials(runs),
    ...(seed !== undefined && { seed: Number(seed) }),
  })
  figure({ claim, trials: details.numRuns, violations: details.failed ? 1 : 0 })
  console.log(`seed ${details.seed}`)
  if (details.failed) {
    throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance })
  }
}
