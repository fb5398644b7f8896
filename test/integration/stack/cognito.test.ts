// What osls makes of serverless.yml with a user pool: its three functions, what they may do, and
// who may invoke them. Without one, package.test.ts finds none of it in what is deployed.
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { serverless } from '../../support/package.ts'

const repository = resolve(import.meta.dirname, '../../..')
const pool = 'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Example'
const functions = {
  'cognito-define': {
    id: 'CognitoDashdefineLambdaFunction',
    trigger: 'DefineAuthChallenge',
    role: 'CognitoDefineRole',
    actions: [],
  },
  'cognito-create': {
    id: 'CognitoDashcreateLambdaFunction',
    trigger: 'CreateAuthChallenge',
    role: 'CognitoCreateRole',
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:BatchGetItem',
      'dynamodb:BatchWriteItem',
      'dynamodb:GetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'dynamodb:UpdateItem',
      'ssm:GetParameters',
    ],
  },
  'cognito-verify': {
    id: 'CognitoDashverifyLambdaFunction',
    trigger: 'VerifyAuthChallengeResponse',
    role: 'CognitoVerifyRole',
    actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'ssm:GetParameters'],
  },
} as const
const names = Object.keys(functions) as (keyof typeof functions)[]

// biome-ignore lint/suspicious/noExplicitAny: tests name the members that they expect
type Service = any

/** The whole service, as osls resolves it. */
async function resolved(given: Record<string, string>): Promise<Service> {
  const printed = await serverless(
    repository,
    ['print', '--stage', 'prod', '--format', 'json'],
    given,
  )
  return JSON.parse(printed)
}

let service: Service
let resources: Service
let outputs: Service

beforeAll(async () => {
  service = await resolved({ OTP_COGNITO_USER_POOL_ARN: pool, OTP_COGNITO_FLOW: 'sms' })
  const parts = [service.resources].flat()
  resources = Object.assign({}, ...parts.map(({ Resources }: Service) => Resources))
  outputs = Object.assign({}, ...parts.map(({ Outputs }: Service) => Outputs))
})

describe.each(names)('%s', name => {
  const { id, trigger, role, actions } = functions[name]

  test('may be invoked by the pool alone, and has no route', () => {
    expect(resources[`${trigger}Permission`]).toEqual({
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [id, 'Arn'] },
        Principal: 'cognito-idp.amazonaws.com',
        SourceArn: pool,
      },
    })
    expect(service.functions[name].events).toEqual([])
    expect(outputs[trigger].Value).toEqual({ 'Fn::GetAtt': [id, 'Arn'] })
  })

  test('has the flow in its environment, and not the pool', () => {
    const { environment } = service.functions[name]

    expect(environment.OTP_COGNITO_FLOW).toBe('sms')
    expect(environment.OTP_COGNITO_USER_POOL_ARN).toBeUndefined()
  })

  test('has a role of its own that allows what it does', () => {
    const [{ PolicyDocument }] = resources[role].Properties.Policies
    const allowed = PolicyDocument.Statement.flatMap(({ Action }: Service) => Action)

    expect(service.functions[name].role).toBe(role)
    expect(allowed.filter((one: string) => !one.startsWith('logs:')).toSorted()).toEqual(actions)
  })
})

test('without a pool there is nothing of it', async () => {
  const load = createRequire(import.meta.url)
  const [cognito, roles] = ['cognito', 'roles'].map(file =>
    load(join(repository, `infra/stack/${file}.cjs`)),
  )
  const stage = { resolveVariable: async () => 'test' }

  const made = await Promise.all(names.map(name => cognito[name](stage)))

  expect(made).toEqual([null, null, null])
  expect(await cognito.resources(stage)).toEqual({})
  expect(Object.keys((await roles(stage)).Resources).filter(id => /^Cognito/.test(id))).toEqual([])
})

/** Bytes of a bundle, compressed, a little above what it has. */
const budgets = { 'cognito-define': 3_000, 'cognito-create': 165_000, 'cognito-verify': 72_000 }

test('each bundle keeps within its budget', async () => {
  const plugins = createRequire(import.meta.url)(
    join(repository, 'infra/bundle/plugins.cjs'),
  ) as never
  const { outputFiles } = await build({
    entryPoints: names.map(name => `functions/${name}.ts`),
    absWorkingDir: repository,
    outdir: 'out',
    ...{ bundle: true, minify: true, platform: 'node', target: 'node24', format: 'cjs' },
    ...{ mainFields: ['module', 'main'], legalComments: 'none', plugins, write: false },
  })
  const bytes = outputFiles.map(({ contents }) => deflateRawSync(contents).length)

  for (const [n, name] of names.entries()) expect(bytes[n], name).toBeLessThan(budgets[name])
})
