// How much the tests try: a sample in npm test, the whole number in the long runs.

/** Whether this is a long run. */
export const isLong = process.env.OTP_TEST_LONG === '1'

/** The number of trials of this run. */
export function trials({ sample, long }: { sample: number; long: number }): number {
  return isLong ? long : sample
}

/** The inputs that one property is tried with; OTP_TEST_RUNS decides in a long run. */
export function propertyRuns({ sample, long }: { sample: number; long: number }): number {
  return isLong ? Number(process.env.OTP_TEST_RUNS ?? long) : sample
}
