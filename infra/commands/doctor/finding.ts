// What the doctor finds: one line a check, and with each failure what mends it.
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** The end of one check. */
export interface Finding {
  /** What was looked at. */
  what: string
  /** A warning is of something that works, and costs or ends; it fails nothing. */
  state: 'ok' | 'warning' | 'failed' | 'not checked'
  said: string
  /** What to do about a failure or a warning. */
  mend?: string
}

/** A failure and its mend. */
export function failed(what: string, said: string, mend: string): Finding {
  return { what, state: 'failed', said, mend }
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
export function linesOf(findings: Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length))
  return findings.map(
    ({ what, state, said, mend }) =>
      `  ${state.padEnd(11)}  ${what.padEnd(width)}  ${said}${mend ? `: ${mend}` : ''}`,
  )
}

/** What it comes to, in one sentence. */
export function verdictOf(findings: Finding[]): { hasFailed: boolean; said: string } {
  const countOf = (wanted: Finding['state']) =>
    findings.filter(({ state }) => state === wanted).length
  const [failures, warnings] = [countOf('failed'), countOf('warning')]
  const warned = warnings === 1 ? '1 warning' : `${warnings} warnings`
  if (failures > 0) return { hasFailed: true, said: `${failures} of ${findings.length} failed.` }
  return { hasFailed: false, said: warnings > 0 ? `Nothing failed; ${warned}.` : 'All is well.' }
}
