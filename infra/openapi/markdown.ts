// The document as a page for people: every operation, every schema, and every code with what it
// means and what to do then.
import { type Advice, type AdviceGroup, advice } from '../../lib/openapi/advice.ts'
import { type ProblemCode, problems } from '../../lib/problem.ts'
import {
  type Document,
  type Operation,
  operationsOf,
  type Parameter,
  problemsOf,
  referredName,
  type Schema,
  successOf,
} from './openapi.ts'

/** Returns the reference page. */
export function toReference(document: Document): string {
  const { info, tags, components } = document
  const operations = operationsOf(document)
  const ofTag = (tag: string) => operations.filter(one => one.tags.includes(tag))
  const schemas = Object.entries(components.schemas).filter(
    ([name]) => !name.endsWith('Problem') && name !== 'GatewayThrottled',
  )
  return page([
    '# The API, route by route',
    '`npm run openapi` writes this page out of [openapi.json](openapi.json). [api.md](api.md) explains.',
    `${info.summary} ${info.description}`,
    '- [Codes](#codes)\n- [Schemas](#schemas)',
    ...tags.flatMap(({ name, description }) => [
      `## ${capital(name)}`,
      description,
      ...ofTag(name).flatMap(operation => operationSection(operation, document)),
    ]),
    '## Codes',
    'Each is the `code` of a problem (RFC 9457), whose `type` is the URN of the code, on every stage and wherever the service runs.',
    ...(Object.keys(problems) as ProblemCode[]).flatMap(code =>
      codeSection(code, components.schemas, operations),
    ),
    '## Schemas',
    ...schemas.flatMap(([name, schema]) => schemaSection(name, schema)),
  ])
}

const groups: [AdviceGroup, title: string][] = [
  ['any route', 'Of any route'],
  ['devices', 'Of devices'],
  ['a challenge', 'Of a challenge'],
  ['verify', 'Of verify'],
  ['support', 'Rarely seen'],
]

/** Returns the codes as docs/api.md lists them: a heading each, in their groups. */
export function toCodes(): string {
  const entries = Object.entries(advice) as [ProblemCode, Advice][]
  return page(
    groups.flatMap(([group, title]) => [
      `### ${title}`,
      ...entries
        .filter(([, one]) => one.group === group)
        .flatMap(([code]) => [`#### ${code}`, `${problems[code].status}. ${adviceOf(code)}`]),
    ]),
  )
}

function adviceOf(code: ProblemCode): string {
  const { meaning, next } = advice[code]
  return `${meaning} **Next:** ${next}`.replaceAll(/\bOTP_\w+/g, '`$&`')
}

function operationSection(operation: Operation, { components }: Document): string[] {
  const { route, operationId, summary, description, parameters = [], requestBody } = operation
  const { status, schema } = successOf(operation)
  const body = requestBody?.content['application/json'].schema
  const own = problemsOf(operation)
    .map(name => codeOf(components.schemas[name]))
    .filter(code => advice[code as ProblemCode].group !== 'any route')
  return [
    `### ${summary}`,
    `\`${route}\` (\`${operationId}\`)`,
    description,
    ...(parameters.length > 0 ? [table('parameter', parameters.map(parameterRow))] : []),
    ...(body ? [table('member of the body', memberRows(body))] : []),
    `Answers ${status}${schema ? `, ${typeOf(schema)}` : ''}; ${[...own.map(linked), 'or a code of any route'].join(', ')}.`,
  ]
}

function parameterRow({
  name,
  in: place,
  required,
  description = '',
  schema,
}: Parameter): string[] {
  return [`\`${name}\``, typeOf(schema), `${place}${required ? '' : ', optional'}`, description]
}

function codeSection(
  code: ProblemCode,
  schemas: Record<string, Schema>,
  operations: Operation[],
): string[] {
  const [name, schema] = Object.entries(schemas).find(([, one]) => codeOf(one) === code) ?? []
  const common = ['type', 'title', 'status', 'detail', 'code']
  const own = memberRows(schema ?? {}).filter(
    ([member = '']) => !common.includes(member.slice(1, -1)),
  )
  const by = operations.filter(one => name !== undefined && problemsOf(one).includes(name))
  return [
    `### ${code}`,
    `${problems[code].status} ${problems[code].title}, \`urn:serverless-otp-twilio:problem:${code}\`. ${adviceOf(code)}`,
    ...(own.length > 0 ? [table('member', own)] : []),
    ...(by.length > 0 && by.length < operations.length - 1
      ? [`Of ${by.map(one => `[${one.operationId}](#${anchor(one.summary)})`).join(', ')}.`]
      : []),
  ]
}

function schemaSection(name: string, schema: Schema): string[] {
  const members = memberRows(schema)
  return [
    `### ${name} schema`,
    ...(schema.description ? [schema.description] : []),
    members.length > 0 ? table('member', members) : `${typeOf(schema)}.`,
  ]
}

function memberRows({ properties = {}, required = [] }: Schema): string[][] {
  return Object.entries(properties).map(([name, schema]) => [
    `\`${name}\``,
    typeOf(schema),
    required.includes(name) ? '' : 'optional',
    schema.default === undefined || schema.default === '' ? '' : `\`${schema.default}\` by default`,
  ])
}

function typeOf({ $ref, type, const: fixed, enum: allowed, anyOf, items, format }: Schema): string {
  if ($ref) return `[${referredName($ref)}](#${anchor(`${referredName($ref)} schema`)})`
  if (anyOf) return anyOf.map(typeOf).join(' or ')
  if (allowed) return allowed.map(one => `\`${one}\``).join(', ')
  if (fixed !== undefined) return `\`${fixed}\``
  if (type === 'array') return `list of ${typeOf(items ?? {})}`
  return [type ?? '']
    .flat()
    .map(one => (one === 'string' && format ? format : one))
    .join(' or ')
}

function table(title: string, rows: string[][]): string {
  const width = Math.max(...rows.map(row => row.findLastIndex(cell => cell !== '') + 1))
  const head = [title, 'type', '', ''].slice(0, width)
  const row = (cells: string[]) => `|${cells.map(cell => (cell ? ` ${cell} ` : ' ')).join('|')}|`
  return [
    row(head),
    `|${'---|'.repeat(width)}`,
    ...rows.map(cells => row(cells.slice(0, width))),
  ].join('\n')
}

function codeOf(schema: Schema | undefined): string {
  return String(schema?.properties?.code?.const ?? '')
}

function linked(code: string): string {
  return `[${code}](#${code})`
}

function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Joins paragraphs, each wrapped at 100 columns unless it is a table or one line of links. */
function page(paragraphs: string[]): string {
  return `${paragraphs.map(wrap).join('\n\n')}\n`
}

function wrap(paragraph: string): string {
  if (/^[|#-]/.test(paragraph)) return paragraph
  const lines = ['']
  for (const word of paragraph.split(/\s+/)) {
    const line = lines.at(-1) ?? ''
    if (line && line.length + word.length + 1 > 100) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines.join('\n')
}
