// A deployed stack, read back: from its template what was asked for, from every service what was
// made of it.
import { type Answer, type Aws, account, region } from './aws.ts'
import { readWatch } from './watch.ts'

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
  role: { description: string; arn: string; statements: Answer[] }
  /** Who may invoke it: service and source. */
  invokers: string[]
}

/** A stack and everything in it. */
export interface Deployed {
  stage: string
  stackName: string
  status: string
  tags: Record<string, string>
  outputs: Record<string, string>
  /** The template that CloudFormation was given. */
  resources: Record<string, { Type: string; DeletionPolicy?: string; Properties: Answer }>
  functions: DeployedFunction[]
  /** Route key to the function that it leads to. */
  routes: Record<string, string>
  integrations: Answer[]
  api: Answer
  apiStage: Answer
  table: Answer
  /** That of the limits. */
  limits: Answer
  /** Days, by name. */
  logGroups: Record<string, number>
  bucket: string
}

/** Reads a stack back, or gives null when there is none. */
export async function readDeployed(
  aws: Aws,
  stage: string,
  names: string[],
): Promise<Deployed | null> {
  const stackName = `serverless-otp-twilio-${stage}`
  const stack = await readStack(aws, stackName)
  if (stack === null) return null
  const { resources, outputs } = stack
  const bucket = outputs.ServerlessDeploymentBucketName ?? ''
  const [api] = (await aws.rest('apigateway', '/v2/apis')).items
  const ofApi = async (what: string) =>
    (await aws.rest('apigateway', `/v2/apis/${api?.apiId}/${what}`)).items
  const functions = await Promise.all(
    names.map(name => readFunction(aws, { name, stackName, resources, bucket })),
  )
  const integrations = await ofApi('integrations')
  const [apiStage] = await ofApi('stages')
  return {
    stage,
    stackName,
    ...stack,
    functions: functions.filter(found => found !== null),
    routes: targets(await ofApi('routes'), integrations, stackName),
    integrations,
    api,
    apiStage,
    table: await readTable(aws, outputs.DevicesTableName ?? ''),
    limits: await readTable(aws, `${stackName}-limits`),
    logGroups: await readLogGroups(aws),
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

/** Everything of our kind that AWS holds, whatever stack it is of: empty when all was removed. */
export async function readLeftovers(aws: Aws): Promise<Record<string, string[]>> {
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

async function readStack(aws: Aws, stackName: string) {
  const { StackSummaries } = await aws.query('cloudformation', 'ListStacks')
  const exists = StackSummaries.some(
    ({ StackName, StackStatus }: Answer) =>
      StackName === stackName && StackStatus !== 'DELETE_COMPLETE',
  )
  if (!exists) return null
  const { Stacks } = await aws.query('cloudformation', 'DescribeStacks', { StackName: stackName })
  const template = await aws.query('cloudformation', 'GetTemplate', { StackName: stackName })
  const { TemplateBody } = template
  const { Resources } = typeof TemplateBody === 'string' ? JSON.parse(TemplateBody) : TemplateBody
  const [{ StackStatus, Outputs, Tags }] = Stacks
  return {
    status: StackStatus as string,
    tags: Object.fromEntries(Tags.map(({ Key, Value }: Answer) => [Key, Value])),
    outputs: Object.fromEntries(
      Outputs.map(({ OutputKey, OutputValue }: Answer) => [OutputKey, OutputValue]),
    ),
    resources: Resources as Deployed['resources'],
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
  const RoleName = arn.split('/').at(-1) ?? ''
  const { Role } = await aws.query('iam', 'GetRole', { RoleName })
  const { PolicyNames } = await aws.query('iam', 'ListRolePolicies', { RoleName })
  const statements: Answer[] = []
  for (const PolicyName of PolicyNames) {
    const answer = await aws.query('iam', 'GetRolePolicy', { RoleName, PolicyName })
    statements.push(...readPolicy(answer.PolicyDocument).Statement)
  }
  return { description: Role.Description, arn, statements }
}

/** moto gives back the document as Python would print it. */
function readPolicy(document: unknown): Answer {
  if (typeof document !== 'string') return document
  const decoded = document.startsWith('%') ? decodeURIComponent(document) : document
  return JSON.parse(decoded.startsWith("{'") ? decoded.replaceAll("'", '"') : decoded)
}

async function readLogGroups(aws: Aws): Promise<Record<string, number>> {
  const { logGroups } = await aws.json('logs', 'Logs_20140328.DescribeLogGroups')
  return Object.fromEntries(
    logGroups.map(({ logGroupName, retentionInDays }: Answer) => [logGroupName, retentionInDays]),
  )
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
