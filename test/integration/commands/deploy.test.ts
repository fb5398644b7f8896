import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunServerless } from '../../../infra/commands/deploy/serverless.ts'
import { deployWith } from '../../../infra/commands/deploy.ts'
import { packageStage } from '../../../infra/commands/package.ts'
import {
  type CloudFormationStandIn,
  startCloudFormationStandIn,
} from '../../support/cloudformation-stand-in.ts'
import { runCommand } from '../../support/command.ts'
import { recordSecret } from '../../support/record.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const stack = 'serverless-otp-twilio-prod'
const dataStack = 'serverless-otp-twilio-data-prod'
const required = [
  'OTP_API_KEYS',
  'OTP_INDEX_KEY',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_AUTH',
]
const tables = {
  DevicesTable: 'devices-of-prod',
  DevicesStream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/devices-of-prod/stream/1',
  LimitsTable: 'limits-of-prod',
  TrafficTable: 'traffic-of-prod',
}

let ssm: SsmStandIn
let cloudFormation: CloudFormationStandIn
let runs: { service: string; args: string[]; tables: unknown }[]

beforeEach(async () => {
  ssm = await startSsmStandIn()
  cloudFormation = await startCloudFormationStandIn()
  const outputs = { ServerlessDeploymentBucketName: 'bucket-of-data', ...tables }
  cloudFormation.stacks.set(dataStack, { template: {}, outputs })
  for (const name of required) {
    const value = randomBytes(32).toString('base64')
    recordSecret('key', value)
    ssm.put(`/serverless-otp-twilio/prod/${name}`, value)
  }
  runs = []
})

afterEach(() => Promise.all([ssm.goDown(), cloudFormation.close()]))

describe('a stage that is deployed for the first time', () => {
  test('gets its tables, and then the service that is told of them', async () => {
    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([0, ''])
    const args = ['deploy', '--stage', 'prod', '--region', 'eu-west-1']
    expect(runs).toEqual([
      { service: 'data', args, tables: null },
      { service: 'service', args, tables },
    ])
  })

  test('is told which settings it gets', async () => {
    const { stdout } = await run('--stage prod', { OTP_TWILIO_COOLDOWN: '60' })

    expect(stdout).toBe(
      `Nothing is known of earlier settings of ${stack} (eu-west-1); it gets:\n` +
        '  OTP_TWILIO_COOLDOWN: not set (30 is shipped) -> 60\n' +
        '  OTP_TWILIO_FROM: not set -> +1••••••••06\n',
    )
  })

  test('needs no API key', async () => {
    ssm.parameters.delete('/serverless-otp-twilio/prod/OTP_API_KEYS')

    expect((await run('--stage prod')).code).toBe(0)
  })

  test('that sends nothing needs no Twilio credentials', async () => {
    cloudFormation.stacks.set('serverless-otp-twilio-data-dev', { template: {}, outputs: tables })
    for (const name of ['OTP_INDEX_KEY', 'OTP_TOKEN_KEY']) {
      ssm.put(`/serverless-otp-twilio/dev/${name}`, 'canary')
    }

    const sending = await run('--stage dev', { OTP_TWILIO_NO_DELIVERY: 'false' })
    const silent = await run('--stage dev', { OTP_TWILIO_NO_DELIVERY: 'true' })

    expect([sending.code, silent.code]).toEqual([1, 0])
  })
})

describe('a deployed stage', () => {
  const from = { OTP_TWILIO_FROM: '+15005550006' }
  const isDeployedWith = (given: Record<string, string>) =>
    cloudFormation.stacks.set(stack, { template: { Metadata: { Settings: given } } })

  test('keeps its settings', async () => {
    isDeployedWith(from)

    const { stdout } = await run('--stage prod')

    expect(stdout).toBe(`${stack} (eu-west-1) keeps its settings.\n`)
    expect(runs).toHaveLength(2)
  })

  test('is told what changes', async () => {
    isDeployedWith({ ...from, OTP_TWILIO_COOLDOWN: '60' })

    const { code, stdout } = await run('--stage prod', {
      OTP_TWILIO_COOLDOWN: '90',
      OTP_TWILIO_TOKEN_LENGTH: '8',
    })

    expect(code).toBe(0)
    expect(stdout).toBe(
      `${stack} (eu-west-1) changes its settings:\n` +
        '  OTP_TWILIO_COOLDOWN: 60 -> 90\n' +
        '  OTP_TWILIO_TOKEN_LENGTH: not set -> 8\n',
    )
  })

  test('is not robbed of a setting that is given nowhere any more', async () => {
    isDeployedWith({ ...from, OTP_TWILIO_COOLDOWN: '60' })

    const { code, stdout, stderr } = await run('--stage prod')

    expect([code, runs]).toEqual([1, []])
    expect(stdout).toContain('  OTP_TWILIO_COOLDOWN: 60 -> not set (30 is shipped)\n')
    expect(stderr).toBe(
      'Nothing is deployed: OTP_TWILIO_COOLDOWN would be unset. Put what is to stay into .env.prod, or add --yes.\n',
    )
  })

  test('loses it with --yes', async () => {
    isDeployedWith({ ...from, OTP_TWILIO_COOLDOWN: '60' })

    const { code, stderr } = await run('--stage prod --yes')

    expect([code, stderr]).toEqual([0, ''])
    expect(runs).toHaveLength(2)
  })

  test('has no whole number printed', async () => {
    isDeployedWith({ ...from, OTP_TWILIO_ALWAYS_ALLOW: '+14155550100' })

    const { stdout } = await run('--stage prod', {
      OTP_TWILIO_ALWAYS_ALLOW: '+14155550100,+14155552671,+1415556*',
    })

    expect(stdout).toContain(
      '  OTP_TWILIO_ALWAYS_ALLOW: +1••••••••00 -> +1••••••••00,+1••••••••71,+1415556*\n',
    )
  })

  test('of a version that kept no settings is told all of them', async () => {
    cloudFormation.stacks.set(stack, { template: { Resources: {} } })

    const { code, stdout } = await run('--stage prod')

    expect(code).toBe(0)
    expect(stdout).toMatch(/^Nothing is known of earlier settings/)
  })

  test('is deployed though nothing changed, with --force', async () => {
    isDeployedWith(from)

    await run('--stage prod --force')

    expect(runs.map(({ args }) => args.at(-1))).toEqual(['--force', '--force'])
  })
})

describe('nothing is deployed', () => {
  afterEach(() => {
    expect(runs).toEqual([])
  })

  test.each(required.slice(1))('to a stage that has no %s', async name => {
    ssm.parameters.delete(`/serverless-otp-twilio/prod/${name}`)

    const { code, stdout, stderr } = await run('--stage prod')

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `Nothing is deployed: there is no /serverless-otp-twilio/prod/${name} (eu-west-1). npm run secrets -- --stage prod writes it.\n`,
    )
  })

  test.each([
    [
      'a bad value',
      { OTP_TWILIO_TOKEN_LENGTH: '99' },
      'OTP_TWILIO_TOKEN_LENGTH must be a whole number from 6 to 8.',
    ],
    [
      'a name that is no setting',
      { OTP_TWILIO_COOLDWON: '60' },
      'OTP_TWILIO_COOLDWON in the environment is no setting; did you mean OTP_TWILIO_COOLDOWN?',
    ],
    [
      'no sender',
      { OTP_TWILIO_FROM: '' },
      'OTP_TWILIO_MESSAGING_SERVICE_SID must be set, or OTP_TWILIO_FROM: messages need a sender.',
    ],
  ])('with %s, and AWS is not asked', async (_, env, sentence) => {
    const { code, stdout, stderr } = await run('--stage prod', env)

    expect([code, stdout, stderr]).toEqual([1, '', `${sentence}\n`])
    expect([ssm.requests, cloudFormation.requests]).toEqual([[], []])
  })

  test('without a stage', async () => {
    const { code, stderr } = await run('')
    const packaged = await runCommand(packageStage, [], {})

    expect([code, stderr]).toEqual([1, 'Say --stage <stage>, such as --stage prod.\n'])
    expect([packaged.code, packaged.stderr]).toEqual([1, stderr])
  })

  test('where AWS does not let the deployed settings be read', async () => {
    cloudFormation.refuse = () => 'AccessDenied'

    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([
      1,
      `AWS denies these credentials cloudformation:GetTemplate on ${stack} (eu-west-1).\n`,
    ])
  })

  test('where AWS does not say what is deployed', async () => {
    cloudFormation.refuse = () => 'InternalFailure'

    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([
      1,
      `What is deployed as ${stack} (eu-west-1) could not be read (InternalFailure).\n`,
    ])
  })

  test('where AWS does not let the secrets be read', async () => {
    ssm.behave = () => 'denies'

    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([
      1,
      'AWS denies these credentials ssm:GetParameters on /serverless-otp-twilio/prod/* (eu-west-1).\n',
    ])
  })
})

describe('the tables alone are deployed', () => {
  test('where AWS does not let their names be read', async () => {
    cloudFormation.refuse = action => (action === 'DescribeStacks' ? 'AccessDenied' : undefined)

    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([
      1,
      `AWS denies these credentials cloudformation:DescribeStacks on ${dataStack} (eu-west-1).\n`,
    ])
    expect(runs.map(({ service }) => service)).toEqual(['data'])
  })

  test('where their stack does not name all of them', async () => {
    const { TrafficTable: _, ...outputs } = tables
    cloudFormation.stacks.set(dataStack, { template: {}, outputs })

    const { code, stderr } = await run('--stage prod')

    expect([code, stderr]).toEqual([
      1,
      `The stack ${dataStack} (eu-west-1) has no output TrafficTable.\n`,
    ])
  })
})

/** Runs the command with a Serverless Framework that only notes what it is asked for. */
function run(args: string, given: Record<string, string> = {}) {
  const note: RunServerless = async (service, args, { env }) => {
    runs.push({ service, args, tables: JSON.parse(env.OTP_TABLES ?? 'null') })
  }
  const endpoints = {
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  }
  return runCommand(deployWith(note), args, { env: { ...endpoints, ...given } })
}
