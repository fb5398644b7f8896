// A deployed stage, read back: from the templates of its two stacks what was asked for, from every
// service what was made of it.
import { type Answer, type Aws, account, region } from './aws.ts'
import { readWatch } from './watch.ts'

/** What is deployed: a stage of a service, which OTP_SERVICE may name. */
export interface Place {
  service: string
  stage: string
}

/** The name of its stack. */
export function stackOf({ service, stage }: Place): string {
  return `${service}-${stage}`
}

/** The name of the stack of its tables. */
export function dataStackOf({ service, stage }: Place): string {
  return `${service}-data-${stage}`
}

/** A function as Lambda has it. */
export interface DeployedFunction {
  /** Its key in serverless.yml. */
  name: string
  functionName: string
  runtime: string
  architecture: string
  memory: number
  timeout: number
  handler: string
  environment: Record<string, string>
  code: { bucket: string; key: string; sha256: string }
  /** Description of its role, which names it, and the statements of all of its policies. */
  role: { description: string; arn: string; statements: Answer[]; boundary: string | null }
  /** Who may invoke it: service and source. */
  invokers: string[]
}

/** A stack as CloudFormation has it. */
export interface Stack {
  stackName: string
  status: string
  tags: Record<string, string>
  parameters: Record<string, string>
  outputs: Record<string, string>
  /** The template that CloudFormation was given: its resources, and what it keeps beside them. */
  resources: Record<string, { Type: string; DeletionPolicy?: string; Properties: Answer }>
  metadata: Answer
}

/** A stage and everything in it. */
export interface Deployed extends Stack {
  place: Place
  stage: string
  /** The stack of the tables. */
  data: Stack
  functions: DeployedFunction[]
  /** Route key to the function that it leads to. */
  routes: Record<string, string>
  integrations: Answer[]
  api: Answer
  apiStage: Answer
  table: Answer
  /** That of the limits. */
  limits: Answer
  /** That of the traffic. */
  traffic: Answer
  /** Days, by name. */
  logGroups: Record<string, number>
  bucket: string
}

/** Reads a stage back, or gives null when its service has no stack. */
export async function readDeployed(
  aws: Aws,
  place: Place,
  names: string[],
): Promise<Deployed | null> {
  const { stage } = place
  const stackName = stackOf(place)
  const stack = await readStack(aws, stackName)
  const data = await readStack(aws, dataStackOf(place))
  if (stack === null || data === null) return null
  const { resources, outputs } = stack
  const bucket = outputs.ServerlessDeploymentBucketName ?? ''
  const { items } = await aws.rest('apigateway', '/v2/apis')
  const api = items.find(({ name }: Answer) => name === nameOfApi(place))
  const ofApi = async (what: string) =>
    (await aws.rest('apigateway', `/v2/apis/${api?.apiId}/${what}`)).items
  const functions = await Promise.all(
    names.map(name => readFunction(aws, { name, stackName, resources, bucket })),
  )
  const integrations = await ofApi('integrations')
  const [apiStage] = await ofApi('stages')
  return {
    place,
    stage,
    ...stack,
    data,
    functions: functions.filter(found => found !== null),
    routes: targets(await ofApi('routes'), integrations, stackName),
    integrations,
    api,
    apiStage,
    table: await readTable(aws, data.outputs.DevicesTable ?? ''),
    limits: await readTable(aws, data.outputs.LimitsTable ?? ''),
    traffic: await readTable(aws, data.outputs.TrafficTable ?? ''),
    logGroups: await readLogGroups(aws, stackName),
    bucket,
  }
}

/** A table as DynamoDB describes it, with its TTL and its backups; null when there is none. */
export async function readTable(aws: Aws, name: string): Promise<Answer> {
  const { TableNames } = await dynamodb(aws, 'ListTables')
  if (!TableNames.includes(name)) return null
  const { Table } = await dynamodb(aws, 'DescribeTable', { TableName: name })
  const { TimeToLiveDescription: timeToLive } = await dynamodb(aws, 'DescribeTimeToLive', {
    TableName: name,
  })
  const { ContinuousBackupsDescription: backups } = await dynamodb(
    aws,
    'DescribeContinuousBackups',
    { TableName: name },
  )
  const { Tags: tags } = await dynamodb(aws, 'ListTagsOfResource', { ResourceArn: Table.TableArn })
  return { ...Table, timeToLive, backups, tags }
}

/** Calls DynamoDB. */
export function dynamodb(aws: Aws, operation: string, input: object = {}): Promise<Answer> {
  return aws.json('dynamodb', `DynamoDB_20120810.${operation}`, input)
}

/** As osls names it. */
function nameOfApi({ service, stage }: Place): string {
  return `${stage}-${service}`
}

/** Everything of our kind that AWS holds of some stacks: empty when all was removed. */
export async function readLeftovers(
  aws: Aws,
  isMeant: (name: string) => boolean,
): Promise<Record<string, string[]>> {
  const all = await readAll(aws)
  return Object.fromEntries(
    Object.entries(all).map(([kind, names]) => [kind, names.filter(isMeant).sort()]),
  )
}

/**
 * Whether a name is one of the service's own, its tables and their bucket not among them.
 * CloudFormation cuts the stack's name short in those of buckets and roles.
 */
export function isOfService({ place, bucket, functions }: Deployed) {
  const roles = functions.map(({ role }) => lastOf(role.arn, '/'))
  const exact = [nameOfApi(place), bucket, ...roles]
  return (name: string) => name.includes(stackOf(place)) || exact.includes(name)
}

/** Whether a bucket has what the readers of the stream kept: each outlives its service. */
export function isOfKeptRecords(name: string): boolean {
  return name.includes('-keptrecords-')
}

/** Whether a name is that of a table, or of the bucket of their stack. */
export function isOfData({ stackName, outputs }: Stack) {
  const bucket = outputs.ServerlessDeploymentBucketName
  return (name: string) => name.includes(stackName) || name === bucket
}

async function readAll(aws: Aws): Promise<Record<string, string[]>> {
  const { Functions } = await aws.rest('lambda', '/2015-03-31/functions/')
  const { Roles } = await aws.query('iam', 'ListRoles')
  const { items } = await aws.rest('apigateway', '/v2/apis')
  const { TableNames } = await dynamodb(aws, 'ListTables')
  const buckets = String(await aws.s3('/')).matchAll(/<Name>(.+?)<\/Name>/g)
  return {
    functions: Functions.map(({ FunctionName }: Answer) => FunctionName),
    roles: Roles.map(({ RoleName }: Answer) => RoleName),
    apis: items.map(({ name }: Answer) => name),
    tables: TableNames,
    logGroups: Object.keys(await readLogGroups(aws)),
    buckets: [...buckets].map(([, name = '']) => name),
    ...(await readWatch(aws)),
  }
}

/** Reads one stack; null when there is none. */
export async function readStack(aws: Aws, stackName: string): Promise<Stack | null> {
  const { StackSummaries } = await aws.query('cloudformation', 'ListStacks')
  const exists = StackSummaries.some(
    ({ StackName, StackStatus }: Answer) =>
      StackName === stackName && StackStatus !== 'DELETE_COMPLETE',
  )
  if (!exists) return null
  const { Stacks } = await aws.query('cloudformation', 'DescribeStacks', { StackName: stackName })
  const template = await aws.query('cloudformation', 'GetTemplate', { StackName: stackName })
  const { TemplateBody } = template
  const { Resources, Metadata = null } =
    typeof TemplateBody === 'string' ? JSON.parse(TemplateBody) : TemplateBody
  const [{ StackStatus, Outputs, Parameters, Tags }] = Stacks
  return {
    stackName,
    status: StackStatus as string,
    tags: Object.fromEntries(Tags.map(({ Key, Value }: Answer) => [Key, Value])),
    parameters: Object.fromEntries(
      (Parameters ?? []).map(({ ParameterKey, ParameterValue }: Answer) => [
        ParameterKey,
        ParameterValue,
      ]),
    ),
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey, OutputValue }: Answer) => [OutputKey, OutputValue]),
    ),
    resources: Resources as Deployed['resources'],
    metadata: Metadata,
  }
}

async function readFunction(
  aws: Aws,
  stack: Pick<Deployed, 'stackName' | 'resources' | 'bucket'> & { name: string },
): Promise<DeployedFunction | null> {
  const { name, stackName, resources, bucket } = stack
  const functionName = `${stackName}-${name}`
  const path = `/2015-03-31/functions/${functionName}`
  const found = await aws.rest('lambda', path)
  if (found === null) return null
  const { Configuration: made } = found
  const asked = Object.values(resources).find(
    ({ Properties }) => Properties?.FunctionName === functionName,
  )
  const policy = await aws.rest('lambda', `${path}/policy`)
  return {
    name,
    functionName,
    runtime: made.Runtime,
    architecture: made.Architectures.join(),
    memory: made.MemorySize,
    timeout: made.Timeout,
    handler: made.Handler,
    environment: made.Environment.Variables,
    code: { bucket, key: asked?.Properties.Code.S3Key, sha256: made.CodeSha256 },
    role: await readRole(aws, made.Role),
    invokers: JSON.parse(policy?.Policy ?? '{"Statement":[]}').Statement.map(
      ({ Principal, Condition }: Answer) =>
        `${Principal.Service} ${Condition.ArnLike['AWS:SourceArn']}`,
    ),
  }
}

async function readRole(aws: Aws, arn: string): Promise<DeployedFunction['role']> {
  const RoleName = lastOf(arn, '/')
  const { Role } = await aws.query('iam', 'GetRole', { RoleName })
  const { PolicyNames } = await aws.query('iam', 'ListRolePolicies', { RoleName })
  const statements: Answer[] = []
  for (const PolicyName of PolicyNames) {
    const answer = await aws.query('iam', 'GetRolePolicy', { RoleName, PolicyName })
    statements.push(...readPolicy(answer.PolicyDocument).Statement)
  }
  const boundary = Role.PermissionsBoundary?.PermissionsBoundaryArn || null
  return { description: Role.Description, arn, statements, boundary }
}

function lastOf(text: string, separator: string): string {
  return text.split(separator).at(-1) ?? ''
}

/** moto gives back the document as Python would print it. */
function readPolicy(document: unknown): Answer {
  if (typeof document !== 'string') return document
  const decoded = document.startsWith('%') ? decodeURIComponent(document) : document
  return JSON.parse(decoded.startsWith("{'") ? decoded.replaceAll("'", '"') : decoded)
}

async function readLogGroups(aws: Aws, stackName = ''): Promise<Record<string, number>> {
  const named: [string, number][] = []
  // An answer has fifty at most.
  let page: { nextToken?: string } = {}
  do {
    const { logGroups, nextToken } = await aws.json('logs', 'Logs_20140328.DescribeLogGroups', page)
    for (const { logGroupName, retentionInDays } of logGroups) {
      named.push([logGroupName, retentionInDays])
    }
    page = nextToken ? { nextToken } : {}
  } while (page.nextToken)
  return Object.fromEntries(named.filter(([name]) => name.includes(stackName)))
}

/** Follows each route to its integration and on to the function. */
function targets(routes: Answer[], integrations: Answer[], stackName: string) {
  const prefix = `arn:aws:lambda:${region}:${account}:function:${stackName}-`
  return Object.fromEntries(
    routes.map(({ routeKey, target }) => {
      const { integrationUri = '' } =
        integrations.find(({ integrationId }) => target === `integrations/${integrationId}`) ?? {}
      return [
        routeKey,
        integrationUri.startsWith(prefix) ? integrationUri.slice(prefix.length) : '',
      ]
    }),
  )
}
