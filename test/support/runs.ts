// How much the tests try: a sample in npm test, the whole number in the long runs.

/** Whether this is a long run: npm run test:long. */
export const isLong = process.env.OTP_TEST_LONG === '1'

/** The number of trials of this run. */
export function trials({ sample, long }: { sample: number; long: number }): number {
  return isLong ? long : sample
}

const inputs = 1_000_000

/** The inputs that one property is tried with: in a long run its share of a million. */
export function propertyRuns({ sample, share }: { sample: number; share: number }): number {
  return isLong ? Math.ceil(inputs * share) : sample
}
