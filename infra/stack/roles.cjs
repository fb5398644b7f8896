// One IAM role per function, with the exact actions on the exact ARNs. Read the table; the rest
// turns it into CloudFormation. Every function may also write to its own log.

const { deploymentOf } = require('./stage.cjs')

const { secretsOf } = require('../../lib/api/operation.ts')
const { operations } = require('../../lib/api/operations.ts')
const { triggerSecrets } = require('../../lib/cognito/secrets.ts')

/** The actions of each function. Its secrets come from its operation. */
const permissions = {
  'create-device': {
    table: ['PutItem', 'Query', 'BatchGetItem'],
    index: ['Query'],
    limits: ['GetItem'],
  },
  'list-devices': { table: ['Query'] },
  'get-device': { table: ['GetItem'] },
  'update-device': {
    table: ['UpdateItem', 'GetItem', 'BatchGetItem'],
    index: ['Query'],
    limits: ['GetItem', 'UpdateItem'],
  },
  'delete-device': { table: ['UpdateItem', 'DeleteItem'], limits: ['UpdateItem'] },
  'delete-devices': {
    table: ['Query', 'UpdateItem', 'DeleteItem'],
    limits: ['UpdateItem'],
    traffic: ['Query', 'BatchWriteItem'],
  },
  challenge: {
    table: ['UpdateItem', 'GetItem'],
    limits: ['UpdateItem'],
    traffic: ['BatchGetItem', 'BatchWriteItem'],
  },
  'get-challenge': { table: ['GetItem'] },
  'status-callback': { table: ['UpdateItem'], traffic: ['BatchWriteItem'] },
  verify: { table: ['UpdateItem', 'GetItem'], limits: ['UpdateItem'] },
  reset: { table: ['UpdateItem'] },
  'find-devices': {
    table: ['Scan', 'BatchGetItem'],
    index: ['Query'],
    traffic: ['Query'],
    putsEvents: true,
  },
  'list-device-events': { traffic: ['Query'] },
  'list-user-events': { traffic: ['Query'] },
  'get-limits': { limits: ['GetItem'] },
  'delete-limits': { limits: ['DeleteItem'], putsEvents: true },
  'get-suspensions': { traffic: ['Query'] },
  'delete-suspensions': { traffic: ['UpdateItem'], putsEvents: true },
  'put-always-allow': { traffic: ['UpdateItem'], putsEvents: true },
  'delete-always-allow': { traffic: ['UpdateItem'], putsEvents: true },
  traffic: { readsStream: true, traffic: ['UpdateItem', 'Query', 'BatchGetItem'] },
  audit: {
    readsStream: true,
    table: ['BatchGetItem'],
    traffic: ['GetItem', 'BatchWriteItem', 'Query'],
    putsEvents: true,
  },
  'get-figures': { traffic: ['Query'] },
  'get-key': {},
  'proof-keys': {},
  'proof-discovery': {},
  openapi: {},
  admin: {},
  'not-found': {},
}

/** Cognito's triggers, where there is a user pool. */
const triggerPermissions = {
  'cognito-define': {},
  'cognito-create': {
    table: ['GetItem', 'PutItem', 'UpdateItem', 'Query', 'BatchGetItem'],
    index: ['Query'],
    limits: ['GetItem', 'UpdateItem'],
    traffic: ['BatchGetItem', 'BatchWriteItem'],
  },
  'cognito-verify': { table: ['UpdateItem', 'GetItem'] },
}

/** Functions that read the stream are not operations, and need no secrets. */
const secretsOfFunction = (name, settings) =>
  operations[name] ? secretsOf(operations[name], settings) : (triggerSecrets[name] ?? [])

const streamArn = { Ref: 'DevicesStream' }
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation fills these in.
const arn = (service, resource) => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
})
const tableArn = arn('dynamodb', 'table/${DevicesTable}')
const indexArn = arn('dynamodb', 'table/${DevicesTable}/index/number')
const limitsArn = arn('dynamodb', 'table/${LimitsTable}')
const trafficArn = arn('dynamodb', 'table/${TrafficTable}')
const keptArn = { 'Fn::GetAtt': ['KeptRecords', 'Arn'] }
const keptObjectsArn = { 'Fn::Sub': '${KeptRecords.Arn}/*' }
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above

const allow = (actions, resources) => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
})

// Lambda reads the stream with the function's role, and keeps what failed in the bucket, which it
// lists to see whether it is there. Before it
// creates the event source mapping, it checks that the role has these four actions on the stream
// itself, ListStreams included.
const streamActions = ['GetRecords', 'GetShardIterator', 'DescribeStream', 'ListStreams']

const dynamodb = actions => actions.map(action => `dynamodb:${action}`)

const streamStatements = [
  allow(dynamodb(streamActions), [streamArn]),
  allow(['s3:ListBucket'], [keptArn]),
  allow(['s3:PutObject'], [keptObjectsArn]),
]

/** A bus of another account is named by its ARN. */
const busArn = bus => (bus.startsWith('arn:') ? bus : arn('events', `event-bus/${bus}`))

const roleName = functionName =>
  `${functionName.replace(/(^|-)./g, start => start.at(-1).toUpperCase())}Role`

module.exports = async ({ resolveVariable }) => {
  const deployment = await deploymentOf(resolveVariable)
  const { stack, secretsPath, secretsKeyArn, permissionsBoundary } = deployment
  const bus = deployment.effective.OTP_EVENT_BUS ?? 'default'
  const hasPool = deployment.effective.OTP_COGNITO_USER_POOL_ARN !== undefined

  const role = (
    functionName,
    { table = [], index = [], limits = [], traffic = [], readsStream = false, putsEvents = false },
    secrets = secretsOfFunction(functionName, deployment.effective),
  ) => ({
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: `${stack}-${functionName}`,
      ...(permissionsBoundary && { PermissionsBoundary: permissionsBoundary }),
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: functionName,
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              allow(
                ['logs:CreateLogStream', 'logs:PutLogEvents'],
                [arn('logs', `log-group:/aws/lambda/${stack}-${functionName}:*`)],
              ),
              ...(secrets.length > 0
                ? [
                    allow(
                      ['ssm:GetParameters'],
                      secrets.map(secret => arn('ssm', `parameter${secretsPath}/${secret}`)),
                    ),
                  ]
                : []),
              ...(table.length > 0 ? [allow(dynamodb(table), [tableArn])] : []),
              ...(index.length > 0 ? [allow(dynamodb(index), [indexArn])] : []),
              ...(limits.length > 0 ? [allow(dynamodb(limits), [limitsArn])] : []),
              ...(traffic.length > 0 ? [allow(dynamodb(traffic), [trafficArn])] : []),
              ...(readsStream ? streamStatements : []),
              ...(putsEvents && bus !== 'off' ? [allow(['events:PutEvents'], [busArn(bus)])] : []),
              ...(secretsKeyArn && secrets.length > 0
                ? [allow(['kms:Decrypt'], [secretsKeyArn])]
                : []),
            ],
          },
        },
      ],
    },
  })

  return {
    Resources: Object.fromEntries(
      Object.entries({ ...permissions, ...(hasPool && triggerPermissions) }).map(
        ([functionName, allowed]) => [roleName(functionName), role(functionName, allowed)],
      ),
    ),
  }
}
