// What the OpenAPI document says of each operation's parameters, bodies and answers: nothing
// dangles, nothing is forgotten, and its examples are what its schemas allow.
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as answers from '../../../lib/openapi/answer-schemas.ts'
import { openApiDocument } from '../../../lib/openapi/document.ts'
import { device as deviceExample } from '../../../lib/openapi/documentation.ts'
import { problems } from '../../../lib/problem.ts'

interface Content {
  schema: {
    $ref?: string
    oneOf?: { $ref: string }[]
    discriminator?: { propertyName: string; mapping: object }
  }
  example?: unknown
  examples?: Record<string, { $ref: string }>
}
interface Response {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, Content>
  links?: Record<string, { operationId: string; parameters: object }>
}
interface Typed {
  type?: string
}
interface Described {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  parameters?: { name: string; in: string; required?: boolean; schema: object; example: unknown }[]
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
const documented = own.filter(({ operationId }) => operationId !== 'statusCallback')
const byOperation = <Value>(of: (operation: Described & { path: string }) => Value) =>
  Object.fromEntries(documented.map(operation => [operation.operationId, of(operation)]))
const successOf = ({ responses }: Described) =>
  Object.entries(responses).filter(([status]) => !/^[45]\d\d$/.test(status))
const problemsOf = ({ responses }: Described) =>
  Object.entries(responses).filter(([status]) => /^[45]\d\d$/.test(status))

describe('the references', () => {
  const referred = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([name, member]) =>
          name === '$ref' ? [String(member)] : referred(member),
        )

  it('lead to every component and to nothing else', () => {
    const { headers, schemas, examples } = document.components
    const components = Object.entries({ headers, schemas, examples }).flatMap(([kind, named]) =>
      Object.keys(named).map(name => `#/components/${kind}/${name}`),
    )

    expect([...new Set(referred(document))].sort()).toEqual(components.sort())
  })

  it('to schemas lead to objects', () => {
    const { schemas } = document.components

    expect(Object.values(schemas).every(schema => typeof schema === 'object')).toBe(true)
  })
})

describe('an operation', () => {
  it('is listed under the tag of its audience', () => {
    const tagged = Object.groupBy(operations, ({ tags }) => tags.join())

    expect(Object.keys(tagged).sort()).toEqual(['admin', 'devices', 'tokens'])
    expect(tagged.tokens?.map(({ operationId }) => operationId)).toEqual([
      'challenge',
      'getChallenge',
      'verify',
      'statusCallback',
    ])
    expect(tagged.admin?.map(({ operationId }) => operationId)).toEqual([
      'reset',
      'findDevices',
      'getLimits',
      'deleteLimits',
      'getFigures',
      'getKey',
      'getSuspensions',
      'deleteSuspensions',
      'putAlwaysAllow',
      'deleteAlwaysAllow',
      'openapi',
      'admin',
    ])
  })

  it('is described in sentences that end with its scope', () => {
    for (const { description } of documented) {
      expect(description).toMatch(/^[A-Z].*\. (Scope: `[\w:]+`|Any key may ask)\.$/s)
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

  const parametersOfAll = own.flatMap(({ parameters = [] }) => parameters)

  it('has an example of every parameter but the cursor', () => {
    const without = parametersOfAll.filter(({ example }) => example === undefined)

    expect([...new Set(without.map(({ name }) => name))]).toEqual(['cursor'])
  })

  it('has a default of the parameters limit and hours alone', () => {
    expect(parametersOfAll.filter(({ schema }) => 'default' in schema)).toEqual([
      expect.objectContaining({
        name: 'limit',
        schema: expect.objectContaining({ default: 100 }),
      }),
      expect.objectContaining({
        name: 'limit',
        schema: expect.objectContaining({ default: 25 }),
      }),
      ...[25, 25].map(byDefault =>
        expect.objectContaining({
          name: 'limit',
          schema: expect.objectContaining({ default: byDefault }),
        }),
      ),
      expect.objectContaining({
        name: 'hours',
        schema: expect.objectContaining({ default: 24 }),
      }),
    ])
  })

  it('has no null in its parameters', () => {
    expect(JSON.stringify(parametersOfAll)).not.toContain('null')
  })

  it('requires a body where the API does', () => {
    const required = documented.filter(({ requestBody }) => requestBody?.required)

    expect(required.map(({ operationId }) => operationId)).toEqual(['createDevice', 'verify'])
  })

  it('takes no body that can have nothing in it', () => {
    const reset = documented.find(({ operationId }) => operationId === 'reset')

    expect(reset).not.toHaveProperty('requestBody')
  })

  it('takes numbers as numbers and choices of yes and no as such', () => {
    const types = Object.fromEntries(
      parametersOfAll.map(({ name, schema }) => [name, (schema as Typed).type]),
    )

    expect(types).toMatchObject({ limit: 'integer', hours: 'integer', confirmed: 'boolean' })
  })
})

describe('a success', () => {
  const schemas: Record<string, v.GenericSchema> = {
    Device: answers.deviceSchema,
    DevicePage: answers.devicePageSchema,
    EventPage: answers.eventPageSchema,
    Challenge: answers.challengeSchema,
    ChallengeState: answers.challengeStateSchema,
    Limits: answers.limitsSchema,
    Figures: answers.figuresSchema,
    Key: answers.keySchema,
    Suspensions: answers.suspensionsSchema,
    Verified: answers.verifiedSchema,
  }
  const nameOf = ({ schema }: Content) => schema.$ref?.split('/').at(-1) ?? ''

  it('is one of each operation', () => {
    expect(Object.values(byOperation(operation => successOf(operation).length))).toEqual(
      documented.map(() => 1),
    )
  })

  it('has an example that its schema allows', () => {
    const allowed = documented.flatMap(operation =>
      successOf(operation).flatMap(([, { content }]) => {
        if (content === undefined) return []
        const json = content['application/json']!
        return [v.is(schemas[nameOf(json)]!, json.example)]
      }),
    )

    expect(allowed).toHaveLength(15)
    expect(allowed).toEqual(allowed.map(() => true))
  })

  it('has the schema of its operation', () => {
    const named = byOperation(operation => {
      const [[status = '', response] = []] = successOf(operation)
      if (response?.content === undefined) return status
      return `${status} ${nameOf(response.content['application/json']!)}`
    })

    expect(named).toEqual({
      createDevice: '201 Device',
      listDevices: '200 DevicePage',
      deleteDevices: '204',
      getDevice: '200 Device',
      updateDevice: '200 Device',
      deleteDevice: '204',
      challenge: '200 Challenge',
      getChallenge: '200 ChallengeState',
      verify: '200 Verified',
      reset: '200 Device',
      findDevices: '200 DevicePage',
      getLimits: '200 Limits',
      deleteLimits: '204',
      getFigures: '200 Figures',
      getKey: '200 Key',
      listDeviceEvents: '200 EventPage',
      listUserEvents: '200 EventPage',
      getSuspensions: '200 Suspensions',
      deleteSuspensions: '204',
      putAlwaysAllow: '204',
      deleteAlwaysAllow: '204',
    })
  })

  it('of Twilio’s callback has no content', () => {
    const callback = own.find(({ operationId }) => operationId === 'statusCallback')!

    expect(successOf(callback)).toMatchObject([['204', { description: 'It was read.' }]])
    expect(successOf(callback)[0]?.[1]).not.toHaveProperty('content')
  })

  it('that makes nothing has Cache-Control as its only header', () => {
    for (const operation of operations) {
      const [[status, { headers = {}, links = {} }] = ['', {} as Response]] = successOf(operation)
      if (status === '201') continue

      expect(Object.keys(headers)).toEqual(['Cache-Control'])
      expect(Object.keys(links)).toHaveLength(0)
    }
  })

  it('that makes a device says where it is', () => {
    const made = operations.flatMap(successOf).filter(([status]) => status === '201')

    expect(made).toHaveLength(1)
    for (const [, { headers = {}, links = {} }] of made) {
      expect(Object.keys(headers)).toEqual(['Cache-Control', 'Location'])
      expect(Object.keys(links)).toHaveLength(6)
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
  const reused = 'idempotency_key_reused'
  const type = 'number_type_not_allowed'
  const many = 'too_many_devices'
  const codesOf = (operation: Described) =>
    problemsOf(operation).flatMap(([, { content }]) =>
      Object.keys(content?.['application/problem+json']?.examples ?? {}),
    )

  it.each<[string, string[]]>([
    ['createDevice', ['invalid_id', ...body, key, many, reused, country, type, 'invalid_number']],
    ['listDevices', ['invalid_id', 'invalid_cursor']],
    ['deleteDevices', ['invalid_id']],
    ['getDevice', ['invalid_id', 'device_not_found']],
    [
      'updateDevice',
      ['invalid_id', ...body, 'device_not_found', many, country, type, 'invalid_number'],
    ],
    ['deleteDevice', ['invalid_id']],
    ['getChallenge', ['invalid_id', 'device_not_found', 'challenge_not_found']],
    [
      'verify',
      [
        'invalid_id',
        ...body,
        key,
        'invalid_token',
        'token_used_up',
        'no_token',
        'audience_not_allowed',
        'challenge_replaced',
        'device_disabled',
        'device_not_found',
        'throttled',
      ],
    ],
    ['reset', ['invalid_id', 'device_not_found']],
    ['findDevices', ['invalid_number', 'invalid_cursor']],
    ['listDeviceEvents', ['invalid_id', 'invalid_cursor']],
    ['listUserEvents', ['invalid_id', 'invalid_cursor']],
    ['getLimits', ['invalid_number']],
    ['deleteLimits', ['invalid_number']],
    ['getSuspensions', ['invalid_number']],
  ])('of %s is its own or one of every operation’s', (name, codes) => {
    const operation = documented.find(({ operationId }) => operationId === name)!

    expect(codesOf(operation).sort()).toEqual([...everywhere, ...outages, ...codes].sort())
  })

  it('of a public operation is an outage', () => {
    const open = operations.filter(({ operationId }) => ['openapi', 'admin'].includes(operationId))

    expect(open.map(codesOf)).toEqual(open.map(() => ['internal_error', 'unavailable']))
  })

  const responses = operations.flatMap(operation =>
    problemsOf(operation).map(([status, { description, headers = {}, content = {} }]) => {
      const { schema, examples = {} } = content['application/problem+json'] ?? { schema: {} }
      return { status, description, headers, schema, examples, codes: Object.keys(examples) }
    }),
  )
  const throttledBy = (codes: string) =>
    `${codes && `${codes}; or, as application/json, `}API Gateway’s own throttling`
  const camelCase = (code: string) =>
    code
      .split('_')
      .map(word => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
      .join('')

  it('stands in the response of its status', () => {
    for (const { status, codes } of responses) {
      expect(codes.map(code => String(problems[code as 'cooldown'].status))).toEqual(
        codes.map(() => status),
      )
    }
  })

  it('has its schema in its response', () => {
    for (const { schema, codes } of responses) {
      const names = codes.map(code => `#/components/schemas/${camelCase(code)}Problem`)
      const references = schema.$ref === undefined ? schema.oneOf : [{ $ref: schema.$ref }]

      expect(references?.map(({ $ref }) => $ref) ?? []).toEqual(names)
      expect(schema.oneOf?.length).not.toBe(1)
    }
  })

  it('is found by its code', () => {
    for (const { schema, codes } of responses.filter(({ codes }) => codes.length > 1)) {
      const { propertyName, mapping } = schema.discriminator ?? {}

      expect(propertyName).toBe('code')
      expect(mapping).toEqual(
        Object.fromEntries(
          codes.map(code => [code, `#/components/schemas/${camelCase(code)}Problem`]),
        ),
      )
    }
  })

  it('has its example in its response', () => {
    for (const { examples, codes } of responses) {
      expect(codes.map(code => examples[code]?.$ref)).toEqual(
        codes.map(code => `#/components/examples/${code}`),
      )
    }
  })

  it('is named by the description of its response', () => {
    for (const { status, description, codes } of responses) {
      const named = codes.map(code => `\`${code}\``).join(', ')

      expect(description).toBe(status === '429' ? throttledBy(named) : named)
    }
  })

  it('has the headers of its status', () => {
    for (const { status, headers } of responses.filter(({ codes }) => codes.length > 0)) {
      expect(Object.keys(headers)).toEqual([
        'Cache-Control',
        ...(status === '429' || status === '503' ? ['Retry-After'] : []),
        ...(status === '401' ? ['WWW-Authenticate'] : []),
      ])
    }
  })

  const described = Object.entries(document.components.examples).map(([code, given]) => {
    const { value } = given as { value: Record<string, unknown> }
    return {
      value,
      schema: document.components.schemas[`${camelCase(code)}Problem`] as ProblemSchema,
    }
  })

  it('says in its example what happened, in a sentence', () => {
    for (const { value } of described) expect(value.detail).toMatch(/^[A-Z]\w* .*\.$/)
  })

  it('has the members of its example', () => {
    for (const { value, schema } of described) {
      expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(value).sort())
    }
  })

  it('requires the members of its example, but the one that a setting brings', () => {
    for (const { value, schema } of described) {
      const always = Object.keys(value).filter(name => name !== 'guessesLeft')

      expect([...schema.required].sort()).toEqual(always.sort())
    }
  })

  it('has its type, title, status and code fixed', () => {
    for (const { value, schema } of described) {
      const fixed = Object.entries(schema.properties).filter(([, member]) => 'const' in member)

      expect(fixed.map(([name]) => name)).toEqual(['type', 'title', 'status', 'code'])
      for (const [name, member] of fixed) expect(member.const).toBe(value[name])
    }
  })

  it('has the members that a client needs', () => {
    const common = ['type', 'title', 'status', 'detail', 'code']
    const members = Object.entries(document.components.examples)
      .map(([code, given]) => [
        code,
        Object.keys((given as { value: object }).value).filter(name => !common.includes(name)),
      ])
      .filter(([, names]) => names?.length)

    expect(Object.fromEntries(members)).toEqual({
      invalid_token: ['failureCount', 'lockedUntil', 'guessesLeft'],
      device_disabled: ['failureCount'],
      undeliverable_number: ['twilioCode', 'next'],
      number_type_not_allowed: ['numberType'],
      too_many_devices: ['of', 'most'],
      limit_reached: ['limit'],
      suspended: ['suspended'],
      channel_not_enabled: ['channels'],
      cooldown: ['nextChallengeAt'],
      throttled: ['failureCount', 'lockedUntil'],
      internal_error: ['requestId'],
      not_configured: ['requestId'],
      unavailable: ['requestId'],
      delivery_busy: ['requestId'],
      delivery_failed: ['twilioCode', 'next', 'requestId'],
      delivery_unknown: ['challengeId', 'validUntil', 'nextChallengeAt', 'requestId'],
    })
  })
})
