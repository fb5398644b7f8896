// Wildcards in what IAM allows: in an action, a resource, a principal, or the source that may
// invoke a function.
import type { Judged } from './judges.ts'

/** A CloudFormation template. */
export interface Template {
  Resources: Record<string, { Type: string; Properties?: unknown }>
}

/**
 * Finds every wildcard, and counts the values that have none. The streams of one log group may end
 * in one, and so may the objects of one bucket of the template: their names are not known before.
 */
export function findWildcards({ Resources }: Template): Judged {
  const judged = { findings: [] as Judged['findings'], passed: 0 }
  for (const [id, { Type, Properties }] of Object.entries(Resources)) {
    const values = [
      ...statementsIn(Properties).flatMap(valuesOf),
      ...(Type === 'AWS::Lambda::Permission' ? [sourceOf(Properties as Permission)] : []),
    ]
    for (const { value, rule } of values) {
      const text = textOf(value)
      if (!/[*?]/.test(text) || isLogStream(text) || areObjects(text)) judged.passed += 1
      else judged.findings.push({ rule, place: id, message: text })
    }
  }
  return judged
}

interface Statement {
  Effect: string
  [element: string]: unknown
}

interface Permission {
  SourceArn?: unknown
  Principal?: unknown
}

/** A statement is whatever has an effect, however deep it lies. */
function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(statementsIn)
  return 'Effect' in value ? [value as Statement, ...inner] : inner
}

function valuesOf(statement: Statement) {
  const rule = statement.Effect === 'Deny' ? 'WILDCARD_DENY' : 'WILDCARD_ALLOW'
  const elements = ['Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'NotPrincipal']
  return elements
    .flatMap(element => statement[element] ?? [])
    .flatMap(value => (isPrincipal(value) ? Object.values(value).flat() : [value]))
    .map(value => ({ value, rule }))
}

function isPrincipal(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    /AWS|Service|Federated/.test(Object.keys(value).join())
  )
}

/** A permission without a source is one for everybody whom the service serves. */
function sourceOf({ SourceArn }: Permission) {
  return SourceArn === undefined
    ? { value: '*', rule: 'WILDCARD_ALLOW' }
    : { value: SourceArn, rule: 'WILDCARD_INVOKE' }
}

/** A value as it is written; CloudFormation's functions keep their parameters. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isLogStream(text: string): boolean {
  return /:log-group:[^*?]+:\*["}\]]*$/.test(text)
}

function areObjects(text: string): boolean {
  return /^\{"Fn::Sub":"\$\{\w+\.Arn\}\/\*"\}$/.test(text)
}
