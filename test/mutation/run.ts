// npm run test:mutation [-- group … --again]: mutates lib/ group by group, and holds what survives
// against survivors.json. With --again only what the code or its tests changed since the last run;
// a constant of a module keeps its result. Ends with 1 when a file that must be flawless has
// another survivor, or fewer than 90 % of all are killed.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { flawless, groups } from './groups.ts'

const root = join(import.meta.dirname, '../..')
const wanted = 90

interface Mutant {
  mutatorName: string
  replacement: string
  status: string
  location: { start: { line: number; column: number }; end: { line: number; column: number } }
}

interface Report {
  files: Record<string, { source: string; mutants: Mutant[] }>
}

/** A mutant that nothing kills, and why. `line` is the line of code as it is, trimmed. */
interface Survivor {
  file: string
  line: string
  mutator: string
  replacement: string
  reason: string
}

const known = JSON.parse(
  readFileSync(join(import.meta.dirname, 'survivors.json'), 'utf8'),
) as Survivor[]

const given = process.argv.slice(2)
const again = given.includes('--again')

function mutate(name: string): Report {
  const report = join(root, `.stryker/${name}.json`)
  rmSync(report, { force: true })
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const how = again ? ['--incremental'] : ['--incremental', '--force']
  const args = [stryker, 'run', 'test/mutation/stryker.conf.mjs', ...how]
  const env = { ...process.env, OTP_MUTATION: name }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) throw new Error(`Stryker did not end well over ${name}.`)
  return JSON.parse(readFileSync(report, 'utf8')) as Report
}

const lives = ({ status }: Mutant) => status === 'Survived' || status === 'NoCoverage'
const counts = ({ status }: Mutant) => !['Ignored', 'CompileError', 'RuntimeError'].includes(status)

function judge(file: string, { source, mutants }: Report['files'][string]) {
  const lines = source.split('\n')
  const survivors = mutants.filter(lives).map(({ location, mutatorName, replacement }) => ({
    file,
    at: location.start.line,
    line: lines[location.start.line - 1]?.trim() ?? '',
    mutator: mutatorName,
    replacement,
  }))
  const isKnown = (one: (typeof survivors)[number]) =>
    known.some(
      other =>
        other.file === file &&
        other.line === one.line &&
        other.mutator === one.mutator &&
        other.replacement === one.replacement,
    )
  const unknown = survivors.filter(one => !isKnown(one))
  const total = mutants.filter(counts).length
  const late = mutants.filter(({ status }) => status === 'Timeout').length
  return {
    file,
    total,
    killed: total - survivors.length,
    late,
    known: survivors.length - unknown.length,
    unknown,
  }
}

function main(names: string[]): number {
  const strange = names.find(name => !(name in groups))
  if (strange !== undefined) {
    console.error(`There is no group ${strange}; there are ${Object.keys(groups).join(', ')}.`)
    return 1
  }
  const results = names.flatMap(name =>
    Object.entries(mutate(name).files).map(([file, report]) => judge(file, report)),
  )
  for (const { unknown } of results) {
    for (const { file, at, line, mutator, replacement } of unknown) {
      console.log(`${file}:${at} ${mutator}\n  ${line}\n  becomes ${replacement}`)
    }
  }
  const all = { file: 'all', total: 0, killed: 0, late: 0, known: 0 }
  for (const { total, killed, late, known } of results) {
    all.total += total
    all.killed += killed
    all.late += late
    all.known += known
  }
  for (const { file, total, killed, late, known } of [...results, all]) {
    const score = `${`${killed}/${total}`.padStart(10)}${((100 * killed) / total).toFixed(1).padStart(8)} %`
    console.log(`${file.padEnd(40)}${score}, ${late} by time, ${known} with a reason`)
  }
  const flawed = results.filter(({ file, unknown }) => flawless.test(file) && unknown.length > 0)
  for (const { file } of flawed) console.error(`${file} has survivors without a reason.`)
  return flawed.length > 0 || all.killed < (all.total * wanted) / 100 ? 1 : 0
}

const wantedGroups = given.filter(argument => argument !== '--again')
process.exitCode = main(wantedGroups.length > 0 ? wantedGroups : Object.keys(groups))
