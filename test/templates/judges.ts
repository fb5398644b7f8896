// The judges: each reads all templates at once, as starting one takes longer than a template does,
// and tells what it finds of each, in one form.
import { devNull } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../tools/programs.ts'
import { findWildcards, type Template } from './wildcards.ts'

/** Something that a judge would have otherwise. */
export interface Finding {
  rule: string
  /** Where in the template. */
  place: string
  message: string
}

/** What a judge says of a template. */
export interface Judged {
  findings: Finding[]
  /** How much was in order, where that is counted. */
  passed: number | null
}

/** Templates to be judged, by their paths in a folder. */
interface Brief {
  /** Folder of the Python tools. */
  python: string
  folder: string
  templates: Record<string, Template>
}

/** All judges, by name; what each says of every template, by its path. */
export const judges: { name: string; judge(brief: Brief): Promise<Record<string, Judged>> }[] = [
  { name: 'cfn-lint', judge: askCfnLint },
  { name: 'checkov', judge: askCheckov },
  { name: 'wildcards', judge: async ({ templates }) => ofEach(templates, findWildcards) },
]

async function askCfnLint(brief: Brief): Promise<Record<string, Judged>> {
  const { templates } = brief
  const args = ['--format', 'json', '--regions', 'us-east-1']
  // It tells what it found by its exit code as well.
  const found: CfnLintMatch[] = await ask(brief, ['cfn-lint', ...args, '--', ...filesOf(brief)])
  return ofEach(templates, (_, file) => ({
    passed: null,
    findings: found
      .filter(({ Filename }) => Filename === file)
      .map(({ Rule, Message, Location }) => ({
        rule: Rule.Id,
        place: Location.Path.join('.'),
        message: Message,
      })),
  }))
}

async function askCheckov(brief: Brief): Promise<Record<string, Judged>> {
  const args = ['--framework', 'cloudformation', '--output', 'json', '--skip-download', '--compact']
  const { results, summary } = await ask(brief, ['checkov', ...args, '--file', ...filesOf(brief)])
  if (summary.parsing_errors > 0) throw new Error('checkov cannot read a template.')
  const checksOf = (checks: CheckovCheck[], file: string) =>
    checks.filter(({ file_path }) => file_path === `/${file}`)
  return ofEach(brief.templates, (_, file) => ({
    passed: checksOf(results.passed_checks, file).length,
    findings: checksOf(results.failed_checks, file).map(({ check_id, check_name, resource }) => ({
      rule: check_id,
      place: resource,
      message: check_name,
    })),
  }))
}

function filesOf({ templates }: Brief): string[] {
  return Object.keys(templates)
}

function ofEach(
  templates: Record<string, Template>,
  judge: (template: Template, file: string) => Judged,
): Record<string, Judged> {
  return Object.fromEntries(
    Object.entries(templates).map(([file, template]) => [file, judge(template, file)]),
  )
}

interface CfnLintMatch {
  Filename: string
  Rule: { Id: string }
  Message: string
  Location: { Path: (string | number)[] }
}

interface CheckovCheck {
  file_path: string
  check_id: string
  check_name: string
  resource: string
}

// biome-ignore lint/suspicious/noExplicitAny: the output of another program, read where it is asked for
async function ask({ python, folder }: Brief, [program = '', ...args]: string[]): Promise<any> {
  const { stdout, output } = await runProgram([join(python, program), ...args], {
    cwd: folder,
    env: { PATH: python, HOME: folder, AWS_CONFIG_FILE: devNull },
  })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`${program} failed: ${output.trim().split('\n').at(-1)}`)
  }
}
