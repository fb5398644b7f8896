// How much was checked: written by the tests' processes, summed up at the end.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/** A rule of axe-core that held on a screen; a screen that was looked at. */
export type CheckKind = 'axe' | 'screen'

/** Counts checks that held. */
export function countChecks(kind: CheckKind, count: number): void {
  appendFileSync(join(process.env.OTP_TEST_RECORD ?? '.', 'checks.txt'), `${kind} ${count}\n`)
}
