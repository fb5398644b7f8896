// What the alarms watch and the dashboard draws is there: each of our metrics is one that the
// running handlers write, each of AWS's is of a function or a queue that is deployed. And each
// alarm goes off when its sentence says so.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { breakerSettings } from '../../../lib/settings/breaker.ts'
import { startBucket } from '../../support/bucket.ts'
import { listen, logged } from '../../support/canaries.ts'
import { invoke } from '../../support/lambda.ts'
import { readMetrics } from '../../support/metrics.ts'
import { startScenes } from '../../support/scenes.ts'
import { startSsmStandIn } from '../../support/ssm-stand-in.ts'

const load = createRequire(import.meta.url)
const scenes = await startScenes()
const traffic = await import('../../../functions/traffic.ts')
const audit = await import('../../../functions/audit.ts')
const { findSuspension } = await import('../../../lib/breaker/gate.ts')
const { suspend } = await import('../../../lib/breaker/store.ts')
const { connectStore } = await import('../../../lib/dynamodb/client.ts')
const { secretSource } = await import('../../../lib/settings/secrets.ts')
// As environment.ts has it: the stage's own names.
const stage = { service: 'test', stage: 'test', namespace: 'test' }

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation
type Resources = Record<string, { Type: string; Properties: any }>

/** The resources of a file of infra/stack/watch. */
async function resourcesOf(
  file: string,
  settings: Record<string, string> = {},
): Promise<Resources> {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  const variables: Record<string, string> = {
    'self:service': stage.service,
    'sls:stage': stage.stage,
    'self:provider.environment.POWERTOOLS_METRICS_NAMESPACE': stage.namespace,
  }
  const resolveVariable = async (name: string) => variables[name]
  const { Resources } = await load(`../../../infra/stack/watch/${file}.cjs`)({ resolveVariable })
  vi.unstubAllEnvs()
  return Resources
}

const watching = Object.entries(await resourcesOf('alarms'))
const alarms = watching.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
/** What a filter of a log counts. */
const filtered = watching.flatMap(([, { Type, Properties }]) =>
  Type === 'AWS::Logs::MetricFilter'
    ? Properties.MetricTransformations.map(
        (one: { MetricNamespace: string; MetricName: string }) =>
          `${one.MetricNamespace} ${one.MetricName}`,
      )
    : [],
)
const { Dashboard } = await resourcesOf('dashboard')
const body = Dashboard!.Properties.DashboardBody['Fn::Sub']
const { widgets } = JSON.parse(body)

/** A metric by its namespace, name and dimensions, as one text. */
const textOf = (namespace: string, name: string, dimensions: Record<string, string>) =>
  [namespace, name, ...Object.entries(dimensions).flat()].join(' ')

/** A reference, as the dashboard writes it. */
const inSub = (value: string | { Ref: string }) =>
  typeof value === 'string' ? value : `\${${value.Ref}}`

/** What the alarms watch. */
const watched = alarms.flatMap(([, { Properties }]) =>
  Properties.Metrics.flatMap(({ MetricStat }: { MetricStat?: { Metric: AlarmMetric } }) => {
    if (MetricStat === undefined) return []
    const { Namespace, MetricName, Dimensions } = MetricStat.Metric
    const dimensions = Dimensions.map(({ Name, Value }) => [Name, inSub(Value)])
    return [textOf(Namespace, MetricName, Object.fromEntries(dimensions))]
  }),
) as string[]

interface AlarmMetric {
  Namespace: string
  MetricName: string
  Dimensions: { Name: string; Value: string | { Ref: string } }[]
}

/** What the dashboard draws. */
const drawn = (widgets as { properties: { metrics: unknown[][] } }[])
  .flatMap(({ properties }) => properties.metrics)
  .filter(line => line.length > 1)
  .map(line => line.slice(0, -1).join(' '))

const all = [...new Set([...watched, ...drawn])]
const ours = all.filter(metric => metric.startsWith('test '))

beforeAll(listen)
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(scenes.close)

/** SSM refuses, and does not answer. */
async function loadNoSecrets() {
  const ssm = await startSsmStandIn()
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
  for (const fault of ['denies', 'fails'] as const) {
    ssm.behave = () => fault
    const source = secretSource(['OTP_TOKEN_KEY'], { env: { OTP_SSM_PATH: '/watch' } })
    await source.load().catch(() => undefined)
  }
  vi.unstubAllEnvs()
  await ssm.goDown()
}

/** Has the handlers write every metric that they have to. */
async function writeAll(): Promise<string[]> {
  logged.length = 0
  for (const limit of ['NUMBER', 'NUMBER_ALL', 'USER', 'CLIENT', 'COUNTRY', 'DEPLOYMENT']) {
    vi.stubEnv(`OTP_TWILIO_LIMIT_${limit}`, '1/600')
    const device = await scenes.register()
    for (let n = 0; n < 2; n++) await scenes.challenge(device, { clientIp: '203.0.113.7' })
    vi.unstubAllEnvs()
  }
  vi.stubEnv('OTP_TWILIO_LIMIT_COUNTRY', '2/600')
  vi.stubEnv('OTP_TWILIO_ESTABLISHED_SHARE', '50')
  for (let n = 0; n < 2; n++) await scenes.challenge(await scenes.register())
  vi.unstubAllEnvs()
  const device = await scenes.register()
  for (const status of [401, 500]) {
    scenes.answers.push({ status, body: {} }, { status, body: {} }, { status, body: {} })
    await scenes.challenge(device)
    scenes.answers.length = 0
  }
  const forms: Record<string, string>[] = [
    { MessageStatus: 'delivered' },
    { MessageStatus: 'undelivered', ErrorCode: '30005' },
    { MessageStatus: 'failed', ErrorCode: '30008' },
  ]
  for (const form of forms) {
    const { body } = await scenes.challenge(device)
    await scenes.sendCallback(device, body.challengeId, form)
  }
  await scenes.verify(device)
  await scenes.guess(device)
  await scenes.guess(device)
  vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '1')
  const bounded = await scenes.register()
  await scenes.guess(bounded)
  await scenes.challenge(bounded)
  await scenes.guess(bounded, { challengeId: 'another' })
  for (let n = 0; n < 2; n++) await scenes.guess(bounded)
  vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '1')
  await scenes.guess(device)
  const owner = await scenes.register()
  for (const _ of Array.from({ length: 2 })) {
    await scenes.challenge(owner)
    await scenes.verify(owner)
  }
  for (const _ of Array.from({ length: 5 })) await scenes.challenge(owner)
  await askGate()
  await loadNoSecrets()
  vi.stubEnv('OTP_TWILIO_BREAKER_PREFIX', '1/100/3600')
  vi.stubEnv('OTP_TWILIO_BREAKER_COUNTRY', '1/100/3600')
  vi.stubEnv('OTP_TWILIO_PRICES', '*=0.08')
  // When nothing that was sent is too young to be judged.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 300_000 })
  const Records = scenes.engine.take()
  await traffic.handler({ Records })
  vi.useRealTimers()
  await leaveRecords(Records[0]!)
  return readMetrics(logged).map(({ namespace, name, dimensions }) =>
    textOf(namespace, name, dimensions),
  )
}

/** The readers of the stream cannot read a record, and have a bucket, and none that answers. */
async function leaveRecords(record: DynamoDBRecord): Promise<void> {
  const bucket = await startBucket()
  vi.stubEnv('KEPT_RECORDS_URL', bucket.url)
  vi.stubEnv('OTP_EVENT_BUS', 'default')
  const Records = [{ ...record, dynamodb: { NewImage: { userId: { S: '' } } } }]
  for (const takes of [true, false]) {
    bucket.takes = () => takes
    for (const { handler } of [traffic, audit]) await handler({ Records })
  }
  bucket.close()
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', 'http://127.0.0.1:1')
  vi.resetModules()
  const { handler: lift } = await import('../../../functions/delete-suspensions.ts')
  await invoke(lift, { method: 'DELETE', query: { country: 'CH' } })
  vi.unstubAllEnvs()
}

/** The gate shut by a prefix and by a country, and without its table. */
async function askGate(): Promise<void> {
  const now = Date.now()
  const gate = {
    ...{ breaker: breakerSettings({ OTP_TWILIO_BREAKER_PREFIX: '1/100/3600' }), now },
    ...{ indexKey: Buffer.alloc(32), isEstablished: false },
  }
  const store = connectStore()
  const phone = { number: '+4915112345678', country: 'DE' }
  const { signal } = new AbortController()
  const next = { until: now + 9999, since: now, times: 1, sends: 9, verified: 0 }
  for (const entry of ['prefix:+491511234', 'country:DE']) {
    const until = entry.startsWith('country') ? next.until + 1 : next.until
    await suspend(store, entry, { next: { ...next, until }, seen: null, expiresAt: 1 }, signal)
    await findSuspension(store, phone, gate, signal)
  }
  await findSuspension({ ...store, trafficTable: 'absent' }, phone, gate, signal)
}

it('the metrics that are watched or drawn are those that the code writes', async () => {
  const written = new Set([...(await writeAll()), ...filtered])

  expect(ours.length).toBeGreaterThan(15)
  expect(ours.filter(metric => !written.has(metric))).toEqual([])
  // Each has its monthly price.
  expect([...written].filter(metric => !ours.includes(metric))).toEqual([])
})

it('every metric of AWS that is watched or drawn is of what is deployed', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const { functions } = parse(read('serverless.yml'), { merge: true })
  const { extensions } = parse(read('infra/stack/stream.yml'), { merge: true })
  const mappings = Object.keys(extensions).map(id => `EventSourceMappingUUID \${${id}}`)
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation's
  const known = [
    ...mappings.flatMap(mapping =>
      ['OnFailureDestinationDeliveredEventCount', 'DroppedEventCount'].map(
        metric => `AWS/Lambda ${metric} ${mapping}`,
      ),
    ),
    ...Object.keys(functions).flatMap(name =>
      ['Errors', 'Duration', 'IteratorAge', 'Throttles'].map(
        metric => `AWS/Lambda ${metric} FunctionName test-test-${name}`,
      ),
    ),
    ...['5xx', '4xx', 'Count'].map(metric => `AWS/ApiGateway ${metric} ApiId \${HttpApi}`),
    // Of the whole account.
    'AWS/Lambda ConcurrentExecutions',
  ]
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
  const theirs = all.filter(metric => metric.startsWith('AWS/'))

  expect(theirs.filter(metric => !known.includes(metric))).toEqual([])
  for (const mapping of mappings) expect(watched.join()).toContain(mapping)
})

const properties = alarms.map(([, { Properties }]) => Properties)

it('each alarm notifies the topic', () => {
  for (const alarm of properties) {
    expect(alarm).toMatchObject({
      AlarmActions: [{ Ref: 'Alarms' }],
      OKActions: [{ Ref: 'Alarms' }],
    })
  }
})

it('each alarm says what to do', () => {
  for (const { AlarmDescription } of properties) {
    expect(AlarmDescription).toMatch(/^[A-Z].+[.] Runbook: [a-zA-Z].{20,}[.]$/)
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024)
  }
})

it('no runbook is of an alarm that there is not', () => {
  const { runbooks } = load('../../../infra/stack/watch/runbooks.cjs')

  expect(Object.keys(runbooks).toSorted()).toEqual(alarms.map(([id]) => id).toSorted())
})

it('what API Gateway refuses by its rates is counted in the access log', async () => {
  const { ApiThrottled } = await resourcesOf('alarms')

  expect(ApiThrottled?.Properties).toMatchObject({
    LogGroupName: { Ref: 'HttpApiLogGroup' },
    FilterPattern: '{ ($.status = "429") && ($.integrationLatency = "-") }',
  })
})

it('each alarm takes a gap for no breach', () => {
  for (const alarm of properties) {
    expect(alarm).toMatchObject({ TreatMissingData: 'notBreaching', EvaluationPeriods: 1 })
  }
})

it('each alarm has a name of its own', () => {
  for (const { AlarmName } of properties) expect(AlarmName).toMatch(/^test-test-[a-z-]+$/)
  expect(new Set(properties.map(({ AlarmName }) => AlarmName)).size).toBe(alarms.length)
})

it('each alarm has at most eleven metrics', () => {
  for (const { Metrics } of properties) expect(Metrics.length).toBeLessThanOrEqual(11)
})

type Values = Record<string, number | undefined>

/** CloudWatch's metric math, as far as the alarms go; undefined is a gap. */
function evaluate(expression: string, values: Values): number | undefined {
  const given = Object.values(values).filter(value => value !== undefined)
  const scope = {
    IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no),
    FILL: (value: number | undefined, other: number) => value ?? other,
    METRICS: () => given,
    SUM: (series: number[]) => series.reduce((sum, value) => sum + value, 0),
    MAX: (series: number[]) => Math.max(...series),
  }
  if (given.length === 0) return undefined
  const names = Object.keys({ ...scope, ...values })
  const found = new Function(...names, `return ${expression}`)(
    ...Object.values({ ...scope, ...values }),
  )
  return Number.isNaN(found) ? undefined : found
}

function goesOff(id: string, values: Values, resources = alarms): boolean {
  const { Metrics, Threshold, ComparisonOperator } = resources.find(([name]) => name === id)![1]
    .Properties
  expect(Metrics.slice(0, -1).map(({ Id }: { Id: string }) => Id)).toEqual(Object.keys(values))
  const value = evaluate(Metrics.at(-1).Expression, values)
  if (value === undefined) return false
  return ComparisonOperator === 'LessThanThreshold' ? value < Threshold : value >= Threshold
}

const noGuesses = {
  invalidToken: undefined,
  throttled: undefined,
  usedUp: undefined,
  noToken: undefined,
  replaced: undefined,
}

const nothingLeft = {
  kept: undefined,
  lost: undefined,
  givenUp: undefined,
  dropped: undefined,
}

const toldElsewhere = {
  deliveryFailed: undefined,
  deliveryUnknown: undefined,
}

const nothingTurnedAway = {
  register: undefined,
  challenge: undefined,
  verify: undefined,
  callback: undefined,
}

describe('an alarm', () => {
  it.each<[string, Values, boolean]>([
    ['SpendNearBudgetAlarm', { spend: 319.99 }, false],
    ['SpendNearBudgetAlarm', { spend: 320 }, true],
    ['SpendOverBudgetAlarm', { spend: 399.99 }, false],
    ['SpendOverBudgetAlarm', { spend: 400 }, true],
    ['ConversionAlarm', { sent: 50, notSent: 0, verified: 9 }, true],
    ['ConversionAlarm', { sent: 50, notSent: 0, verified: 10 }, false],
    ['ConversionAlarm', { sent: 49, notSent: 0, verified: 0 }, false],
    ['ConversionAlarm', { sent: 500, notSent: 451, verified: 0 }, false],
    ['ConversionAlarm', { sent: 500, notSent: 450, verified: 9 }, true],
    ['ConversionAlarm', { sent: 50, notSent: undefined, verified: undefined }, true],
    ['ConversionAlarm', { sent: undefined, notSent: undefined, verified: 3 }, false],
    ['TwilioAlarm', { failed: 5, unknown: 4 }, false],
    ['TwilioAlarm', { failed: undefined, unknown: 10 }, true],
    ['GuessingAlarm', { ...noGuesses, throttled: 99 }, false],
    ['GuessingAlarm', { ...noGuesses, throttled: 100 }, true],
    // One guess at each of a hundred and fifty accounts locks none of them for long.
    ['GuessingAlarm', { ...noGuesses, invalidToken: 150 }, true],
    [
      'GuessingAlarm',
      { invalidToken: 20, throttled: 20, usedUp: 20, noToken: 20, replaced: 20 },
      true,
    ],
    ['GuessingShareAlarm', { ...noGuesses, invalidToken: 25, accepted: 25 }, true],
    ['GuessingShareAlarm', { ...noGuesses, invalidToken: 25, accepted: 26 }, false],
    ['GuessingShareAlarm', { ...noGuesses, usedUp: 50, accepted: undefined }, true],
    ['GuessingShareAlarm', { ...noGuesses, usedUp: 49, accepted: undefined }, false],
    ['SuspensionAlarm', { suspended: undefined }, false],
    ['SuspensionAlarm', { suspended: 1 }, true],
    ['EstablishedUnverifiedAlarm', { unverified: undefined }, false],
    ['EstablishedUnverifiedAlarm', { unverified: 1 }, true],
    ['BreakerBlindAlarm', { unknown: 9 }, false],
    ['BreakerBlindAlarm', { unknown: 10 }, true],
    ['SharedLimitAlarm', { country: undefined, deployment: undefined }, false],
    ['SharedLimitAlarm', { country: 1, deployment: undefined }, true],
    ['SharedLimitAlarm', { country: undefined, deployment: 1 }, true],
    ['StrangersShareAlarm', { reached: undefined }, false],
    ['StrangersShareAlarm', { reached: 1 }, true],
    ['DevicesDisabledAlarm', { disabled: undefined }, false],
    ['DevicesDisabledAlarm', { disabled: 1 }, true],
    ['SecretsAlarm', { refused: undefined, notRead: 4 }, false],
    ['SecretsAlarm', { refused: undefined, notRead: 5 }, true],
    ['SecretsAlarm', { refused: 1, notRead: undefined }, true],
    ['TrafficFailuresAlarm', { ...nothingLeft, dropped: 0 }, false],
    ['TrafficFailuresAlarm', { ...nothingLeft, kept: 1 }, true],
    ['TrafficFailuresAlarm', { ...nothingLeft, lost: 1 }, true],
    ['AuditFailuresAlarm', { ...nothingLeft, givenUp: 0, acts: undefined }, false],
    ['AuditFailuresAlarm', { ...nothingLeft, givenUp: 1, acts: undefined }, true],
    ['AuditFailuresAlarm', { ...nothingLeft, acts: 1 }, true],
    ['ErrorsAlarm', { api: 9, ...toldElsewhere, traffic: 0, audit: 0 }, false],
    ['ErrorsAlarm', { api: 8, ...toldElsewhere, traffic: 1, audit: 1 }, true],
    ['ErrorsAlarm', { api: undefined, ...toldElsewhere, traffic: 10, audit: undefined }, true],
    // One alarm for one cause.
    ...Object.keys(toldElsewhere).map((told): [string, Values, boolean] => [
      'ErrorsAlarm',
      { api: 19, ...toldElsewhere, [told]: 10, traffic: 0, audit: 0 },
      false,
    ]),
    ['ErrorsAlarm', { api: 3, ...toldElsewhere, deliveryFailed: 9, traffic: 10, audit: 0 }, true],
    ['ApiRefusedAlarm', { all: 100, refused: 49, byRate: undefined, ...noGuesses }, false],
    ['ApiRefusedAlarm', { all: 100, refused: 50, byRate: undefined, ...noGuesses }, true],
    ['ApiRefusedAlarm', { all: 99, refused: 99, byRate: undefined, ...noGuesses }, false],
    ['ApiRefusedAlarm', { all: 100, refused: 99, byRate: 50, ...noGuesses }, false],
    [
      'ApiRefusedAlarm',
      { all: 100, refused: 99, byRate: undefined, ...noGuesses, invalidToken: 50 },
      false,
    ],
    ['ApiThrottledAlarm', { byRate: 9 }, false],
    ['ApiThrottledAlarm', { byRate: 10 }, true],
    ['LambdaFullAlarm', { ...nothingTurnedAway, running: 799 }, false],
    ['LambdaFullAlarm', { ...nothingTurnedAway, running: 800 }, true],
    ['LambdaFullAlarm', { ...nothingTurnedAway, verify: 1, running: undefined }, true],
    ['LambdaFullAlarm', { ...nothingTurnedAway, callback: 1, running: 10 }, true],
    ['StreamLateAlarm', { traffic: 599_999, audit: undefined }, false],
    ['StreamLateAlarm', { traffic: 1, audit: 600_000 }, true],
  ])('goes off as its sentence says: %s at %j: %s', (id, values, expected) => {
    expect(goesOff(id, values)).toBe(expected)
  })

  it('of what was turned away is of the functions of this service alone', () => {
    const turnedAway = watched.filter(metric => metric.includes('Throttles'))

    expect(turnedAway).toEqual([
      'AWS/Lambda Throttles FunctionName test-test-create-device',
      'AWS/Lambda Throttles FunctionName test-test-challenge',
      'AWS/Lambda Throttles FunctionName test-test-verify',
      'AWS/Lambda Throttles FunctionName test-test-status-callback',
    ])
  })

  it.each<[string, Values]>([
    ['ErrorsAlarm', { api: 20, traffic: 0, audit: 0 }],
    ['ApiRefusedAlarm', { all: 100, refused: 50, byRate: undefined }],
    [
      'LambdaFullAlarm',
      { ...nothingTurnedAway, define: undefined, create: 1, check: undefined, running: 10 },
    ],
  ])('hears of the API what a user pool counts too: %s at %j', async (id, values) => {
    const OTP_COGNITO_USER_POOL_ARN =
      'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbCdEf123'
    const ofPool = await resourcesOf('alarms', { OTP_COGNITO_USER_POOL_ARN })

    expect(goesOff(id, values, Object.entries(ofPool))).toBe(true)
  })

  it('is one of twenty, which are all tried here', () => {
    expect(alarms.map(([id]) => id)).toHaveLength(20)
  })
})

const cells = (widgets as Record<'x' | 'y' | 'width' | 'height', number>[]).flatMap(
  ({ x, y, width, height }) =>
    Array.from(
      { length: width * height },
      (_, n) => `${x + (n % width)} ${y + Math.floor(n / width)}`,
    ),
)

it('no widget of the dashboard covers another', () => {
  expect(new Set(cells).size).toBe(cells.length)
})

it('the widgets of the dashboard fill its rows', () => {
  expect(cells.length % 24).toBe(0)
})

it('the dashboard refers to the Region, the API and the readers of the stream alone', () => {
  const references = [...body.matchAll(/\$\{(.+?)\}/g)].map(([, name]) => name)

  expect([...new Set(references)].sort()).toEqual([
    'AWS::Region',
    'AuditEventSourceMappingDynamodbDevicesStream',
    'HttpApi',
    'TrafficEventSourceMappingDynamodbDevicesStream',
  ])
})

it('an e-mail address is subscribed where one is given', async () => {
  const { AlarmsByEmail } = await resourcesOf('alarms', { OTP_ALARM_EMAIL: 'ops@example.com' })

  expect(AlarmsByEmail?.Properties).toEqual({
    TopicArn: { Ref: 'Alarms' },
    Protocol: 'email',
    Endpoint: 'ops@example.com',
  })
})

it('the topic is there without an e-mail address', async () => {
  const { Alarms, AlarmsByEmail } = await resourcesOf('alarms')

  expect(AlarmsByEmail).toBeUndefined()
  expect(Alarms?.Type).toBe('AWS::SNS::Topic')
})

it.each([
  ['', ['event-bus/default']],
  ['security', ['event-bus/security']],
  ['off', []],
])('with OTP_EVENT_BUS %j audit may put events on %j', async (bus, expected) => {
  const resources = await resourcesOf('../roles', { OTP_EVENT_BUS: bus })
  const statements = JSON.stringify(resources.AuditRole!.Properties.Policies)

  expect(statements.match(/event-bus\/\w+/g) ?? []).toEqual(expected)
})

it('a bus of another account is named by its ARN', async () => {
  const bus = 'arn:aws:events:eu-west-1:210987654321:event-bus/security'
  const { AuditRole } = await resourcesOf('../roles', { OTP_EVENT_BUS: bus })

  const [{ PolicyDocument }] = AuditRole!.Properties.Policies
  expect(PolicyDocument.Statement).toContainEqual({
    Effect: 'Allow',
    Action: ['events:PutEvents'],
    Resource: [bus],
  })
})

it('every role has the permissions boundary that is set', async () => {
  const boundary = 'arn:aws:iam::123456789012:policy/everybody'
  const roles = Object.values(await resourcesOf('../roles', { OTP_PERMISSIONS_BOUNDARY: boundary }))

  expect(new Set(roles.map(role => role.Properties.PermissionsBoundary))).toEqual(
    new Set([boundary]),
  )
})

it.each([
  ['12.50', '12.5'],
  ['', '400'],
])('a daily budget of %j is one of %s dollars', async (given, dollars) => {
  const { SpendOverBudgetAlarm } = await resourcesOf('alarms', { OTP_TWILIO_DAILY_BUDGET: given })

  const { Expression } = SpendOverBudgetAlarm!.Properties.Metrics.at(-1)
  expect(Expression).toBe(`100 * spend / ${dollars}`)
})
