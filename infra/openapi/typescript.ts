// The document as TypeScript: an interface for each schema, and what each operation takes and
// answers. It is formatted as Biome formats, so that the file is one like any other.
import {
  type Document,
  type Operation,
  operationsOf,
  problemsOf,
  referredName,
  type Schema,
  successOf,
} from './openapi.ts'

const widest = 100

/** Returns the types of a document. */
export function toTypeScript(document: Document): string {
  const schemas = Object.entries(document.components.schemas)
  return [
    '// What the API is asked and what it answers. npm run openapi writes this file out of the\n' +
      '// OpenAPI document.',
    ...schemas.map(([name, schema]) => declare(name, schema)),
    `/** The operations, by their names in the document. */\nexport interface Operations {\n${operationsOf(
      document,
    )
      .map(describe)
      .join('\n')}\n}`,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n')
}

function declare(name: string, schema: Schema): string {
  const comment = schema.description ? `${comment100(schema.description)}\n` : ''
  if (schema.type === 'object') return `${comment}export interface ${name} ${typeOf(schema, '')}`
  return `${comment}${choice(`export type ${name} =`, schema, '')}`
}

function comment100(text: string): string {
  if (text.length + 7 <= widest) return `/** ${text} */`
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length + 4 > widest) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return `/**\n${lines.map(line => ` * ${line}`).join('\n')}\n */`
}

function describe(operation: Operation): string {
  const { operationId, summary, parameters = [], requestBody } = operation
  const query: Schema = {
    type: 'object',
    properties: Object.fromEntries(
      parameters.filter(one => one.in === 'query').map(({ name, schema }) => [name, schema]),
    ),
  }
  const body = requestBody?.content['application/json'].schema ?? { type: 'object' }
  const { schema } = successOf(operation)
  return [
    `  /** ${summary}: ${operation.route}. */`,
    `  ${operationId}: {`,
    `    query: ${typeOf(query, '    ')}`,
    `    body: ${typeOf(body, '    ')}`,
    choice('    answer:', schema ?? { type: 'object' }, '    '),
    choice('    problem:', { anyOf: problemsOf(operation).map(name => ({ $ref: name })) }, '    '),
    '  }',
  ].join('\n')
}

/** A declaration with its type, each choice on a line of its own where all do not fit in one. */
function choice(before: string, schema: Schema, indent: string): string {
  const flat = `${before} ${typeOf(schema, indent)}`
  if (flat.split('\n').every(line => line.length <= widest)) return flat
  return [before, ...choicesOf(schema, indent).map(one => `${indent}  | ${one}`)].join('\n')
}

function choicesOf(schema: Schema, indent: string): string[] {
  const { type, const: fixed, enum: allowed, anyOf, $ref } = schema
  if ($ref) return [referredName($ref)]
  if (anyOf) return anyOf.flatMap(one => choicesOf(one, indent))
  if (allowed) return allowed.map(literal)
  if (fixed !== undefined) return [literal(fixed)]
  return [type ?? 'unknown'].flat().map(name => typeNamed(name, schema, indent))
}

function typeOf(schema: Schema, indent: string): string {
  return choicesOf(schema, indent).join(' | ')
}

function typeNamed(
  name: string,
  { items = {}, properties = {}, required = [] }: Schema,
  indent: string,
): string {
  if (name === 'integer') return 'number'
  if (name === 'array') {
    const item = typeOf(items, indent)
    return item.includes('|') ? `(${item})[]` : `${item}[]`
  }
  if (name !== 'object') return name
  const members = Object.entries(properties).map(([member, schema]) =>
    choice(`${indent}  ${member}${required.includes(member) ? '' : '?'}:`, schema, `${indent}  `),
  )
  return members.length === 0 ? 'Record<never, never>' : `{\n${members.join('\n')}\n${indent}}`
}

function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
