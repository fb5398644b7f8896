// The judges: each reads a template and tells what it finds, in one form.
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

/** A template to be judged. */
interface Brief {
  /** Folder of the Python tools. */
  python: string
  folder: string
  file: string
  template: Template
}

/** All judges, by name. */
export const judges: { name: string; judge(brief: Brief): Promise<Judged> }[] = [
  { name: 'cfn-lint', judge: askCfnLint },
  { name: 'checkov', judge: askCheckov },
  { name: 'wildcards', judge: async ({ template }) => findWildcards(template) },
]

async function askCfnLint(brief: Brief): Promise<Judged> {
  const args = ['--format', 'json', '--regions', 'us-east-1']
  // It tells what it found by its exit code as well.
  const found = await ask(brief, ['cfn-lint', ...args, '--', brief.file])
  return {
    passed: null,
    findings: found.map(({ Rule, Message, Location }: CfnLintMatch) => ({
      rule: Rule.Id,
      place: Location.Path.join('.'),
      message: Message,
    })),
  }
}

async function askCheckov(brief: Brief): Promise<Judged> {
  const args = ['--framework', 'cloudformation', '--output', 'json', '--skip-download', '--compact']
  const { results, summary } = await ask(brief, ['checkov', ...args, '--file', brief.file])
  if (summary.parsing_errors > 0) throw new Error(`checkov cannot read ${brief.file}.`)
  return {
    passed: summary.passed,
    findings: results.failed_checks.map(({ check_id, check_name, resource }: CheckovCheck) => ({
      rule: check_id,
      place: resource,
      message: check_name,
    })),
  }
}

interface CfnLintMatch {
  Rule: { Id: string }
  Message: string
  Location: { Path: (string | number)[] }
}

interface CheckovCheck {
  check_id: string
  check_name: string
  resource: string
}

// biome-ignore lint/suspicious/noExplicitAny: the output of another program, read where it is asked for
async function ask({ python, folder }: Brief, [program = '', ...args]: string[]): Promise<any> {
  const { stdout, output } = await runProgram([join(python, program), ...args], {
    cwd: folder,
    env: { PATH: python, HOME: folder, AWS_CONFIG_FILE: devNull, PYTHONDONTWRITEBYTECODE: '1' },
  })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`${program} failed: ${output.trim().split('\n').at(-1)}`)
  }
}
