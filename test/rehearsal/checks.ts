// The claims about a deployed stage: what CloudFormation was asked for, and what the services then
// had.
import type { Answer, Aws } from './aws.ts'
import { account, region } from './aws.ts'
import { type Deployed, dataStackOf, type Stack } from './deployed.ts'
import { expectEnvironments, expectFunctions } from './expected.ts'
import type { Report } from './report.ts'
import { checkWatch } from './watch.ts'

/** What is to be checked, and against which copy of the service. */
export interface Checked {
  deployed: Deployed
  folder: string
  /** The settings that the deploy was given. */
  settings: Record<string, string>
}

/** Checks everything that was made of a stage. */
export async function checkDeployed(aws: Aws, report: Report, checked: Checked): Promise<void> {
  const { deployed, settings } = checked
  const { data } = deployed
  checkStack(report, 'the stack', deployed, checked)
  checkStack(report, 'the stack of the tables', data, checked)
  report.check('the stack is told of its tables', tablesOf(data), deployed.parameters)
  report.check(
    'the template keeps the settings',
    settings,
    deployed.metadata?.Settings,
    Object.keys(settings).join(', '),
  )
  checkTable(report, deployed)
  checkLimitsTable(report, deployed)
  checkTrafficTable(report, deployed)
  await checkFunctions(report, checked)
  checkApi(report, deployed)
  checkLogs(report, deployed)
  await checkBuckets(aws, report, deployed)
  await checkWatch(aws, report, deployed)
}

/** What the data service tells of its tables, by the parameter that takes it. */
export function tablesOf({ outputs }: Stack): Record<string, string> {
  const { ServerlessDeploymentBucketName: _, ...tables } = outputs
  return tables
}

function checkStack(
  report: Report,
  what: string,
  { status, tags }: Stack,
  { deployed: { place }, settings }: Checked,
): void {
  const given = (settings.OTP_TAGS ?? '').split(',').filter(Boolean)
  const own = Object.fromEntries(given.map(tag => tag.split('=')))
  report.check(`${what} is complete`, 'UPDATE_COMPLETE', status)
  report.check(`${what} is tagged`, { ...own, ...place }, { ...tags })
}

function keys(schema: Answer[]): string[] {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`)
}

/** CloudFormation makes the name of the stack's, of the resource's, and a part that is its own. */
function checkName(report: Report, what: string, resource: string, deployed: Deployed): void {
  const { place, data } = deployed
  const name = data.outputs[resource] ?? ''
  const found = { DevicesTable: deployed.table, LimitsTable: deployed.limits }
  const table = { ...found, TrafficTable: deployed.traffic }[resource]
  const stem = `${dataStackOf(place)}-${resource}-`
  report.check(
    what,
    `${stem}… ACTIVE`,
    `${name.startsWith(stem) ? `${stem}…` : name} ${table?.TableStatus}`,
  )
}

function checkExpiry(report: Report, what: string, asked: Answer, table: Answer): void {
  const { AttributeName, Enabled } = asked?.Properties.TimeToLiveSpecification ?? {}
  report.asked(
    `${what}: TTL`,
    'expiresAt ENABLED',
    `${AttributeName} ${Enabled ? 'ENABLED' : 'DISABLED'}`,
    `${table?.timeToLive.AttributeName} ${table?.timeToLive.TimeToLiveStatus}`,
  )
}

/** Every stage of the rehearsal is one that is kept. */
function checkKept(report: Report, what: string, asked: Answer, table: Answer): void {
  report.check(`${what}: deletion protection`, true, table?.DeletionProtectionEnabled)
  report.check(`${what}: when the stack goes`, 'Retain', asked?.DeletionPolicy)
  report.check(`${what}: when it would be replaced`, 'Retain', asked?.UpdateReplacePolicy)
}

function checkRecovery(report: Report, what: string, asked: Answer, table: Answer): void {
  report.asked(
    `${what}: point-in-time recovery`,
    true,
    asked?.Properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
    table?.backups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus === 'ENABLED',
  )
}

function checkLimitsTable(report: Report, deployed: Deployed): void {
  const { data, limits } = deployed
  const asked = data.resources.LimitsTable
  checkName(report, 'limits', 'LimitsTable', deployed)
  report.check('limits: key', ['limitKey HASH'], keys(limits?.KeySchema ?? []))
  report.check('limits: billing', 'PAY_PER_REQUEST', limits?.BillingModeSummary?.BillingMode)
  checkExpiry(report, 'limits', asked, limits)
  checkKept(report, 'limits', asked, limits)
}

function checkTrafficTable(report: Report, deployed: Deployed): void {
  const { data, traffic } = deployed
  const asked = data.resources.TrafficTable
  checkName(report, 'traffic', 'TrafficTable', deployed)
  report.check('traffic: key', ['subject HASH', 'entry RANGE'], keys(traffic?.KeySchema ?? []))
  report.check('traffic: billing', 'PAY_PER_REQUEST', traffic?.BillingModeSummary?.BillingMode)
  checkExpiry(report, 'traffic', asked, traffic)
  checkRecovery(report, 'traffic', asked, traffic)
  checkKept(report, 'traffic', asked, traffic)
}

function checkTable(report: Report, deployed: Deployed): void {
  const { data, table } = deployed
  const asked = data.resources.DevicesTable
  checkName(report, 'table', 'DevicesTable', deployed)
  report.check('table: key', ['userId HASH', 'deviceId RANGE'], keys(table?.KeySchema ?? []))
  report.check(
    'table: attributes',
    ['userId S', 'deviceId S', 'number S'],
    table?.AttributeDefinitions.map(
      ({ AttributeName, AttributeType }: Answer) => `${AttributeName} ${AttributeType}`,
    ),
  )
  report.check(
    'table: indexes',
    ['number: number HASH, KEYS_ONLY'],
    table?.GlobalSecondaryIndexes.map(
      ({ IndexName, KeySchema, Projection }: Answer) =>
        `${IndexName}: ${keys(KeySchema)}, ${Projection.ProjectionType}`,
    ),
  )
  report.check('table: stream', 'NEW_AND_OLD_IMAGES', table?.StreamSpecification?.StreamViewType)
  report.check('table: billing', 'PAY_PER_REQUEST', table?.BillingModeSummary?.BillingMode)
  report.check('table: TTL', 'DISABLED', table?.timeToLive.TimeToLiveStatus)
  checkRecovery(report, 'table', asked, table)
  checkKept(report, 'table', asked, table)
}

async function checkFunctions(
  report: Report,
  { deployed, folder, settings }: Checked,
): Promise<void> {
  const { functions, resources, place, data, api, outputs } = deployed
  const expected = await expectFunctions(folder, place, {
    ...tablesOf(data),
    'KeptRecords.Arn': `arn:aws:s3:::${outputs.KeptRecords}`,
  })

  report.check(
    'functions',
    expected.map(({ name }) => name),
    functions.map(({ name }) => name),
  )
  for (const { name, shape } of expected) {
    const found = functions.find(one => one.name === name)
    const { runtime, memory, timeout, handler } = found ?? {}
    report.check(
      `${name}: function`,
      shape,
      { runtime, memory, timeout, handler },
      Object.values(shape).join(', '),
    )
  }
  report.asked(
    'functions: architecture',
    ['arm64'],
    distinct(
      Object.values(resources)
        .filter(({ Type }) => Type === 'AWS::Lambda::Function')
        .map(({ Properties }) => Properties.Architectures.join()),
    ),
    distinct(functions.map(({ architecture }) => architecture)),
  )
  const environments = expectEnvironments(deployed, settings)
  for (const { name, environment } of functions) {
    const variables = environments[name] ?? {}
    const shown = `${Object.keys(variables).length} variables`
    report.check(`${name}: environment`, variables, environment, shown)
  }
  report.check(
    'functions: permissions boundary of the roles',
    [settings.OTP_PERMISSIONS_BOUNDARY ?? null],
    distinct(functions.map(({ role }) => role.boundary)),
  )
  for (const { name, roleDescription, statements } of expected) {
    const { role } = functions.find(one => one.name === name) ?? {}
    report.check(
      `${name}: role`,
      { [roleDescription]: statements },
      role && { [role.description]: role.statements },
      statements.flatMap(({ Action }) => Action).join(', '),
    )
  }
  report.check(
    'functions: who may invoke them',
    [`apigateway.amazonaws.com arn:aws:execute-api:${region}:${account}:${api?.apiId}/*`],
    distinct(functions.flatMap(({ invokers }) => invokers)),
  )
  const routes = Object.entries(deployed.routes)
  const routed = expected.filter(({ route }) => route !== null)
  for (const { name, route } of routed) {
    report.check(`route ${route}`, name, deployed.routes[route ?? ''])
  }
  report.check('routes: no others', routed.length, routes.length)
  report.check(
    'integrations',
    ['AWS_PROXY 2.0'],
    [
      ...new Set(
        deployed.integrations.map(
          ({ integrationType, payloadFormatVersion }) =>
            `${integrationType} ${payloadFormatVersion}`,
        ),
      ),
    ],
  )
  report.check('output: URL of the API', api?.apiEndpoint, deployed.outputs.HttpApiUrl)
  report.check(
    'outputs: none names a table',
    ['HttpApiId', 'HttpApiUrl', 'KeptRecords', 'ServerlessDeploymentBucketName'],
    Object.keys(deployed.outputs).sort(),
  )
  report.check(
    'outputs of the data: tables and stream',
    [deployed.table, deployed.limits, deployed.traffic].map(table => table?.TableName),
    [data.outputs.DevicesTable, data.outputs.LimitsTable, data.outputs.TrafficTable],
  )
  report.check(
    'outputs of the data: the stream is that of the devices',
    deployed.table?.LatestStreamArn,
    data.outputs.DevicesStream,
  )
}

function checkApi(report: Report, { apiStage, stackName }: Deployed): void {
  report.check(
    'API stage',
    '$default, deployed by itself',
    [apiStage?.stageName, apiStage?.autoDeploy ? 'deployed by itself' : 'deployed by hand'].join(
      ', ',
    ),
  )
  report.check(
    'API stage: throttling',
    { detailedMetricsEnabled: false, throttlingRateLimit: 50, throttlingBurstLimit: 100 },
    apiStage?.defaultRouteSettings,
  )
  report.check(
    'API stage: routes with a rate of their own',
    ['100/200', '100/200', '200/400', ...Array(5).fill('5/20')],
    Object.values<Answer>(apiStage?.routeSettings ?? {})
      .map(one => `${one.throttlingRateLimit}/${one.throttlingBurstLimit}`)
      .sort(),
  )
  report.check(
    'API stage: access log',
    `arn:aws:logs:${region}:${account}:log-group:/aws/http-api/${stackName}`,
    apiStage?.accessLogSettings?.destinationArn.replace(/:\*$/, ''),
  )
  const format = JSON.parse(apiStage?.accessLogSettings?.format ?? '{}')
  report.check(
    'API stage: the access log names the request',
    '$context.requestId',
    format.requestId,
  )
  report.check(
    'API stage: the access log holds no path and no query',
    [],
    [...Object.values<string>(format).filter(value => /path|query|body/i.test(value))],
  )
}

function checkLogs(report: Report, { functions, logGroups, stackName }: Deployed): void {
  const expected = [
    `/aws/http-api/${stackName}`,
    ...functions.map(({ functionName }) => `/aws/lambda/${functionName}`),
  ]
  report.check(
    'log groups',
    Object.fromEntries(expected.sort().map(name => [name, 30])),
    Object.fromEntries(Object.entries(logGroups).sort()),
    `${expected.length} of 30 days`,
  )
}

async function checkBuckets(aws: Aws, report: Report, deployed: Deployed): Promise<void> {
  await checkBucket(aws, report, { what: 'bucket', stack: deployed })
  await checkBucket(aws, report, { what: 'bucket of the data', stack: deployed.data })
}

async function checkBucket(
  aws: Aws,
  report: Report,
  { what, stack: { resources, outputs } }: { what: string; stack: Stack },
): Promise<void> {
  const bucket = outputs.ServerlessDeploymentBucketName
  const encryption = String(await aws.s3(`/${bucket}?encryption`))
  report.check(`${what}: encrypted`, 'AES256', /<SSEAlgorithm>(\w+)</.exec(encryption)?.[1])
  const { Properties } = resources.ServerlessDeploymentBucket ?? { Properties: {} }
  report.asked(
    `${what}: public access is blocked`,
    [true, true, true, true],
    Object.values(Properties.PublicAccessBlockConfiguration ?? {}),
    String((await aws.s3(`/${bucket}?publicAccessBlock`)) ?? '')
      .match(/true/g)
      ?.map(() => true) ?? [],
  )
  const policy = Object.values(resources).find(({ Type }) => Type === 'AWS::S3::BucketPolicy')
  report.asked(
    `${what}: TLS alone`,
    'Deny',
    policy?.Properties.PolicyDocument.Statement[0].Effect,
    (await aws.s3(`/${bucket}?policy`)) === null ? 'no policy' : 'Deny',
  )
}

/** The values without their repetitions: one, where all are the same. */
function distinct<T>(values: T[]): T[] {
  return [...new Set(values)]
}
