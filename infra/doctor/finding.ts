// What the doctor finds: one line a check, and with each failure what mends it.
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** The end of one check. */
export interface Finding {
  /** What was looked at. */
  what: string
  state: 'ok' | 'failed' | 'not checked'
  said: string
  /** What to do about a failure. */
  mend?: string
}

/** A check that AWS did not answer. */
export function unanswered(
  what: string,
  error: AwsError,
  { stage, permission, place }: { stage: Stage; permission: string; place: string },
): Finding {
  const where = `${place} (${stage.region})`
  const otherwise = `${where} could not be read (${nameOf(error)}).`
  const said = failureOf(error, { permission, place: where, otherwise }).replace(/\.$/, '')
  return { what, state: 'failed', said }
}

/** All findings, one line each. */
export function printFindings(findings: Finding[]): void {
  const width = Math.max(...findings.map(({ what }) => what.length))
  for (const { what, state, said, mend } of findings) {
    console.log(`  ${state.padEnd(11)}  ${what.padEnd(width)}  ${said}${mend ? `: ${mend}` : ''}`)
  }
}
