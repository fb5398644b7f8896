// What a test has measured of a claim: shown with the report, and kept for a table where
// OTP_TEST_FIGURES names a file.
import { appendFileSync } from 'node:fs'

/** How often a claim was tried, and how often it did not hold. */
export interface Figure {
  /** One sentence in the present tense. */
  claim: string
  trials: number
  violations: number
}

/** Reports a figure. */
export function figure({ claim, trials, violations }: Figure): void {
  console.log(`${claim}: ${trials.toLocaleString('en')} trials, ${violations} violations`)
  const file = process.env.OTP_TEST_FIGURES
  if (file) appendFileSync(file, `${JSON.stringify({ claim, trials, violations })}\n`)
}
