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
import { packageStage, type Stage, stages } from './stages.ts'

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
    const all: Judged[] = []
    for (const stage of stages) all.push(...(await judgeStage(python, copy.folder, stage)))
    return conclude(all)
  } finally {
    await copy.remove()
  }
}

async function judgeStage(python: string, folder: string, stage: Stage): Promise<Judged[]> {
  const found: Judged[] = []
  for (const { of, file } of await packageStage(folder, stage)) {
    const template = JSON.parse(await readFile(join(folder, file), 'utf8'))
    const count = Object.keys(template.Resources).length
    console.log(`\n${stage.name}, ${of}, ${file.split('/').at(-1)}: ${count} resources`)
    for (const { name, judge } of judges) {
      const judged = await judge({ python, folder, file, template })
      const failing = judged.findings.filter(({ rule }) => !(rule in accepted))
      const passed = judged.passed === null ? '' : `${judged.passed} passed, `
      const suppressed = judged.findings.length - failing.length
      console.log(`  ${name.padEnd(9)} ${passed}${failing.length} found, ${suppressed} accepted`)
      for (const { rule, place, message } of failing)
        console.log(`    ${rule} ${place}: ${message}`)
      found.push(judged)
    }
  }
  return found
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
