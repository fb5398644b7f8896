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
      if (!can)
        report.cannot(claim, `the template asks for ${text(inTemplate)}, moto made ${text(made)}`)
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
      // Of a failure everything is shown, or nobody could mend it.
      return `  FAILED  ${claim}\n    expected ${text(expected)}\n    found    ${text(found)}`
    })
    .map(line => line.trimEnd())
    .join('\n')
}

function clip(cell: string): string {
  return cell.length > longestCell ? `${cell.slice(0, longestCell - 1)}…` : cell
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
