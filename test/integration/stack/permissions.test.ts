// Each role allows what its function was seen to call, and nothing else. The calls are those that
// arrive at the engine and at the SSM stand-in while the real handlers take every path that leads
// to AWS.
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { marshall } from '@aws-sdk/util-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { streamRecord } from '../../../infra/local/dynamodb/stream-record.ts'
import { signForm } from '../../../infra/local/twilio/status.ts'
import { requiredSecrets } from '../../../lib/settings/secrets.ts'
import { expectFunctions } from '../../rehearsal/expected.ts'
import { knownUser, takeTriggers } from '../../support/cognito.ts'
import { deviceOf } from '../../support/device.ts'
import { startEventBus } from '../../support/event-bus.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { invoke, type Request } from '../../support/lambda.ts'
import { startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { startTwilio } from '../../support/twilio.ts'

const repository = join(import.meta.dirname, '../../..')
const secretsPath = '/serverless-otp-twilio/test'
let twilioStatus = 201
const twilio = await startTwilio(() =>
  twilioStatus === 201 ? undefined : { status: twilioStatus, body: {} },
)
const dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
const ssm = await startSsmStandIn()
const bus = await startEventBus()
process.env.AWS_ENDPOINT_URL_DYNAMODB = dynamodb.url
process.env.AWS_ENDPOINT_URL_SSM = ssm.url
process.env.OTP_SSM_PATH = secretsPath
for (const name of [...requiredSecrets, 'OTP_TWILIO_SIGNATURE_TOKEN' as const]) {
  ssm.put(`${secretsPath}/${name}`, process.env[name]!)
}
process.env.OTP_PUBLIC_URL = 'https://otp.example'
process.env.OTP_COGNITO_USER_POOL_ARN =
  'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Example'
const tokenKey = process.env.OTP_TOKEN_KEY
for (const name of ssm.parameters.keys()) delete process.env[name.slice(secretsPath.length + 1)]

const names = readdirSync(join(repository, 'functions')).map(file => file.replace(/\.ts$/, ''))
const handlers = Object.fromEntries(
  await Promise.all(
    names.map(
      async name => [name, (await import(`../../../functions/${name}.ts`)).handler] as const,
    ),
  ),
)

/** `action resource`, by function. */
const called = new Map(names.map(name => [name, new Set<string>()]))

beforeAll(async () => {
  await manageDevices()
  await challengeAndVerify()
  await loseAnswers()
  await signIn()
  await readStream()
})

afterAll(async () => {
  bus.close()
  dynamodb.close()
  await ssm.goDown()
})

/**
 * What Lambda itself does in a function's name: writes its log, reads the stream, keeps what
 * failed.
 */
const isLambdas = ({ action, resource }: { action: string; resource: string }) =>
  /^(logs|s3):/.test(action) || resource === 'stream'

test.each(names)('the role of %s allows exactly what the function calls', async name => {
  const allowed = (await statementsOf(name)).filter(one => !isLambdas(one))

  expect([...called.get(name)!].sort()).toEqual(
    allowed.map(({ action, resource }) => `${action} ${resource}`).sort(),
  )
})

test.each(names)('the role of %s lets Lambda write the function’s own log alone', async name => {
  const log = (await statementsOf(name)).filter(({ action }) => action.startsWith('logs:'))
  const group = `log-group:/aws/lambda/serverless-otp-twilio-test-${name}:*`

  expect(log).toEqual([
    { action: 'logs:CreateLogStream', resource: expect.stringMatching(endsWith(group)) },
    { action: 'logs:PutLogEvents', resource: expect.stringMatching(endsWith(group)) },
  ])
})

const readers = ['audit', 'traffic']

test.each(names)(
  'the role of %s lets Lambda read the stream for it if it is a reader',
  async name => {
    const reading = (await statementsOf(name)).filter(
      one => isLambdas(one) && !one.action.startsWith('logs:'),
    )

    expect(
      reading.map(({ action, resource }) => `${action} ${resource.split(':').at(-1)}`),
    ).toEqual(
      readers.includes(name)
        ? [
            'dynamodb:GetRecords stream',
            'dynamodb:GetShardIterator stream',
            'dynamodb:DescribeStream stream',
            'dynamodb:ListStreams stream',
            's3:ListBucket kept',
            's3:PutObject kept/*',
          ]
        : [],
    )
  },
)

test('every function but those that ask nobody is seen to call something', () => {
  const idle = names.filter(name => called.get(name)!.size === 0)

  expect(idle.sort()).toEqual([
    'admin',
    'cognito-define',
    'openapi',
    'proof-discovery',
    'proof-keys',
  ])
})

async function manageDevices() {
  const userId = `user-${randomUUID()}`
  const number = '+15555550100'
  const deviceId = await register(userId)
  const device = { userId, deviceId }
  const missing = { userId, deviceId: randomUUID() }
  const headers = { 'idempotency-key': 'k' }
  await as('create-device', { userId, headers, body: { number } })
  await as('create-device', { userId, headers, body: { number } })
  await as('list-devices', { userId })
  await as('list-devices', { userId, query: { confirmed: 'true' } })
  for (const key of [device, missing]) {
    await as('get-device', key)
    await as('update-device', { ...key, body: { name: 'Phone' } })
    await as('update-device', { ...key, body: { number: '+15555550101' } })
    await as('update-device', { ...key, body: { number: '+15555550101', confirmed: true } })
    await as('reset', key)
  }
  await as('find-devices', { query: { limit: '1' } })
  await as('find-devices', { query: { search: 'user' } })
  await as('list-device-events', device)
  await as('list-user-events', { userId })
  process.env.OTP_TWILIO_DEVICES_PER_USER = '1'
  process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '1'
  await as('create-device', { userId, body: { number } })
  await as('update-device', { ...device, body: { number, confirmed: true } })
  delete process.env.OTP_TWILIO_DEVICES_PER_USER
  delete process.env.OTP_TWILIO_DEVICES_PER_NUMBER
  await as('find-devices', { query: { number } })
  process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
  await as('get-limits', { query: { number } })
  await as('delete-limits', { query: { number } })
  delete process.env.OTP_TWILIO_LIMIT_NUMBER
  await as('get-suspensions', {})
  await as('get-suspensions', { query: { number } })
  await as('delete-suspensions', { query: { country: 'CH' } })
  await as('put-always-allow', { query: { country: 'CH' } })
  await as('delete-always-allow', { query: { country: 'CH' } })
  await as('get-figures', {})
  await as('get-key', {})
  await as('openapi', {})
  await as('not-found', { path: '/nowhere' })
  await lock(device)
  await as('update-device', { ...device, body: { number: '+15555550102' } })
  await as('delete-device', device)
  await as('delete-device', device)
  await lock({ userId, deviceId: await register(userId) })
  await as('delete-devices', { userId })
  await as('delete-devices', { userId })
}

/** Locks a device by a failure. */
async function lock(device: { userId: string; deviceId: string }) {
  await as('verify', { ...device, body: { token: 'wrong' } })
}

async function challengeAndVerify() {
  const userId = `user-${randomUUID()}`
  const device = { userId, deviceId: await register(userId) }
  const missing = { userId, deviceId: randomUUID() }
  const headers = { 'idempotency-key': 'k' }
  await as('challenge', missing)
  await as('challenge', { ...device, headers })
  await as('challenge', { ...device, headers })
  for (const status of [400, 401, 500]) {
    twilioStatus = status
    await as('challenge', device)
  }
  twilioStatus = 201
  process.env.OTP_TWILIO_BREAKER_PREFIX = '20/10/3600'
  process.env.OTP_TWILIO_LIMIT_USER = '1/600'
  await as('challenge', device)
  await as('challenge', device)
  delete process.env.OTP_TWILIO_LIMIT_USER
  delete process.env.OTP_TWILIO_BREAKER_PREFIX
  const token = twilio.messages.at(-1)!.body
  await as('get-challenge', missing)
  const { challengeId } = (await as('get-challenge', device)).body
  await as('status-callback', { ...device, challengeId })
  await as('status-callback', signedStatus({ ...device, challengeId }))
  await as('challenge', { ...device, body: { resend: true } })
  await as('challenge', { ...missing, body: { resend: true } })
  await as('verify', { ...missing, body: { token } })
  await as('verify', { ...device, body: { token } })
  process.env.OTP_TWILIO_LIMIT_CLIENT = '1/600'
  await as('verify', { ...device, body: { token: 'wrong', clientIp: '203.0.113.7' } })
  delete process.env.OTP_TWILIO_LIMIT_CLIENT
  await as('verify', { ...device, body: { token } })
  process.env.OTP_TWILIO_THROTTLE_FACTOR = '2'
  await as('verify', { ...device, body: { token } })
  delete process.env.OTP_TWILIO_THROTTLE_FACTOR
}

/** A callback of a message that was delivered, signed with the token that SSM has. */
function signedStatus(its: { userId: string; deviceId: string; challengeId: string }): Request {
  const { userId, deviceId, challengeId } = its
  const path = `/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
  const form = { MessageStatus: 'delivered' }
  const authToken = ssm.parameters.get(`${secretsPath}/OTP_TWILIO_SIGNATURE_TOKEN`)!.value
  const signature = signForm(authToken, `https://otp.example${path}`, form)
  const headers = { authorization: null, 'x-twilio-signature': signature }
  return { ...its, path, headers, body: new URLSearchParams(form).toString() }
}

/** What is done only when DynamoDB does not answer. */
async function loseAnswers() {
  const faults: Fault[] = ['lose answer', 'truncate answer', 'empty answer', 'lose request']
  for (const fault of faults) {
    const userId = `user-${randomUUID()}`
    const device = { userId, deviceId: await register(userId) }
    for (const times of [1, 3]) {
      const lost = Array<Fault>(times).fill(fault)
      await as('create-device', { userId, body: { number: '+15555550102' } }, lost)
      await as('challenge', device, lost)
      await as('verify', { ...device, body: { token: '000000' } }, lost)
      await as('update-device', { ...device, body: { name: 'Phone' } }, lost)
      await as('reset', device, lost)
      await as('find-devices', { query: { number: '+15555550102' } }, lost)
      await as('delete-devices', { userId: `${userId}-unknown` }, lost)
    }
  }
}

/** Cognito's triggers: a number that is new, one that has changed, and one that is full. */
async function signIn() {
  const users = [knownUser(), knownUser({ phone_number: '+15555550101' })]
  process.env.OTP_TWILIO_DEVICES_PER_USER = '1'
  process.env.OTP_TWILIO_DEVICES_PER_NUMBER = '1'
  process.env.OTP_TWILIO_LIMIT_USER = '1/600'
  process.env.OTP_TWILIO_BREAKER_PREFIX = '20/10/3600'
  const { create, verify } = await takeTriggers()
  for (const user of users) {
    process.env.OTP_TOKEN_KEY = tokenKey
    const created = await watch('cognito-create', () => create(user))
    delete process.env.OTP_TOKEN_KEY
    const { userAttributes } = user
    const changed = { ...user, userAttributes: { ...userAttributes, phone_number: '+15555550103' } }
    await watch('cognito-create', () => create(changed))
    await watch('cognito-create', () => create(changed, { before: [created] }))
    dynamodb.faults.push('lose answer', 'lose answer', 'lose answer')
    await watch('cognito-verify', () => verify(user, created, '000000'))
    dynamodb.faults.length = 0
  }
  delete process.env.OTP_TWILIO_DEVICES_PER_USER
  delete process.env.OTP_TWILIO_DEVICES_PER_NUMBER
  delete process.env.OTP_TWILIO_LIMIT_USER
  delete process.env.OTP_TWILIO_BREAKER_PREFIX
}

/** A write, handed to the functions that read the stream. */
async function readStream() {
  const device = deviceOf({ country: 'US' })
  const fiveMinutes = 5 * 60_000
  const challenge = { keyName: '', requestName: 'a', validUntil: Date.now() }
  const challengedAt = Date.now() - fiveMinutes
  const challenged = { ...device, challenge, unverified: 1, challengedAt }
  const changes = [
    { keys: {}, before: undefined, after: marshall(device) },
    { keys: {}, before: marshall(device), after: marshall(challenged) },
  ]
  const Records = changes.map((change, n) => streamRecord(change, n, Date.now()))
  process.env.OTP_TWILIO_BREAKER_PREFIX = '1/100/3600'
  for (const name of readers) await watch(name, () => handlers[name]({ Records }))
  // Of an erased user, and put in again.
  const erased = marshall({ ...device, erased: true })
  for (const before of [marshall(device), erased]) {
    const last = [streamRecord({ keys: {}, before, after: undefined }, 1, Date.now())]
    await watch('audit', () => handlers.audit({ Records: last }))
  }
  await watch('audit', () => handlers.audit({ Records, replay: { part: 'all' } }))
}

async function register(userId: string): Promise<string> {
  const { body } = await as('create-device', { userId, body: { number: '+15555550100' } })
  return body.id
}

/** Invokes a function with a request. */
async function as(name: string, request: Request, faults: Fault[] = []) {
  dynamodb.faults.push(...faults)
  // What signs tokens is known to the record of secrets by its name in the environment.
  process.env.OTP_TOKEN_KEY = tokenKey
  const answer = await watch(name, () => invoke(handlers[name], request))
  delete process.env.OTP_TOKEN_KEY
  dynamodb.faults.length = 0
  return answer
}

/** Does something as a function, and writes down under its name what arrives at AWS. */
async function watch<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const before = [dynamodb.requests.length, ssm.requests.length, bus.events.length] as const
  const result = await work()
  for (const { operation, input } of dynamodb.requests.slice(before[0])) {
    for (const resource of tablesOf(input))
      called.get(name)!.add(`dynamodb:${operation} ${resource}`)
  }
  for (const { operation, input } of ssm.requests.slice(before[1])) {
    const parameters = [input.Name, input.Names ?? []].flat().filter(Boolean)
    for (const parameter of parameters)
      called.get(name)!.add(`ssm:${operation} parameter${parameter}`)
  }
  for (const { EventBusName } of bus.events.slice(before[2])) {
    called.get(name)!.add(`events:PutEvents event-bus/${EventBusName}`)
  }
  return result
}

interface DynamoDbInput {
  TableName?: string
  IndexName?: string
  RequestItems?: object
}

function tablesOf({ TableName, IndexName, RequestItems = {} }: DynamoDbInput): string[] {
  const tables = TableName === undefined ? Object.keys(RequestItems) : [TableName]
  return tables.map(table => {
    const { DEVICES_TABLE = '', LIMITS_TABLE = '', TRAFFIC_TABLE = '' } = process.env
    const names: Record<string, string> = {
      [DEVICES_TABLE]: 'devices',
      [LIMITS_TABLE]: 'limits',
      [TRAFFIC_TABLE]: 'traffic',
    }
    const name = names[table] ?? table
    return IndexName === undefined ? name : `${name}/index/${IndexName}`
  })
}

const tables = {
  DevicesTable: 'devices',
  DevicesStream: 'stream',
  LimitsTable: 'limits',
  TrafficTable: 'traffic',
  'KeptRecords.Arn': 'kept',
}

const place = { service: 'serverless-otp-twilio', stage: 'test' }

/**
 * What a role allows, one action on one resource each; the table's name is cut to what it is here.
 */
async function statementsOf(name: string) {
  const roles = await expectFunctions(repository, place, tables)
  const { statements } = roles.find(role => role.name === name)!
  return statements.flatMap(({ Effect, Action, Resource }) => {
    expect(Effect).toBe('Allow')
    return Action.flatMap((action: string) =>
      Resource.map((resource: string) => ({
        action: String(action),
        resource: resource
          .replace(/^arn:aws:events:[^:]+:\d+:/, '')
          .replace(/^arn:aws:ssm:[^:]+:\d+:/, '')
          .replace(/^arn:aws:dynamodb:[^:]+:\d+:table\//, ''),
      })),
    )
  })
}

function endsWith(text: string): RegExp {
  return new RegExp(`:${text.replaceAll('*', '\\*')}$`)
}
