// The OpenAPI document has every operation, every code and an example for each. Its form is checked
// by the tools of npm run contract.
import { describe, expect, it } from 'vitest'
import { operations } from '../../../lib/api/operations.ts'
import { openApiDocument } from '../../../lib/openapi/document.ts'
import { problems } from '../../../lib/problem.ts'

interface Described {
  operationId: string
  'x-internal'?: boolean
  parameters?: { name: string; in: string }[]
  security?: unknown[]
  requestBody?: { content: { 'application/json'?: { schema: object; example: object } } }
  responses: Record<string, { headers?: object; content?: Record<string, { examples?: object }> }>
}

const document = openApiDocument('https://otp.example') as {
  servers: object[]
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, object>; examples: Record<string, { value: object }> }
}

const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
)

describe('the document', () => {
  it('has every route, under the name of its function in camel case', () => {
    const listed = Object.entries(operations).filter(([, { route }]) => route !== '$default')
    const kebab = (id: string) => id.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

    expect(
      Object.fromEntries(described.map(([route, { operationId }]) => [kebab(operationId), route])),
    ).toEqual(Object.fromEntries(listed.map(([name, { route }]) => [name, route])))
    expect(
      described.filter(([, { operationId }]) => !/^[a-z][A-Za-z]*$/.test(operationId)),
    ).toEqual([])
  })

  it('marks what no client calls', () => {
    const marked = described.filter(([, operation]) => operation['x-internal'])

    expect(marked.map(([, { operationId }]) => operationId)).toEqual([
      'statusCallback',
      'openapi',
      'admin',
    ])
  })

  it('gives every constant and every choice its type', () => {
    const untyped = schemasIn(document).filter(
      schema => ('const' in schema || 'enum' in schema) && !('type' in schema),
    )

    expect(untyped).toEqual([])
  })

  it('lets null be one more type of what is no object', () => {
    const wrapped = schemasIn(document).filter(({ anyOf }) =>
      anyOf?.some(({ $ref }) => $ref === undefined),
    )

    expect(wrapped.map(({ anyOf }) => anyOf)).toEqual(
      wrapped.map(() => [{ $ref: expect.any(String) }, { type: 'null' }]),
    )
    expect(wrapped.length).toBeGreaterThan(3)
  })

  it('has no pattern beside a format', () => {
    expect(schemasIn(document).filter(one => 'pattern' in one && 'format' in one)).toEqual([])
  })

  it('has no object without a name but the bodies of requests', () => {
    const { schemas } = document.components
    const nested = Object.values(schemas).flatMap(schema =>
      schemasIn((schema as { properties?: object }).properties).filter(
        ({ type }) => type === 'object',
      ),
    )

    expect(nested).toEqual([])
  })

  // No operation answers these two: they are what is not one.
  const codes = Object.keys(problems).filter(
    code => code !== 'route_not_found' && code !== 'method_not_allowed',
  )

  it('has an operation that answers every code', () => {
    const answered = new Set(
      described.flatMap(([, { responses }]) =>
        Object.values(responses).flatMap(({ content }) =>
          Object.keys(content?.['application/problem+json']?.examples ?? {}),
        ),
      ),
    )

    expect([...answered].sort()).toEqual([...codes].sort())
  })

  it('has an example of every code', () => {
    expect(Object.keys(document.components.examples).sort()).toEqual([...codes].sort())
  })

  it('has examples of problems with the status and title that the API gives them', () => {
    for (const [code, { value }] of Object.entries(document.components.examples)) {
      expect(value).toMatchObject({ code, ...problems[code as keyof typeof problems] })
    }
  })

  it('asks for a key everywhere but for itself and the console', () => {
    const open = described.filter(([, { security }]) => security?.length === 0)

    expect(open.map(([route]) => route)).toEqual(['GET /openapi.json', 'GET /admin'])
  })

  it('has Retry-After with every 429 of ours and with 503', () => {
    const missing = described.flatMap(([route, { responses }]) =>
      Object.entries(responses)
        .filter(([, { content }]) => content?.['application/problem+json'])
        .filter(
          ([status, { headers = {} }]) => /429|503/.test(status) && !('Retry-After' in headers),
        )
        .map(([status]) => `${route} ${status}`),
    )

    expect(missing).toEqual([])
  })

  it('has the Idempotency-Key where it means something', () => {
    const taking = described.filter(([, { parameters = [] }]) =>
      parameters.some(({ name }) => name === 'Idempotency-Key'),
    )

    expect(taking.map(([, { operationId }]) => operationId).sort()).toEqual([
      'challenge',
      'createDevice',
      'verify',
    ])
  })

  it('describes bodies by the schemas that check them', () => {
    const bodies = Object.fromEntries(
      described.map(([, { operationId, requestBody }]) => [
        operationId,
        requestBody?.content['application/json']?.schema,
      ]),
    )

    expect(bodies.verify).toEqual({
      type: 'object',
      properties: {
        challengeId: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
        clientIp: { type: 'string', format: 'ip' },
        token: {
          type: 'string',
          maxLength: 64,
          pattern: '[^\\s\\u001c-\\u001f\\u0085\\ufeff]',
        },
      },
      required: ['token'],
      additionalProperties: false,
      examples: [{ token: '402517', challengeId: 'Vh1kq3ZcW0AQ', clientIp: '203.0.113.7' }],
    })
    expect(bodies.createDevice).toMatchObject({
      properties: { number: { minLength: 1, maxLength: 64 }, name: { maxLength: 64, default: '' } },
      required: ['number'],
    })
  })

  it('has nothing that is empty, but for what may be', () => {
    const device = '/users/{userId}/devices/{deviceId}'
    const body = 'requestBody content application/json'

    expect(emptyPlaces(document)).toEqual([
      'security 0 apiKey',
      `paths /users/{userId}/devices post ${body} schema properties name default`,
      `paths ${device} patch ${body} schema required`,
      `paths ${device}/challenge post ${body} schema required`,
      `paths ${device}/challenge/{challengeId}/status post security 0 twilio`,
      'paths /openapi.json get security',
      'paths /admin get security',
    ])
  })

  it('has a server that its reader can replace', () => {
    expect(document.servers).toMatchObject([
      { url: '{api}', variables: { api: { default: 'https://otp.example' } } },
    ])
  })
})

interface Schema {
  type?: unknown
  anyOf?: { $ref?: string }[]
}

/** Everything in a document that is, or has, a member which only schemas have. */
function schemasIn(value: unknown): Schema[] {
  if (value === null || typeof value !== 'object') return []
  const isSchema = ['type', 'const', 'enum', 'anyOf'].some(word => word in value)
  const inside = Object.entries(value).filter(([name]) => !/^examples?$/.test(name))
  return [...(isSchema ? [value] : []), ...inside.flatMap(([, member]) => schemasIn(member))]
}

/** Where a document has an empty text, list or object. */
function emptyPlaces(value: unknown, place: string[] = []): string[] {
  if (value === null || (typeof value !== 'object' && value !== '')) return []
  const members = Object.entries(value)
  if (members.length === 0) return [place.join(' ')]
  return members.flatMap(([name, member]) => emptyPlaces(member, [...place, name]))
}
