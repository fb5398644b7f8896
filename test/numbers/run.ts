// npm run numbers: holds how numbers are read against Google's own library (phonenumbers on PyPI),
// of the version that our metadata is of. Its examples of every type of every region are spelled as
// it formats them, and as phones and people hand them in. No E.164 and no country may differ but by
// a listed reason.
import { join } from 'node:path'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { readNumber } from '../../lib/device/number.ts'
import { e164 } from '../../lib/formats.ts'
import { Problem } from '../../lib/problem.ts'
import { endPrograms, programPath, runProgram } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'

const longestMs = 5 * 60_000
const fewestSpellings = 60_000

const help = `Usage: npm run numbers

Has Google's own library spell its examples of every type of number of every region, and holds what the service reads
of each spelling against the number that was meant. It needs python3, and installs phonenumbers into .local/venv.
Exit code 1: one is read otherwise; ${toolsMissingExitCode}: the library cannot be had on this machine.`

/** E.164 and country; null is no number. */
type Read = [e164: string, country: string] | null

interface Spelling {
  text: string
  country: string | null
  kind: string
  /** What Google makes of it. */
  google: Read
  /** What was meant; null where Google's answer is all there is to say. */
  meant: Read
}

/** What Google's library formats itself, or is drawn: its own reading is the right one. */
const plainKinds = [
  ...['E.164', 'international', 'link', 'national', 'national digits'],
  ...['possible', 'one digit more'],
]

/** Why a reading may differ from Google's, and where that is so. */
const reasons: Record<string, (spelling: Spelling, ours: Read) => boolean> = {
  'E.164 has 7 to 15 digits': (spelling, ours) =>
    ours === null && !e164.test(rightOf(spelling)?.[0] ?? ''),
  'Bonaire, Tristan da Cunha and Man have not the lengths of those whose code they share': (
    spelling,
    ours,
  ) => ours === null && ['BQ', 'TA', 'IM'].includes(rightOf(spelling)?.[1] ?? ''),
  'a 0 that is dialled within the country alone is dropped': (spelling, ours) =>
    rightOf(spelling) === null && ours !== null && isWithZero(spelling.text, ours[0]),
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('numbers', stop)
try {
  takeNoArguments('numbers', help)
  process.exitCode = compare(await spell(await ensurePython()))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
}

async function spell(python: string): Promise<Spelling[]> {
  const script = join(import.meta.dirname, 'spellings.py')
  const ended = await runProgram([join(python, 'python'), script], {
    cwd: import.meta.dirname,
    env: { ...(process.env as Record<string, string>), PATH: programPath },
    longestMs,
  })
  if (ended.code !== 0) throw new Error(ended.output)
  const lines = ended.stdout.trim().split('\n')
  return lines.map(line => {
    const [text, country, kind, google, meant] = JSON.parse(line)
    return { text, country, kind, google, meant }
  })
}

function rightOf({ kind, google, meant }: Spelling): Read {
  return plainKinds.includes(kind) ? google : meant
}

/** Prints a line for each kind, and each that differs; returns the exit code. */
function compare(spellings: Spelling[]): number {
  let differing = 0
  for (const [kind, ofKind] of Map.groupBy(spellings, one => one.kind)) {
    const strange: string[] = []
    let explained = 0
    for (const spelling of ofKind) {
      const ours = read(spelling)
      const right = rightOf(spelling)
      if (String(ours) === String(right)) continue
      if (Object.values(reasons).some(holds => holds(spelling, ours))) explained++
      else strange.push(`  ${JSON.stringify(spelling.text)} is ${ours}, and not ${right}`)
    }
    console.log(
      `${kind}: ${ofKind.length} spellings, ${strange.length} differ, ${explained} by a reason`,
    )
    for (const line of strange.slice(0, 20)) console.log(line)
    differing += strange.length
  }
  console.log(`${spellings.length} spellings, ${differing} differ.`)
  for (const reason of Object.keys(reasons)) console.log(`May differ: ${reason}.`)
  if (spellings.length < fewestSpellings) console.error(`${fewestSpellings} spellings are wanted.`)
  return differing === 0 && spellings.length >= fewestSpellings ? 0 : 1
}

function read({ text, country }: Spelling): Read {
  try {
    const { number, country: found } = readNumber(text, country)
    return [number, found]
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_number') return null
    throw error
  }
}

/** Whether a spelling is a number with one 0 more, within it; it may come after 00. */
function isWithZero(text: string, number: string): boolean {
  const digits = text.replace(/\D/g, '').replace(/^00/, '')
  return [1, 2, 3].some(
    length => digits === `${number.slice(1, 1 + length)}0${number.slice(1 + length)}`,
  )
}

function stop(): void {
  endPrograms()
  process.exit(1)
}
