// The parts of an OpenAPI document that its readers here look at.

/** A JSON Schema, or a reference to one. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  const?: string | number | boolean
  enum?: string[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  format?: string
  default?: unknown
  description?: string
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

/** A parameter of a path, a query or a header. */
export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  schema: Schema
}

/** An operation, with its path and its method. */
export interface Operation {
  route: string
  operationId: string
  'x-internal'?: boolean
  tags: string[]
  summary: string
  description: string
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: { 'application/json': { schema: Schema } } }
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>
}

/** The document. */
export interface Document {
  info: { title: string; summary: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Omit<Operation, 'route'>>>
  components: { schemas: Record<string, Schema> }
}

/** Returns the operations that clients call. */
export function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        route: `${method.toUpperCase()} ${path}`,
      })),
    )
    .filter(operation => !operation['x-internal'])
}

/** Returns the name of the component that a reference leads to. */
export function referredName($ref: string): string {
  return $ref.split('/').at(-1) ?? ''
}

/** Returns the names of the problems that an operation answers. */
export function problemsOf({ responses }: Operation): string[] {
  return Object.values(responses).flatMap(({ content }) => {
    const { $ref, oneOf = [] } = content?.['application/problem+json']?.schema ?? {}
    return [...($ref ? [{ $ref }] : []), ...oneOf].map(one => referredName(one.$ref ?? ''))
  })
}

/** Returns the status of an operation's success, and the schema of its answer; null of none. */
export function successOf({ responses }: Operation): { status: string; schema: Schema | null } {
  const [status = '', response] = Object.entries(responses).find(([one]) => one < '300') ?? []
  return { status, schema: response?.content?.['application/json']?.schema ?? null }
}
