// npm run test:faults: runs the fault tests at full length and what is drawn at its usual one (npm run test:long has
// the rest), and prints every measured claim as one table. Ends with 1 when a claim was violated, when a test failed,
// and when nothing was measured.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Figure {
  claim: string
  trials: number
  violations: number
}

const faults = ['integration/faults/', 'lost-answers', 'canaries', 'api/access', 'callbacks']
const drawn = ['model/', 'unit/api/input']
const vitest = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs')

function measure(): { figures: Figure[]; failed: boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'otp-figures-'))
  try {
    const path = join(folder, 'figures.jsonl')
    writeFileSync(path, '')
    const statuses = [
      runTests(faults, { OTP_TEST_LONG: '1', OTP_TEST_FIGURES: path }),
      runTests(drawn, { OTP_TEST_LONG: '', OTP_TEST_FIGURES: path }),
    ]
    const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
    return {
      figures: lines.map(line => JSON.parse(line) as Figure),
      failed: statuses.some(status => status !== 0),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function runTests(files: string[], env: Record<string, string>): number | null {
  const projects = ['--project', 'unit', '--project', 'integration']
  const { status } = spawnSync(
    process.execPath,
    // Deadlines are measured: nothing is to wait for a core.
    [vitest, 'run', ...projects, '--maxWorkers', '50%', '--reporter', 'dot', ...files],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  return status
}

/** One row a claim, whatever number of tests has measured it. */
function summed(figures: Figure[]): Figure[] {
  const byClaim = new Map<string, Figure>()
  for (const { claim, trials, violations } of figures) {
    const sum = byClaim.get(claim) ?? { claim, trials: 0, violations: 0 }
    sum.trials += trials
    sum.violations += violations
    byClaim.set(claim, sum)
  }
  return [...byClaim.values()]
}

function tableOf(figures: Figure[]): string {
  const rows = summed(figures)
    .sort((a, b) => a.claim.localeCompare(b.claim))
    .map(({ claim, trials, violations }) => [claim, String(trials), String(violations)] as const)
  const width = Math.max('claim'.length, ...rows.map(([claim]) => claim.length))
  return [['claim', 'trials', 'violations'] as const, ...rows]
    .map(([claim, trials, violations]) =>
      [claim.padEnd(width), trials.padStart(8), violations.padStart(12)].join(''),
    )
    .join('\n')
}

const { figures, failed } = measure()
const violations = figures.reduce((sum, figure) => sum + figure.violations, 0)
console.log(`\n${tableOf(figures)}`)
if (figures.length === 0) console.error('Nothing was measured.')
else if (violations > 0) console.error(`${violations} violations.`)
else if (failed) console.error('A test failed.')
if (failed || violations > 0 || figures.length === 0) process.exitCode = 1
