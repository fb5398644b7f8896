// What the rehearsal claims, what was expected and what was found; and, apart from it, what moto
// cannot do.
import { isDeepStrictEqual } from 'node:util'

interface Row {
  claim: string
  expected: unknown
  found: unknown
  ok: boolean
  /** How the table shows what was expected and found. */
  shown: string
}

/** Collects rows and prints them as tables. */
export interface Report {
  /** Names what the next claims are about. */
  begin(subject: string): void
  /**
   * A claim that holds when both are deeply equal; `shown` says in short what it is that was found
   * then.
   */
  check(claim: string, expected: unknown, found: unknown, shown?: string): void
  /**
   * A claim about what the template asks for, and about what was made of it: where moto made
   * something else, that is not held against the template, but said under a heading of its own.
   */
  asked(claim: string, expected: unknown, inTemplate: unknown, made: unknown): void
  /** Something that cannot be rehearsed, and what was seen of it. */
  cannot(what: string, observed: string): void
  print(): void
  failed: number
}

const longestCell = 90
const longestFailure = 300

/** Starts an empty report. */
export function startReport(): Report {
  const subjects: { subject: string; rows: Row[] }[] = []
  const limits: [what: string, observed: string][] = []

  const report: Report = {
    failed: 0,
    begin(subject) {
      subjects.push({ subject, rows: [] })
    },
    check(claim, expected, found, shown = text(expected)) {
      const ok = isDeepStrictEqual(expected, found)
      if (!ok) report.failed += 1
      subjects.at(-1)?.rows.push({ claim, expected, found, ok, shown })
    },
    asked(claim, expected, inTemplate, made) {
      const can = isDeepStrictEqual(expected, made)
      report.check(can ? claim : `${claim} (template alone)`, expected, can ? made : inTemplate)
      if (can) return
      const [asked, other] = [inTemplate, made].map(one => clip(text(one), longestFailure))
      report.cannot(claim, `the template asks for ${asked}, moto made ${other}`)
    },
    cannot(what, observed) {
      if (!limits.some(([known]) => known === what)) limits.push([what, observed])
    },
    print() {
      for (const { subject, rows } of subjects) console.log(`\n${subject}\n\n${table(rows)}`)
      const count = subjects.flatMap(({ rows }) => rows).length
      if (limits.length > 0) {
        console.log('\nWhat moto cannot do, and what was seen instead (not counted as checked)\n')
      }
      for (const [what, observed] of limits) console.log(`  - ${what}: ${observed}`)
      console.log(`\n${count - report.failed} of ${count} claims hold.`)
    },
  }
  return report
}

function table(rows: Row[]): string {
  const width = Math.max(...rows.map(({ claim }) => claim.length))
  return rows
    .map(({ claim, expected, found, ok, shown }) => {
      if (ok) return `  ok      ${claim.padEnd(width)}  ${clip(shown)}`
      const [wanted, other] = onlyOther(expected, found).map(one => clip(text(one), longestFailure))
      return `  FAILED  ${claim}\n    expected ${wanted}\n    found    ${other}`
    })
    .map(line => line.trimEnd())
    .join('\n')
}

/** Of two objects what differs, however deep it lies. */
function onlyOther(expected: unknown, found: unknown): [unknown, unknown] {
  if (!isRecord(expected) || !isRecord(found)) return [expected, found]
  const names = Object.keys({ ...expected, ...found })
  const other = names.filter(name => !isDeepStrictEqual(expected[name], found[name]))
  const pairs = other.map(name => [name, onlyOther(expected[name], found[name])] as const)
  const side = (of: 0 | 1) => Object.fromEntries(pairs.map(([name, pair]) => [name, pair[of]]))
  return [side(0), side(1)]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function clip(cell: string, longest = longestCell): string {
  return cell.length > longest ? `${cell.slice(0, longest - 1)}…` : cell
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(item => typeof item === 'string')) {
    return value.join(', ') || 'none'
  }
  return (
    JSON.stringify(value)
      ?.replaceAll(/"(\w+)":/g, '$1: ')
      .replaceAll('"', '')
      .replaceAll(',', ', ') ?? 'nothing'
  )
}
