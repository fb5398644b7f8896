// The claims about a deployed stage: what CloudFormation was asked for, and what the services then
// had.
import type { Answer, Aws } from './aws.ts'
import { account, region } from './aws.ts'
import type { Deployed } from './deployed.ts'
import { expectEnvironment, expectFunctions } from './expected.ts'
import type { Report } from './report.ts'
import { checkWatch } from './watch.ts'

/** What is to be checked, and against which copy of the service. */
export interface Checked {
  deployed: Deployed
  folder: string
  /** The OTP_TWILIO_* settings that the deploy was given. */
  settings: Record<string, string>
}

/** Checks everything that was made of a stage. */
export async function checkDeployed(aws: Aws, report: Report, checked: Checked): Promise<void> {
  const { deployed } = checked
  report.check('the stack is complete', 'UPDATE_COMPLETE', deployed.status)
  const { stackName: service, stage } = deployed
  report.check(
    'the stack is tagged',
    { service: service.slice(0, -stage.length - 1), stage },
    {
      ...deployed.tags,
    },
  )
  checkTable(report, deployed)
  checkLimitsTable(report, deployed)
  await checkFunctions(report, checked)
  checkApi(report, deployed)
  checkLogs(report, deployed)
  await checkBucket(aws, report, deployed)
  await checkWatch(aws, report, deployed)
}

function keys(schema: Answer[]): string[] {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`)
}

function checkLimitsTable(report: Report, { resources, limits, stackName }: Deployed): void {
  report.check(
    'limits',
    `${stackName}-limits ACTIVE`,
    `${limits?.TableName} ${limits?.TableStatus}`,
  )
  report.check('limits: key', ['limitKey HASH'], keys(limits?.KeySchema ?? []))
  report.check('limits: billing', 'PAY_PER_REQUEST', limits?.BillingModeSummary?.BillingMode)
  const { AttributeName, Enabled } = resources.LimitsTable?.Properties.TimeToLiveSpecification ?? {}
  report.asked(
    'limits: TTL',
    'expiresAt ENABLED',
    `${AttributeName} ${Enabled ? 'ENABLED' : 'DISABLED'}`,
    `${limits?.timeToLive.AttributeName} ${limits?.timeToLive.TimeToLiveStatus}`,
  )
}

function checkTable(report: Report, { resources, table, stage, stackName }: Deployed): void {
  const { DeletionPolicy, Properties: asked } = resources.DevicesTable ?? { Properties: {} }
  const inProduction = stage === 'prod'

  report.check('table', `${stackName}-devices ACTIVE`, `${table?.TableName} ${table?.TableStatus}`)
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
  report.check('table: deletion protection', inProduction, table?.DeletionProtectionEnabled)
  report.asked(
    'table: point-in-time recovery',
    true,
    asked.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled,
    table?.backups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus === 'ENABLED',
  )
  report.check('table: when the stack goes', inProduction ? 'Retain' : 'Delete', DeletionPolicy)
}

async function checkFunctions(
  report: Report,
  { deployed, folder, settings }: Checked,
): Promise<void> {
  const { functions, resources, stage, stackName, api } = deployed
  const { LatestStreamArn } = deployed.table ?? {}
  const expected = await expectFunctions(folder, stage, LatestStreamArn)

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
  report.check(
    'functions: environment, the same for all',
    expectEnvironment({ stage, api }, settings),
    sharedEnvironment(deployed),
    Object.keys(expectEnvironment({ stage, api }, settings)).join(', '),
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
    'output: name of the table',
    `${stackName}-devices`,
    deployed.outputs.DevicesTableName,
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
    { detailedMetricsEnabled: true, throttlingRateLimit: 100, throttlingBurstLimit: 200 },
    apiStage?.defaultRouteSettings,
  )
  report.check(
    'API stage: access log',
    `arn:aws:logs:${region}:${account}:log-group:/aws/http-api/${stackName}`,
    apiStage?.accessLogSettings?.destinationArn.replace(/:\*$/, ''),
  )
  const format = JSON.parse(apiStage?.accessLogSettings?.format ?? '{}')
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

async function checkBucket(
  aws: Aws,
  report: Report,
  { resources, bucket }: Deployed,
): Promise<void> {
  const encryption = String(await aws.s3(`/${bucket}?encryption`))
  report.check('bucket: encrypted', 'AES256', /<SSEAlgorithm>(\w+)</.exec(encryption)?.[1])
  const { Properties } = resources.ServerlessDeploymentBucket ?? { Properties: {} }
  report.asked(
    'bucket: public access is blocked',
    [true, true, true, true],
    Object.values(Properties.PublicAccessBlockConfiguration ?? {}),
    String((await aws.s3(`/${bucket}?publicAccessBlock`)) ?? '')
      .match(/true/g)
      ?.map(() => true) ?? [],
  )
  const policy = Object.values(resources).find(({ Type }) => Type === 'AWS::S3::BucketPolicy')
  report.asked(
    'bucket: TLS alone',
    'Deny',
    policy?.Properties.PolicyDocument.Statement[0].Effect,
    (await aws.s3(`/${bucket}?policy`)) === null ? 'no policy' : 'Deny',
  )
}

/** The environment that all functions have, or every one that some have. */
export function sharedEnvironment({ functions }: Deployed): unknown {
  const environments = functions.map(({ environment }) => JSON.stringify(environment))
  const [first, ...others] = distinct(environments).map(environment => JSON.parse(environment))
  return others.length === 0 ? first : [first, ...others]
}

/** The values without their repetitions: one, where all are the same. */
function distinct(values: string[]): string[] {
  return [...new Set(values)]
}
