// `serverless package --stage prod`, without AWS: what would be deployed is what was decided, for
// every function and its role. The expected table is written out here, not read from
// infra/stack/roles.cjs.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { settings } from '../../../infra/stack/settings.ts'
import { readZips, serverless, type Zip } from '../../support/package.ts'
import { copyServiceTo } from '../../tools/service-copy.ts'

const run = promisify(execFile)

const device = '/users/{userId}/devices/{deviceId}'
const kept = { 'Fn::GetAtt': ['KeptRecords', 'Arn'] }
const twilio = ['OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_API_KEY', 'OTP_TWILIO_AUTH']
const functions = {
  'create-device': {
    route: 'POST /users/{userId}/devices',
    table: ['PutItem', 'Query', 'BatchGetItem'],
    index: ['Query'],
    limits: ['GetItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'list-devices': {
    route: 'GET /users/{userId}/devices',
    table: ['Query'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'get-device': { route: `GET ${device}`, table: ['GetItem'] },
  'update-device': {
    route: `PATCH ${device}`,
    table: ['UpdateItem', 'GetItem', 'BatchGetItem'],
    index: ['Query'],
    limits: ['GetItem', 'UpdateItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'delete-device': {
    route: `DELETE ${device}`,
    table: ['UpdateItem', 'DeleteItem'],
    limits: ['UpdateItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'delete-devices': {
    route: 'DELETE /users/{userId}/devices',
    table: ['Query', 'UpdateItem', 'DeleteItem'],
    limits: ['UpdateItem'],
    traffic: ['Query', 'BatchWriteItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  challenge: {
    route: `POST ${device}/challenge`,
    timeout: 25,
    table: ['UpdateItem', 'GetItem'],
    limits: ['UpdateItem'],
    traffic: ['BatchGetItem', 'BatchWriteItem'],
    secrets: [
      'OTP_API_KEYS',
      'OTP_INDEX_KEY',
      'OTP_TOKEN_KEY',
      ...twilio,
      'OTP_TWILIO_SIGNATURE_TOKEN',
      'OTP_TWILIO_TEST_NUMBERS',
    ],
  },
  'get-challenge': { route: `GET ${device}/challenge`, table: ['GetItem'] },
  'status-callback': {
    route: `POST ${device}/challenge/{challengeId}/status`,
    table: ['UpdateItem'],
    traffic: ['BatchWriteItem'],
    secrets: ['OTP_TWILIO_SIGNATURE_TOKEN'],
  },
  verify: {
    route: `POST ${device}/verify`,
    table: ['UpdateItem', 'GetItem'],
    limits: ['UpdateItem'],
    secrets: ['OTP_API_KEYS', 'OTP_TOKEN_KEY', 'OTP_INDEX_KEY'],
  },
  reset: { route: `POST ${device}/reset`, table: ['UpdateItem'] },
  'find-devices': {
    route: 'GET /all/devices',
    table: ['Scan', 'BatchGetItem'],
    index: ['Query'],
    traffic: ['Query'],
    bus: 'default',
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'list-device-events': {
    route: 'GET /users/{userId}/devices/{deviceId}/events',
    traffic: ['Query'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'list-user-events': {
    route: 'GET /users/{userId}/events',
    traffic: ['Query'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'get-limits': {
    route: 'GET /limits',
    limits: ['GetItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY', 'OTP_TWILIO_TEST_NUMBERS'],
  },
  'delete-limits': {
    route: 'DELETE /limits',
    limits: ['DeleteItem'],
    bus: 'default',
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'get-suspensions': {
    route: 'GET /suspensions',
    traffic: ['Query'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'delete-suspensions': {
    route: 'DELETE /suspensions',
    traffic: ['UpdateItem'],
    bus: 'default',
  },
  'put-always-allow': {
    route: 'PUT /always-allow',
    bus: 'default',
    traffic: ['UpdateItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  'delete-always-allow': {
    route: 'DELETE /always-allow',
    bus: 'default',
    traffic: ['UpdateItem'],
    secrets: ['OTP_API_KEYS', 'OTP_INDEX_KEY'],
  },
  traffic: {
    stream: { window: 20, retries: 10, seconds: 900 },
    traffic: ['UpdateItem', 'Query', 'BatchGetItem'],
    secrets: [],
  },
  audit: {
    stream: { window: 5, retries: 100, seconds: 3600 },
    table: ['BatchGetItem'],
    traffic: ['GetItem', 'BatchWriteItem', 'Query'],
    bus: 'default',
    secrets: [],
  },
  'get-figures': { route: 'GET /figures', traffic: ['Query'] },
  'get-key': { route: 'GET /key' },
  'proof-keys': { route: 'GET /.well-known/jwks.json', secrets: [] },
  'proof-discovery': { route: 'GET /.well-known/openid-configuration', secrets: [] },
  openapi: { route: 'GET /openapi.json', secrets: [] },
  admin: { route: 'GET /admin', secrets: [] },
  'not-found': { route: '$default' },
} satisfies Record<string, Expected>

interface Expected {
  /** Where left out, it reads the stream. */
  route?: string
  /** How long it waits for a batch to fill, and how long it tries what fails. */
  stream?: { window: number; retries: number; seconds: number }
  timeout?: number
  table?: string[]
  index?: string[]
  limits?: string[]
  traffic?: string[]
  /** The event bus that it puts events on. */
  bus?: string
  /** Where left out: the API keys alone. */
  secrets?: string[]
}

interface Resource {
  Type: string
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
  Properties: object
}

const names = Object.keys(functions) as (keyof typeof functions)[]
const expected = (name: keyof typeof functions): Expected => functions[name]
/** osls's logical id of a function's resource. */
const logicalId = (name: string, suffix: string) =>
  `${capitalise(name).replace(/-/g, 'Dash')}${suffix}`
const roleId = (name: string) => `${name.split('-').map(capitalise).join('')}Role`
const capitalise = (word: string) => word[0]?.toUpperCase() + word.slice(1)

let folder: string
/** The machine's folder for temporary files, as osls is told. */
const temporary = () => join(folder, 'temporary')
let template: { Resources: typeof resources; Parameters: unknown; Metadata: unknown }
let resources: Record<string, Resource>
let zips: Map<string, Zip>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-package-'))
  await copyServiceTo(folder)
  await mkdir(temporary())
  await serverless(folder, ['package', '--stage', 'prod'], { TMPDIR: temporary() })
  const file = join(folder, '.serverless/cloudformation-template-update-stack.json')
  template = JSON.parse(await readFile(file, 'utf8'))
  resources = template.Resources
  zips = await readZips(folder)
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test('packaging leaves no copy of a bundle behind', async () => {
  expect(await readdir(temporary())).toEqual([])
})

test('each function has a zip of its own with nothing but its bundle', () => {
  const contents = [...zips].map(([file, zip]) => [file, [...zip.files.keys()]])

  expect(Object.fromEntries(contents)).toEqual(
    Object.fromEntries(names.map(name => [`${name}.zip`, [`functions/${name}.cjs`]])),
  )
})

/** Bytes of a zip, a little above what it has: a dependency that creeps in is found here. */
const budgets: Partial<Record<keyof typeof functions, number>> = {
  admin: 110_000,
  challenge: 120_000,
  verify: 85_000,
  'create-device': 146_000,
  'update-device': 144_000,
  'find-devices': 149_000,
  'get-limits': 142_000,
  'delete-limits': 146_000,
  'get-suspensions': 142_000,
  'delete-suspensions': 81_000,
  'put-always-allow': 146_000,
  'delete-always-allow': 146_000,
  'not-found': 69_000,
  'status-callback': 83_000,
  openapi: 86_000,
}

test.each(names)('the zip of %s keeps within its budget', name => {
  expect(zips.get(`${name}.zip`)?.bytes).toBeLessThan(budgets[name] ?? 80_000)
})

/** Each imports the reading, whether it has secrets or not. */
const withSecrets = names.filter(name => expected(name).route !== undefined)
const withTable = names.filter(
  name => expected(name).table ?? expected(name).limits ?? expected(name).traffic,
)
const parts: [what: string, mark: string, where: string[]][] = [
  ["Twilio's client", 'twilio-node/', ['challenge']],
  ["Twilio's own HTTP client", 'AxiosError', []],
  ['making tokens', 'otplib', ['challenge']],
  [
    'the metadata of phone numbers',
    'country_calling_codes',
    [
      'create-device',
      'update-device',
      'find-devices',
      'get-limits',
      'delete-limits',
      'get-suspensions',
      'put-always-allow',
      'delete-always-allow',
    ],
  ],
  ['the client of DynamoDB', 'com.amazonaws.dynamodb', withTable],
  ['reading secrets from SSM', 'GetParameters', withSecrets],
  [
    'the client of EventBridge',
    'com.amazonaws.eventbridge',
    names.filter(name => expected(name).bus !== undefined),
  ],
  ['what else EventBridge does', 'PutRule', []],
  ['what else SSM does', 'PutParameter', []],
  ['errors of what else SSM does', 'AssociationAlreadyExists', []],
  ['credentials from anywhere but the environment', 'AWS_WEB_IDENTITY_TOKEN_FILE', []],
]

test.each(parts)('%s is only in the bundles that run it', (_, mark, where) => {
  const found = names.filter(name =>
    zips.get(`${name}.zip`)?.files.get(`functions/${name}.cjs`)?.includes(mark),
  )

  expect(found.toSorted()).toEqual(where.toSorted())
})

test('each bundle loads by itself and exports its handler', async () => {
  const bare = await mkdtemp(join(tmpdir(), 'otp-bundles-'))
  try {
    for (const name of names) {
      const bundle = zips.get(`${name}.zip`)?.files.get(`functions/${name}.cjs`)
      await writeFile(join(bare, `${name}.cjs`), String(bundle))
    }
    const script = `
      const types = {}
      for (const name of ${JSON.stringify(names)}) types[name] = typeof require('./' + name + '.cjs').handler
      console.log(JSON.stringify(types))`
    const { Variables } = propertiesOf('VerifyLambdaFunction').Environment
    const env = { ...Variables, AWS_REGION: 'eu-west-1' }
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: bare, env })

    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(names.map(name => [name, 'function'])))
  } finally {
    await rm(bare, { recursive: true, force: true })
  }
})

test('each function has its runtime, its role and its timeout', () => {
  const found = names.map(name => propertiesOf(logicalId(name, 'LambdaFunction')))

  expect(found).toMatchObject(
    names.map(name => ({
      FunctionName: `serverless-otp-twilio-prod-${name}`,
      Handler: `functions/${name}.handler`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: expected(name).timeout ?? 10,
      Role: { 'Fn::GetAtt': [roleId(name), 'Arn'] },
    })),
  )
  expect(ofType('AWS::Lambda::Function')).toHaveLength(names.length)
})

const variablesOfChallenge = () => propertiesOf('ChallengeLambdaFunction').Environment.Variables

test('production has settings that suit SMS', () => {
  expect(variablesOfChallenge()).toMatchObject({
    DEVICES_TABLE: { Ref: 'DevicesTable' },
    LIMITS_TABLE: { Ref: 'LimitsTable' },
    TRAFFIC_TABLE: { Ref: 'TrafficTable' },
    OTP_STAGE: 'prod',
    OTP_SSM_PATH: '/serverless-otp-twilio/prod',
    OTP_TWILIO_TOKEN_VALIDITY: '300',
    OTP_TWILIO_COOLDOWN: '30',
    OTP_TWILIO_COOLDOWN_MAX: '3600',
    OTP_TWILIO_LIMIT_NUMBER: '5/600,20/86400',
    OTP_TWILIO_LIMIT_USER: '10/600,40/86400',
    OTP_TWILIO_LIMIT_CLIENT: '100/3600',
    OTP_TWILIO_LIMIT_COUNTRY: '2000/86400',
    OTP_TWILIO_LIMIT_DEPLOYMENT: '100/60,5000/86400',
    OTP_TWILIO_BREAKER_PREFIX: '20/10/3600',
    OTP_TWILIO_BREAKER_COUNTRY: '300/3/3600',
    OTP_TWILIO_THROTTLE_MAX: '3600',
    OTP_TWILIO_FROM: '+15005550006',
    POWERTOOLS_METRICS_NAMESPACE: 'serverless-otp-twilio/prod',
    OTP_PUBLIC_URL: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
      'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}',
    },
  })
})

test('production has no secret in the environment', () => {
  expect(Object.keys(variablesOfChallenge())).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/ACCOUNT|AUTH|KEY/)]),
  )
})

test.each(names)('the role of %s allows exactly what the function does', name => {
  const { table = [], index = [], limits = [], traffic = [] } = expected(name)
  const { stream, bus, secrets = ['OTP_API_KEYS'] } = expected(name)
  const dynamodb = (actions: string[], resource: unknown) =>
    actions.length === 0
      ? []
      : [allow(actions.map(action => `dynamodb:${action}`).sort(), [resource])]

  const role = propertiesOf(roleId(name))
  const statements = role.Policies.flatMap((policy: Policy) => policy.PolicyDocument.Statement)

  expect(role.ManagedPolicyArns).toBeUndefined()
  expect(statements.map((one: Statement) => ({ ...one, Action: one.Action.toSorted() }))).toEqual([
    allow(
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [arn('logs', `log-group:/aws/lambda/serverless-otp-twilio-prod-${name}:*`)],
    ),
    ...(secrets.length === 0
      ? []
      : [
          allow(
            ['ssm:GetParameters'],
            secrets.map(secret => arn('ssm', `parameter/serverless-otp-twilio/prod/${secret}`)),
          ),
        ]),
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation's
    ...dynamodb(table, arn('dynamodb', 'table/${DevicesTable}')),
    ...dynamodb(index, arn('dynamodb', 'table/${DevicesTable}/index/number')),
    ...dynamodb(limits, arn('dynamodb', 'table/${LimitsTable}')),
    ...dynamodb(traffic, arn('dynamodb', 'table/${TrafficTable}')),
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
    ...(stream
      ? [
          ...dynamodb(['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'], {
            Ref: 'DevicesStream',
          }),
          allow(['s3:ListBucket'], [kept]),
          // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
          allow(['s3:PutObject'], [{ 'Fn::Sub': '${KeptRecords.Arn}/*' }]),
        ]
      : []),
    ...(bus ? [allow(['events:PutEvents'], [arn('events', `event-bus/${bus}`)])] : []),
  ])
})

test('there are no other roles', () => {
  expect(ofType('AWS::IAM::Role').sort()).toEqual(names.map(roleId).sort())
})

test('there are no other policies', () => {
  expect(ofType('AWS::IAM::Policy')).toEqual([])
  expect(ofType('AWS::IAM::ManagedPolicy')).toEqual([])
})

const withRoute = names.filter(name => expected(name).route !== undefined)
const withStream = names.filter(name => expected(name).stream !== undefined)

test('each reader of the stream goes on from what failed before its records are kept', () => {
  const mappings = ofType('AWS::Lambda::EventSourceMapping').map(id => propertiesOf(id))

  expect(mappings).toEqual(
    withStream.map(name => {
      const { window, retries, seconds } = expected(name).stream!
      return {
        FunctionName: { 'Fn::GetAtt': [logicalId(name, 'LambdaFunction'), 'Arn'] },
        EventSourceArn: { Ref: 'DevicesStream' },
        Enabled: true,
        StartingPosition: 'TRIM_HORIZON',
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: window,
        ParallelizationFactor: 6,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: retries,
        MaximumRecordAgeInSeconds: seconds,
        DestinationConfig: { OnFailure: { Destination: kept } },
        MetricsConfig: { Metrics: ['EventCount'] },
      }
    }),
  )
})

test('the stream has no more readers than DynamoDB lets read a shard', () => {
  expect(withStream).toHaveLength(2)
})

describe('the bucket of what the readers leave', () => {
  const bucket = () => propertiesOf('KeptRecords')

  test('is encrypted', () => {
    expect(bucket().BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ])
  })

  test('is nobody else’s', () => {
    expect(bucket().PublicAccessBlockConfiguration).toEqual({
      ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
      ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
    })
    expect(bucket().OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }])
  })

  test('erases all after fourteen days, and has no versions of it', () => {
    const { LifecycleConfiguration, VersioningConfiguration } = bucket()

    expect(LifecycleConfiguration.Rules).toEqual([
      {
        ...{ Id: 'erase', Status: 'Enabled', ExpirationInDays: 14 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ])
    expect(VersioningConfiguration).toBeUndefined()
  })

  test('is reached over TLS alone', () => {
    const { Bucket, PolicyDocument } = propertiesOf('KeptRecordsPolicy')

    expect(Bucket).toEqual({ Ref: 'KeptRecords' })
    expect(PolicyDocument.Statement).toEqual([
      {
        ...{ Sid: 'OverTlsAlone', Effect: 'Deny', Principal: '*', Action: 's3:*' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
        Resource: [kept, { 'Fn::Sub': '${KeptRecords.Arn}/*' }],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ])
  })

  test('is known to its readers by its URL', () => {
    const urls = names.map(name => {
      const { Variables } = propertiesOf(logicalId(name, 'LambdaFunction')).Environment
      return [name, Variables.KEPT_RECORDS_URL]
    })

    expect(urls.filter(([, url]) => url)).toEqual(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
      withStream.map(name => [name, { 'Fn::Sub': 'https://${KeptRecords.RegionalDomainName}/' }]),
    )
  })
})

test('nothing but the API invokes a function', () => {
  const invokers = ofType('AWS::Lambda::Permission').map(id => propertiesOf(id).Principal)

  expect(new Set(invokers)).toEqual(new Set(['apigateway.amazonaws.com']))
  expect(invokers).toHaveLength(withRoute.length)
})

test('no function has a URL of its own', () => {
  expect(ofType('AWS::Lambda::Url')).toEqual([])
})

test('nothing is left in a queue', () => {
  expect(ofType('AWS::SQS::Queue')).toEqual([])
})

test('each route leads to its function', () => {
  const routes = ofType('AWS::ApiGatewayV2::Route').map(id => {
    const { RouteKey, Target } = propertiesOf(id)
    return [RouteKey, Target['Fn::Join'][1][1].Ref]
  })

  expect(Object.fromEntries(routes)).toEqual(
    Object.fromEntries(
      withRoute.map(name => [expected(name).route, `HttpApiIntegration${logicalId(name, '')}`]),
    ),
  )
  for (const name of withRoute) {
    expect(propertiesOf(`HttpApiIntegration${logicalId(name, '')}`)).toMatchObject({
      IntegrationUri: { 'Fn::GetAtt': [logicalId(name, 'LambdaFunction'), 'Arn'] },
      PayloadFormatVersion: '2.0',
    })
  }
})

const accessLogFormat = () => JSON.parse(propertiesOf('HttpApiStage').AccessLogSettings.Format)

test('the access log is JSON of the request, its answer and its client', () => {
  expect(accessLogFormat()).toMatchObject({
    requestId: '$context.requestId',
    ip: '$context.identity.sourceIp',
    routeKey: '$context.routeKey',
    status: '$context.status',
    integrationLatency: '$context.integrationLatency',
  })
})

test('the access log holds no path, query, body, authorizer or user agent', () => {
  expect(JSON.stringify(accessLogFormat())).not.toMatch(/path|query|body|authorizer|agent/i)
})

test('every log ends after thirty days', () => {
  const groups = ofType('AWS::Logs::LogGroup').map(id => propertiesOf(id))

  expect(groups).toEqual(
    [
      ...names.map(name => `/aws/lambda/serverless-otp-twilio-prod-${name}`),
      '/aws/http-api/serverless-otp-twilio-prod',
    ].map(group => ({ LogGroupName: group, RetentionInDays: 30 })),
  )
})

const rate = (perSecond: number, burst: number) => ({
  DetailedMetricsEnabled: false,
  ThrottlingRateLimit: perSecond,
  ThrottlingBurstLimit: burst,
})

test('verify, challenge, callbacks and what strangers reach have a rate of their own', () => {
  const { DefaultRouteSettings, RouteSettings } = propertiesOf('HttpApiStage')

  expect(DefaultRouteSettings).toEqual(rate(50, 100))
  expect(RouteSettings).toEqual({
    [functions.verify.route]: rate(100, 200),
    [functions.challenge.route]: rate(100, 200),
    [functions['status-callback'].route]: rate(200, 400),
    [functions.admin.route]: rate(5, 20),
    [functions.openapi.route]: rate(5, 20),
    [functions['proof-keys'].route]: rate(5, 20),
    [functions['proof-discovery'].route]: rate(5, 20),
    $default: rate(5, 20),
  })
})

test('the stage waits for each route that has a rate, or a first deploy would fail', () => {
  const { DependsOn } = template.Resources.HttpApiStage as { DependsOn?: string[] }
  const waitedFor = DependsOn?.map(id => propertiesOf(id).RouteKey).filter(Boolean)

  expect(waitedFor?.toSorted()).toEqual(
    Object.keys(propertiesOf('HttpApiStage').RouteSettings).toSorted(),
  )
})

test('the default endpoint is open, and no function has a share of its own', () => {
  expect(propertiesOf('HttpApi')).not.toHaveProperty('DisableExecuteApiEndpoint')
  expect(propertiesOf('VerifyLambdaFunction')).not.toHaveProperty('ReservedConcurrentExecutions')
})

test('a closed default endpoint and a share for verify are what they are set to', async () => {
  const variables: Record<string, string> = { 'sls:stage': 'prod' }
  vi.stubEnv('OTP_TWILIO_FROM', '+15005550006')
  vi.stubEnv('OTP_PUBLIC_URL', 'https://otp.example')
  vi.stubEnv('OTP_DEFAULT_ENDPOINT', 'off')
  vi.stubEnv('OTP_VERIFY_CONCURRENCY', '50')
  const { extensions } = await createRequire(import.meta.url)('../../../infra/stack/api.cjs')({
    resolveVariable: async (name: string) => variables[name],
  })
  vi.unstubAllEnvs()

  expect(extensions).toMatchObject({
    HttpApi: { Properties: { DisableExecuteApiEndpoint: true } },
    VerifyLambdaFunction: { Properties: { ReservedConcurrentExecutions: 50 } },
  })
})

test('each function has the settings that it reads, and no others', () => {
  const given = Object.fromEntries(
    names.map(name => {
      const { Variables } = propertiesOf(logicalId(name, 'LambdaFunction')).Environment
      return [name, Object.keys(Variables).filter(variable => variable in settings)]
    }),
  )

  expect(given['not-found']).toEqual([])
  expect(given.verify).toEqual([
    'OTP_TWILIO_TOKEN_VALIDITY',
    'OTP_TWILIO_COOLDOWN',
    'OTP_TWILIO_COOLDOWN_MAX',
    'OTP_TWILIO_THROTTLE_MAX',
    'OTP_TWILIO_TOKEN_GUESSES',
    'OTP_TWILIO_LIMIT_CLIENT',
  ])
  expect(given['get-figures']).toEqual(['OTP_TWILIO_PRICES'])
})

test('the service holds no table, and retains nothing that has a fixed name', () => {
  const retained = Object.values(resources).filter(
    ({ DeletionPolicy, Properties }) =>
      DeletionPolicy && DeletionPolicy !== 'Delete' && 'BucketName' in Properties,
  )

  expect(ofType('AWS::DynamoDB::Table')).toEqual([])
  expect(retained).toEqual([])
})

test('the stack is told of its tables by parameters, which packaging does not need', () => {
  expect(template.Parameters).toEqual(
    Object.fromEntries(
      ['DevicesTable', 'DevicesStream', 'LimitsTable', 'TrafficTable'].map(name => [
        name,
        { Type: 'String', Description: expect.any(String) },
      ]),
    ),
  )
})

test('the template keeps the settings that the stage was given', () => {
  expect(template.Metadata).toEqual({
    Settings: { OTP_TWILIO_FROM: '+15005550006' },
  })
})

describe('the data of', () => {
  const print = async (stage: string) => {
    const { Resources, Outputs } = JSON.parse(
      await serverless(join(folder, 'infra/stack/data'), [
        'print',
        ...['--stage', stage, '--format', 'json', '--path', 'resources'],
      ]),
    )
    return { tables: Resources as Record<string, Resource>, outputs: Outputs }
  }
  const dataKeys = ['DevicesTable', 'LimitsTable', 'TrafficTable']

  let prod: Awaited<ReturnType<typeof print>>

  beforeAll(async () => {
    prod = await print('prod')
  })

  // Which stages are protected is deployment.ts's.
  test('a protected stage outlives its stack, and nobody deletes it by accident', () => {
    expect(Object.keys(prod.tables)).toEqual(dataKeys)
    for (const table of Object.values(prod.tables)) {
      expect(table).toMatchObject({
        Type: 'AWS::DynamoDB::Table',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { DeletionProtectionEnabled: true, BillingMode: 'PAY_PER_REQUEST' },
      })
    }
  })

  test('any other goes with its stack', async () => {
    const { tables } = await print('dev')

    expect(Object.keys(tables)).toEqual(dataKeys)
    for (const table of Object.values(tables)) {
      expect(table).toMatchObject({
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
        Properties: { DeletionProtectionEnabled: false },
      })
    }
  })

  test('every stage is named by CloudFormation, so that a failed deploy can be repeated', () => {
    const { tables, outputs } = prod

    for (const { Properties } of Object.values(tables)) {
      expect(Properties).not.toHaveProperty('TableName')
    }
    expect(Object.keys(outputs)).toEqual([
      'DevicesTable',
      'DevicesStream',
      'LimitsTable',
      'TrafficTable',
    ])
  })

  test('every stage is as the code needs it', () => {
    const { tables } = prod

    expect(tables.DevicesTable?.Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      KeySchema: [
        { AttributeName: 'userId', KeyType: 'HASH' },
        { AttributeName: 'deviceId', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'number',
          KeySchema: [{ AttributeName: 'number', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    })
    expect(tables.LimitsTable?.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'limitKey', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    })
    // What an admin always allows is in it.
    expect(tables.TrafficTable?.Properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'subject', KeyType: 'HASH' },
        { AttributeName: 'entry', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    })
  })
})

describe('a stage whose secrets have a KMS key of their own', () => {
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/0192f0c1'

  test('lets each function that reads secrets decrypt with it', async () => {
    const options = ['--stage', 'dev', '--format', 'json', '--path', 'resources.Resources']
    const printed = JSON.parse(
      await serverless(folder, ['print', ...options], { OTP_SECRETS_KEY_ARN: key }),
    )

    for (const name of names.filter(name => expected(name).secrets?.length !== 0)) {
      const { Policies } = printed[roleId(name)]!.Properties as { Policies: Policy[] }

      expect(Policies[0]?.PolicyDocument.Statement).toContainEqual(allow(['kms:Decrypt'], [key]))
    }
  }, 120_000)
})

test('a bad setting makes no package, and is one sentence', async () => {
  const failed = await serverless(folder, ['package', '--stage', 'prod'], {
    OTP_TWILIO_TOKEN_LENGTH: '99',
  }).catch(error => error)

  expect([failed.code, failed.stdout, failed.stderr]).toEqual([
    1,
    '',
    'OTP_TWILIO_TOKEN_LENGTH must be a whole number from 6 to 8.\n',
  ])
}, 60_000)

interface Policy {
  PolicyDocument: { Statement: Statement[] }
}

interface Statement {
  Effect: string
  Action: string[]
  Resource: unknown[]
}

function allow(actions: string[], on: unknown[]): Statement {
  return { Effect: 'Allow', Action: actions, Resource: on }
}

function arn(service: string, resource: string) {
  return {
    'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a CloudFormation template
function propertiesOf(id: string): any {
  return resources[id]?.Properties ?? {}
}

function ofType(type: string): string[] {
  return Object.keys(resources).filter(id => resources[id]?.Type === type)
}
