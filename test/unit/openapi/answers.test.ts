// What the OpenAPI document says of each operation's parameters, bodies and answers: nothing dangles, nothing is
// forgotten, and its examples are what its schemas allow.
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as answers from '../../../lib/openapi/answer-schemas.ts'
import { openApiDocument } from '../../../lib/openapi/document.ts'
import { device as deviceExample } from '../../../lib/openapi/documentation.ts'
import { problems } from '../../../lib/problem.ts'

interface Content {
  schema: { $ref?: string; oneOf?: { $ref: string }[] }
  example?: unknown
  examples?: Record<string, { $ref: string }>
}
interface Response {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, Content>
  links?: Record<string, { operationId: string; parameters: object }>
}
interface Described {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters?: { name: string; in: string; required?: boolean; schema: object; example: string }[]
  requestBody?: { required?: boolean }
  responses: Record<string, Response>
}
interface ProblemSchema {
  required: string[]
  properties: Record<string, { const?: unknown; type?: string }>
}

const document = openApiDocument('https://otp.example') as {
  paths: Record<string, Record<string, Described>>
  components: Record<'headers' | 'schemas' | 'examples', Record<string, object>>
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.values(methods).map(operation => ({ ...operation, path })),
)
const own = operations.filter(({ operationId }) => !['openapi', 'admin'].includes(operationId))
const documented = own.filter(({ operationId }) => operationId !== 'status-callback')
const byOperation = <Value>(of: (operation: Described & { path: string }) => Value) =>
  Object.fromEntries(documented.map(operation => [operation.operationId, of(operation)]))
const successOf = ({ responses }: Described) =>
  Object.entries(responses).filter(([status]) => !/^[45]\d\d$/.test(status))
const problemsOf = ({ responses }: Described) =>
  Object.entries(responses).filter(([status]) => /^[45]\d\d$/.test(status))

describe('a reference', () => {
  const referred = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, member]) =>
          name === '$ref' ? [String(member)] : referred(member),
        )

  it('leads to a component, and each component has one that leads to it', () => {
    const { headers, schemas, examples } = document.components
    const components = Object.entries({ headers, schemas, examples }).flatMap(([kind, named]) =>
      Object.keys(named).map(name => `#/components/${kind}/${name}`),
    )

    expect([...new Set(referred(document))].sort()).toEqual(components.sort())
    expect(Object.values(schemas).every(schema => typeof schema === 'object')).toBe(true)
  })
})

describe('an operation', () => {
  it('is listed by whom it is for', () => {
    const tagged = Object.groupBy(operations, ({ tags }) => tags.join())

    expect(Object.keys(tagged).sort()).toEqual(['admin', 'devices', 'tokens'])
    expect(tagged.tokens?.map(({ operationId }) => operationId)).toEqual([
      'challenge',
      'get-challenge',
      'verify',
      'status-callback',
    ])
    expect(tagged.admin?.map(({ operationId }) => operationId)).toEqual([
      'reset',
      'find-devices',
      'get-limits',
      'delete-limits',
      'get-figures',
      'get-suspensions',
      'delete-suspensions',
      'put-always-allow',
      'delete-always-allow',
      'openapi',
      'admin',
    ])
  })

  it('is described in sentences, with its scope behind them', () => {
    for (const { description } of documented) {
      expect(description).toMatch(/^[A-Z].*\. Scope: `[\w:]+`\.$/s)
    }
  })

  it('has the ids of its path as parameters that must be given', () => {
    for (const { path, parameters = [] } of own) {
      const ids = parameters.filter(parameter => parameter.in === 'path')

      expect(ids.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      for (const { required, schema, example } of ids) {
        expect([required, 'pattern' in schema, example]).toEqual([true, true, expect.any(String)])
      }
    }
  })

  it('has an example of every parameter, and a default of two alone', () => {
    const parameters = own.flatMap(({ parameters = [] }) => parameters)

    expect(parameters.filter(({ example }) => example === undefined)).toEqual([
      expect.objectContaining({ name: 'cursor' }),
    ])
    expect(parameters.filter(({ schema }) => 'default' in schema)).toEqual([
      expect.objectContaining({
        name: 'limit',
        schema: expect.objectContaining({ default: '25' }),
      }),
      expect.objectContaining({
        name: 'hours',
        schema: expect.objectContaining({ default: '24' }),
      }),
    ])
    expect(JSON.stringify(parameters)).not.toContain('null')
  })

  it('needs a body where it has a member that must be given, or would change nothing', () => {
    const required = documented.filter(({ requestBody }) => requestBody?.required)

    expect(required.map(({ operationId }) => operationId)).toEqual([
      'create-device',
      'update-device',
      'challenge',
      'verify',
    ])
  })
})

describe('a success', () => {
  it('is one of each operation, with its schema and an example that it allows', () => {
    const schemas: Record<string, v.GenericSchema> = {
      Device: answers.deviceSchema,
      DeviceList: answers.deviceListSchema,
      DevicePage: answers.devicePageSchema,
      Challenge: answers.challengeSchema,
      ChallengeState: answers.challengeStateSchema,
      Limits: answers.limitsSchema,
      Figures: answers.figuresSchema,
      Suspensions: answers.suspensionsSchema,
      Verified: answers.verifiedSchema,
    }
    const named = byOperation(operation => {
      const [[status = '', response] = [], ...others] = successOf(operation)
      expect(others).toEqual([])
      if (response?.content === undefined) return status
      const { schema, example } = response.content['application/json']!
      const name = schema.$ref?.split('/').at(-1) ?? ''
      expect(v.is(schemas[name]!, example)).toBe(true)
      return `${status} ${name}`
    })

    expect(named).toEqual({
      'create-device': '201 Device',
      'list-devices': '200 DeviceList',
      'delete-devices': '204',
      'get-device': '200 Device',
      'update-device': '200 Device',
      'delete-device': '204',
      challenge: '200 Challenge',
      'get-challenge': '200 ChallengeState',
      verify: '200 Verified',
      reset: '200 Device',
      'find-devices': '200 DevicePage',
      'get-limits': '200 Limits',
      'delete-limits': '204',
      'get-figures': '200 Figures',
      'get-suspensions': '200 Suspensions',
      'delete-suspensions': '204',
      'put-always-allow': '204',
      'delete-always-allow': '204',
    })
  })

  it('of Twilio’s callback has nothing to show', () => {
    const callback = own.find(({ operationId }) => operationId === 'status-callback')!

    expect(successOf(callback)).toMatchObject([['204', { description: 'It was read.' }]])
    expect(successOf(callback)[0]?.[1]).not.toHaveProperty('content')
  })

  it('is never kept, and of a new device says where that is', () => {
    for (const operation of operations) {
      const [[status, { headers = {}, links = {} }] = ['', {} as Response]] = successOf(operation)
      const expected = status === '201' ? ['Cache-Control', 'Location'] : ['Cache-Control']

      expect(Object.keys(headers)).toEqual(expected)
      expect(Object.keys(links)).toHaveLength(status === '201' ? 6 : 0)
      for (const [name, { operationId, parameters }] of Object.entries(links)) {
        expect(operationId).toBe(name)
        expect(Object.keys(parameters)).toEqual(['userId', 'deviceId'])
      }
    }
  })

  it('has a number in E.164', () => {
    const isDevice = (number: string) => v.is(answers.deviceSchema, { ...deviceExample, number })
    const bad = ['+0155526712', '+123456', '+1234567890123456', ' +14155552671', '+1415555267x']

    expect(['+1234567', '+123456789012345'].map(isDevice)).toEqual([true, true])
    expect(bad.map(isDevice)).toEqual(bad.map(() => false))
  })
})

describe('a problem', () => {
  const everywhere = ['invalid_query', 'missing_api_key', 'invalid_api_key', 'missing_scope']
  const outages = ['internal_error', 'not_configured', 'unavailable']
  const body = ['invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type']
  const key = 'invalid_idempotency_key'
  const country = 'country_not_allowed'
  const codesOf = (operation: Described) =>
    problemsOf(operation).flatMap(([, { content }]) =>
      Object.keys(content?.['application/problem+json']?.examples ?? {}),
    )

  it.each<[string, string[]]>([
    ['create-device', ['invalid_id', ...body, key, 'invalid_number', country]],
    ['list-devices', ['invalid_id']],
    ['delete-devices', ['invalid_id']],
    ['get-device', ['invalid_id', 'device_not_found']],
    ['update-device', ['invalid_id', ...body, 'device_not_found', 'invalid_number', country]],
    ['delete-device', ['invalid_id']],
    ['get-challenge', ['invalid_id', 'device_not_found', 'challenge_not_found']],
    [
      'verify',
      [
        'invalid_id',
        ...body,
        key,
        'invalid_token',
        'device_disabled',
        'device_not_found',
        'throttled',
      ],
    ],
    ['reset', ['invalid_id', ...body, 'device_not_found']],
    ['find-devices', ['invalid_number', 'invalid_cursor']],
    ['get-limits', ['invalid_number']],
    ['delete-limits', ['invalid_number']],
  ])('of %s is one of those in the table of the README', (name, codes) => {
    const operation = documented.find(({ operationId }) => operationId === name)!

    expect(codesOf(operation).sort()).toEqual([...everywhere, ...outages, ...codes].sort())
  })

  it('of what is open to everybody is an outage', () => {
    const open = operations.filter(({ operationId }) => ['openapi', 'admin'].includes(operationId))

    expect(open.map(codesOf)).toEqual(open.map(() => ['internal_error', 'unavailable']))
  })

  it('stands in the response of its status, which names every code that it has', () => {
    for (const operation of operations) {
      for (const [status, { description, headers = {}, content = {} }] of problemsOf(operation)) {
        const { schema, examples = {} } = content['application/problem+json'] ?? { schema: {} }
        const codes = Object.keys(examples)
        const names = codes.map(code => `#/components/schemas/${camelCase(code)}Problem`)
        const references = schema.$ref === undefined ? schema.oneOf : [{ $ref: schema.$ref }]
        const told = codes.map(code => `\`${code}\``).join(', ')
        const expected = [
          ...(codes.length > 0 ? ['Cache-Control'] : []),
          ...(status === '429' || status === '503' ? ['Retry-After'] : []),
          ...(status === '401' ? ['WWW-Authenticate'] : []),
        ]

        expect(codes.map(code => String(problems[code as 'cooldown'].status))).toEqual(
          codes.map(() => status),
        )
        expect(references?.map(({ $ref }) => $ref) ?? []).toEqual(names)
        expect(schema.oneOf?.length).not.toBe(1)
        expect(codes.map(code => examples[code]?.$ref)).toEqual(
          codes.map(code => `#/components/examples/${code}`),
        )
        expect(description).toBe(status === '429' ? throttledBy(told) : told)
        if (codes.length > 0) expect(Object.keys(headers)).toEqual(expected)
      }
    }
  })

  const throttledBy = (told: string) =>
    `${told && `${told}; or, as application/json, `}API Gateway’s own throttling`
  const camelCase = (code: string) =>
    code
      .split('_')
      .map(word => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
      .join('')

  it('has the members of its example, in a sentence what happened, and the rest fixed', () => {
    for (const [code, given] of Object.entries(document.components.examples)) {
      const { value } = given as { value: Record<string, unknown> }
      const schema = document.components.schemas[`${camelCase(code)}Problem`] as ProblemSchema
      const fixed = Object.entries(schema.properties).filter(([, member]) => 'const' in member)

      expect(value.detail).toMatch(/^[A-Z]\w* .*\.$/)
      expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(value).sort())
      expect([...schema.required].sort()).toEqual(Object.keys(value).sort())
      expect(fixed.map(([name]) => name)).toEqual(['type', 'title', 'status', 'code'])
      for (const [name, member] of fixed) expect(member.const).toBe(value[name])
    }
  })

  it('has the numbers that a client needs', () => {
    const common = ['type', 'title', 'status', 'detail', 'code']
    const members = Object.entries(document.components.examples)
      .map(([code, given]) => [
        code,
        Object.keys((given as { value: object }).value).filter(name => !common.includes(name)),
      ])
      .filter(([, names]) => names?.length)

    expect(Object.fromEntries(members)).toEqual({
      invalid_token: ['failureCount', 'lockedUntil'],
      device_disabled: ['failureCount'],
      undeliverable_number: ['twilioCode'],
      limit_reached: ['limit'],
      suspended: ['suspended'],
      channel_not_enabled: ['channels'],
      cooldown: ['nextChallengeAt'],
      throttled: ['failureCount', 'lockedUntil'],
      internal_error: ['requestId'],
      delivery_failed: ['twilioCode'],
      delivery_unknown: ['challengeId', 'validUntil', 'nextChallengeAt'],
    })
  })
})
