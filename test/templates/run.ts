// npm run judge: cfn-lint, checkov and a search for wildcards, on every template that npm run
// package makes. What they may find is in accepted.ts, with its reason; what is accepted and not
// found is told as well.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takeNoArguments } from '../../infra/commands/npm.ts'
import { endPrograms } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { copyService } from '../tools/service-copy.ts'
import { type Accepted, accepted } from './accepted.ts'
import { type Judged, judges } from './judges.ts'
import { packageStage, stages } from './stages.ts'
import type { Template } from './wildcards.ts'

const help = `Usage: npm run judge

Packages every kind of stage and has its templates judged: by cfn-lint, by checkov, and by a search for wildcards
in what IAM allows. It needs python3, and installs both into .local/venv. Exit code 1: something was found that is
not accepted in test/templates/accepted.ts, or accepted and not found; ${toolsMissingExitCode}: they cannot be had on this machine.`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endPrograms()
    process.exit(1)
  })
}
try {
  takeNoArguments('judge', help)
  process.exitCode = await judge()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
}

async function judge(): Promise<number> {
  const python = await ensurePython()
  const copy = await copyService('judge')
  try {
    const templates: Record<string, Template> = {}
    for (const stage of stages) {
      for (const file of await packageStage(copy.folder, stage)) {
        templates[file] = JSON.parse(await readFile(join(copy.folder, file), 'utf8'))
      }
    }
    const brief = { python, folder: copy.folder, templates }
    const judged = await Promise.all(
      judges.map(async ({ name, judge }) => ({ name, of: await judge(brief) })),
    )
    for (const [file, { Resources }] of Object.entries(templates)) {
      console.log(`\n${file}: ${Object.keys(Resources).length} resources`)
      for (const { name, of } of judged) printJudged(name, of[file]!)
    }
    return conclude(judged.flatMap(({ of }) => Object.values(of)))
  } finally {
    await copy.remove()
  }
}

function printJudged(name: string, { findings, passed }: Judged): void {
  const failing = findings.filter(({ rule }) => !(rule in accepted))
  const counted = passed === null ? '' : `${passed} passed, `
  const suppressed = findings.length - failing.length
  console.log(`  ${name.padEnd(9)} ${counted}${failing.length} found, ${suppressed} accepted`)
  for (const { rule, place, message } of failing) console.log(`    ${rule} ${place}: ${message}`)
}

function conclude(all: Judged[]): number {
  const findings = all.flatMap(judged => judged.findings)
  const entries = Object.entries<Accepted>(accepted)
  console.log('\nAccepted, by rule:\n')
  for (const [rule, { what, reason }] of entries) {
    const count = findings.filter(finding => finding.rule === rule).length
    console.log(`  ${rule} (${count}) ${what}: ${reason}`)
  }
  const failing = findings.filter(({ rule }) => !(rule in accepted)).length
  const unused = entries.filter(([rule]) => !findings.some(finding => finding.rule === rule))
  for (const [rule] of unused) console.error(`${rule} is accepted and was not found: take it out.`)
  console.log(
    `\n${failing} found, ${findings.length - failing} accepted by ${entries.length} rules.`,
  )
  return failing + unused.length === 0 ? 0 : 1
}
