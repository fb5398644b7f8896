// npm run restore against a stand-in of AWS before the embedded engine, on devices that the real
// handlers have written to.
import { randomBytes } from 'node:crypto'
import { DynamoDBClient, GetItemCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { usualDeadlines } from '../../../infra/commands/command.ts'
import { restore } from '../../../infra/commands/restore.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import {
  type CloudFormationStandIn,
  startCloudFormationStandIn,
} from '../../support/cloudformation-stand-in.ts'
import { type RunOptions, runCommand, spawnCommand } from '../../support/command.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { recordSecret } from '../../support/record.ts'
import { type RecoveryStandIn, startRecoveryStandIn } from '../../support/recovery-stand-in.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

const path = '/serverless-otp-twilio/prod'
const now = Math.floor(Date.now() / 1000) * 1000
/** The devices were written to before and after this. */
const middle = now - 60_000
let writtenAt = middle - 600_000
const twilio = await startTwilio()
const engine = await startStreamedEngine(() => writtenAt)
Object.assign(process.env, { OTP_TWILIO_MAX_FAILURES: '2', OTP_TWILIO_THROTTLE_FACTOR: '0' })
const [create, update, remove, reset, challenge, verify] = await Promise.all([
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
  import('../../../functions/delete-device.ts'),
  import('../../../functions/reset.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/verify.ts'),
])
const devices = process.env.DEVICES_TABLE!
const oldKey = process.env.OTP_TOKEN_KEY!
const kept = {
  OTP_INDEX_KEY: process.env.OTP_INDEX_KEY!,
  OTP_TOKEN_KEY: oldKey,
  OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
  OTP_TWILIO_AUTH: randomBytes(16).toString('hex'),
}
recordSecret('key', ...Object.values(kept))
const deadlines = {
  ...usualDeadlines,
  awsMs: 1000,
  restore: { tableMs: 2000, streamMs: 10_000, pauseMs: 5, idleMs: 20, wordMs: 10 },
}
const database = new DynamoDBClient({ endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB! })

let aws: RecoveryStandIn
let cloudFormation: CloudFormationStandIn
let ssm: SsmStandIn
let used: DeviceKey & { token: string }
const ids: Record<string, string> = {}

beforeAll(async () => {
  const number = (n: number) => `+44207183875${n}`
  const register = async (userId: string, n: number) => {
    const device = await registerDevice(create.handler, number(n), userId)
    ids[userId] = device.deviceId
    return device
  }
  const fail = async (device: DeviceKey) => {
    for (const token of ['000000', '000001']) {
      await invoke(verify.handler, { ...device, body: { token } })
    }
  }
  const patch = (device: DeviceKey, body: object) => invoke(update.handler, { ...device, body })
  const forgotten = await register('forgotten', 0)
  await invoke(remove.handler, forgotten)
  const moved = await register('moved', 1)
  const gone = await register('gone', 2)
  const shut = await register('shut', 3)
  const opened = await register('opened', 4)
  await fail(opened)
  const revoked = await register('revoked', 5)
  await patch(revoked, { confirmed: true })
  await register('quiet', 6)
  const alice = await register('used', 7)
  await invoke(challenge.handler, alice)
  used = { ...alice, token: /\d{6}/.exec(twilio.messages.at(-1)!.body)![0] }
  writtenAt = middle + 30_000
  await patch(moved, { number: '+4915112345672' })
  await patch(moved, { number: '+4915112345678' })
  recordSecret('number', '+4915112345678', ...[1, 2, 3, 4, 5, 6, 7, 8].map(number))
  await invoke(remove.handler, gone)
  await fail(shut)
  await invoke(reset.handler, opened)
  await patch(revoked, { confirmed: false })
  await register('fresh', 8)
  await invoke(remove.handler, await register('brief', 9))
  const { status } = await invoke(verify.handler, { ...alice, body: { token: used.token } })
  expect(status).toBe(200)
})

beforeEach(async () => {
  aws = await startRecoveryStandIn(process.env.AWS_ENDPOINT_URL_DYNAMODB!, engine.records)
  aws.recovery = { earliest: middle - 60_000, latest: now }
  for (const table of [devices, process.env.TRAFFIC_TABLE!]) {
    const described = {
      DeletionProtectionEnabled: true,
      ...(table === devices && { LatestStreamArn: `arn:aws:dynamodb:eu-west-1::table/${table}/s` }),
    }
    aws.tables.set(table, { described, recovers: true, expiresBy: null, tags: {} })
  }
  cloudFormation = await startCloudFormationStandIn()
  ssm = await startSsmStandIn()
  for (const [name, value] of Object.entries(kept)) ssm.put(`${path}/${name}`, value)
})

afterEach(async () => {
  recordSecret('key', ssm.parameters.get(`${path}/OTP_TOKEN_KEY`)?.value)
  await Promise.all([aws.close(), cloudFormation.close(), ssm.goDown()])
})

afterAll(async () => {
  database.destroy()
  await Promise.all([engine.close(), twilio.close()])
})

describe('a restore', () => {
  test('is told to its end', async () => {
    const at = nextMoment()
    aws.creating = 6

    const { code, stdout, stderr } = await run(`--at ${at.text} --yes`)

    const target = `${devices}-${at.name}`
    const [told, ended] = stdout.split(/(?:waiting for .*\n)+/)
    expect([code, stderr]).toEqual([0, ''])
    expect(
      told,
    ).toBe(`A restore of ${devices} undoes this, which came after ${at.text}. Devices that were since:

  1 deleted, and come back. Delete them again:
    gone  ${ids.gone}  +44••••••••52
  1 another number, and get the old one back. PATCH the new one again, which the table in use knows:
    moved  ${ids.moved}  +44••••••••51 is +49•••••••••78 now
  1 not confirmed any more, and are confirmed again. PATCH them with "confirmed": false:
    revoked  ${ids.revoked}  +44••••••••55
  1 locked or disabled, and get their tries back. Delete those that must stay shut:
    shut  ${ids.shut}  +44••••••••53
  1 unlocked or enabled, and are shut again. Reset them again:
    opened  ${ids.opened}  +44••••••••54
  1 confirmed, and are not so any more. PATCH them with "confirmed": true:
    used  ${ids.used}  +44••••••••57
  1 registered, and are gone. Their users have to register them again:
    fresh  ${ids.fresh}  +44••••••••58

${devices} is restored as it was at ${at.text}, to the new table ${target} (eu-west-1).
`)
    expect(ended).toBe(`${target} is restored, with all that a table of this service needs.
${path}/OTP_TOKEN_KEY (eu-west-1) is new: no token that was restored is taken.

To put it into service:

  1. put OTP_DEVICES_TABLE=${target} into .env.prod
  2. npm run deploy -- --stage prod
  3. npm run doctor -- --stage prod
  4. npm run restore -- --stage prod --at ${at.text} --list --table ${devices}, and do what it says

${devices} stays, protected, until you remove it.
`)
  })

  test('gives the new table what a restore leaves off', async () => {
    const at = nextMoment()

    await run(`--at ${at.text} --yes`, { env: { OTP_TAGS: 'team=login' } })

    expect(aws.tables.get(`${devices}-${at.name}`)).toMatchObject({
      described: {
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
        DeletionProtectionEnabled: true,
      },
      recovers: true,
      expiresBy: null,
      tags: { team: 'login', service: 'serverless-otp-twilio', stage: 'prod' },
    })
  })

  test('leaves the table in use as it is', async () => {
    await run(`--at ${nextMoment().text} --yes`)

    expect(await numberOf(devices, 'moved')).toBe('+4915112345678')
    expect(await numberOf(devices, 'gone')).toBeUndefined()
    expect(aws.operations.filter(name => /^(Delete|Put|Batch)/.test(name))).toEqual([])
  })

  test('brings back a used token, which the new key ends', async () => {
    const at = nextMoment()
    await run(`--at ${at.text} --yes`)
    const target = `${devices}-${at.name}`

    const inUse = await verifyOn(devices, oldKey)
    const withNewKey = await verifyOn(target, ssm.parameters.get(`${path}/OTP_TOKEN_KEY`)!.value)
    const withOldKey = await verifyOn(target, oldKey)

    expect(inUse).toMatchObject({ status: 403, body: { code: 'invalid_token' } })
    expect(withNewKey).toMatchObject({ status: 403, body: { code: 'invalid_token' } })
    // That is why the key is replaced: the very token that was used is taken a second time.
    expect(withOldKey).toMatchObject({ status: 200, body: { verified: true } })
  })

  test('keeps every secret but the token key', async () => {
    await run(`--at ${nextMoment().text} --yes`)

    const { OTP_TOKEN_KEY: _, ...others } = kept
    expect(values()).toMatchObject(others)
    expect(values().OTP_TOKEN_KEY).toMatch(/^.{43}=$/)
    expect(values().OTP_TOKEN_KEY).not.toBe(oldKey)
  })

  test('leaves a stage of 0.2.0 the index key that it counted with', async () => {
    ssm.parameters.delete(`${path}/OTP_INDEX_KEY`)

    await run(`--at ${nextMoment().text} --yes`)

    expect(values().OTP_INDEX_KEY).toBe(oldKey)
    expect(values().OTP_TOKEN_KEY).not.toBe(oldKey)
  })

  test('finds the table that the deploy made', async () => {
    const outputs = {
      DevicesTable: devices,
      DevicesStream: 'arn:stream',
      LimitsTable: process.env.LIMITS_TABLE!,
      TrafficTable: process.env.TRAFFIC_TABLE!,
    }
    cloudFormation.stacks.set('serverless-otp-twilio-data-prod', { template: {}, outputs })
    const at = nextMoment()

    const { code, stdout } = await run(`--at ${at.text} --yes`, { env: { OTP_DEVICES_TABLE: '' } })

    expect(code).toBe(0)
    expect(stdout).toContain(`put OTP_DEVICES_TABLE=${devices}-${at.name} into .env.prod`)
  })

  test('of a restored table bears its own time only', async () => {
    const [first, second] = [nextMoment(), nextMoment()]
    await run(`--at ${first.text} --yes`)
    const OTP_DEVICES_TABLE = `${devices}-${first.name}`

    const { code, stdout } = await run(`--at ${second.text} --yes`, { env: { OTP_DEVICES_TABLE } })

    expect(code).toBe(0)
    expect(stdout).toContain(`OTP_DEVICES_TABLE=${devices}-${second.name} `)
  })

  test('of traffic replaces no key', async () => {
    const traffic = process.env.TRAFFIC_TABLE!
    const at = nextMoment()
    const env = { OTP_TRAFFIC_TABLE: traffic }

    const { code, stdout } = await run(`--at ${at.text} --traffic --yes`, { env })

    expect(code).toBe(0)
    expect(stdout).toContain(`1. put OTP_TRAFFIC_TABLE=${traffic}-${at.name} into .env.prod`)
    expect(values()).toEqual(kept)
    expect(aws.tables.get(`${traffic}-${at.name}`)).toMatchObject({ expiresBy: 'expiresAt' })
  })

  test('prints no key, no whole number and no token', async () => {
    const { stdout, stderr } = await run(`--at ${nextMoment().text} --yes`)

    const printed = stdout + stderr
    for (const secret of [...Object.values(kept), ...Object.values(values()), used.token]) {
      expect(printed).not.toContain(secret)
    }
    expect(printed).not.toMatch(/\+\d{7,}/)
  })
})

describe('what changed since', () => {
  test('is named without anything being written', async () => {
    const before = await tables()

    const { code, stdout } = await run(`--at ${nextMoment().text} --list`)

    expect(code).toBe(0)
    expect(stdout).toContain(`    gone  ${ids.gone}  +44••••••••52\n`)
    expect(await tables()).toEqual(before)
    expect(values()).toEqual(kept)
  })

  test('is read from the table that is named', async () => {
    const env = { OTP_DEVICES_TABLE: 'another' }

    const { stdout } = await run(`--at ${nextMoment().text} --list --table ${devices}`, { env })

    expect(stdout).toContain(`    gone  ${ids.gone}  +44••••••••52\n`)
  })

  test('may be nothing', async () => {
    const at = new Date(now - 1000).toISOString()

    const { stdout } = await run(`--at ${at} --list`)

    expect(stdout).toContain(`a restore undoes nothing that the stream of ${devices} knows.`)
  })

  test('is not known beyond a day', async () => {
    const at = new Date(now - 25 * 3_600_000).toISOString()

    const { stdout } = await run(`--at ${at} --list`)

    expect(stdout).toContain('What came before, an EventBridge archive knows')
  })

  test('is said to be a part where the stream is too long for the time', async () => {
    const hurried = { ...deadlines, restore: { ...deadlines.restore, streamMs: -1 } }
    const args = `--stage prod --at ${nextMoment().text} --list`

    const { code, stdout } = await runCommand(restore, args, { env: shell(), deadlines: hurried })

    expect(code).toBe(0)
    expect(stdout).toContain('was not read to its end in time: there may be more.')
  })

  test('is not known of a table without a stream', async () => {
    aws.tables.get(devices)!.described.LatestStreamArn = undefined

    const { stdout } = await run(`--at ${nextMoment().text} --list`)

    expect(stdout).toContain(`${devices} has no stream: nothing is known`)
  })
})

describe('it is refused in one sentence, and nothing is changed,', () => {
  const place = `${devices} (eu-west-1)`
  const at = new Date(middle - 5000).toISOString()

  test.each<[string, string[], string]>([
    ['without a stage', ['--at', at], 'Say --stage <stage>, such as --stage prod.'],
    ['without a time', ['--stage', 'prod'], 'Say --at <time>, such as --at 2026-11-27T10:00:00Z.'],
    ...['yesterday', '2026-11-27', '2026-02-30T10:00:00Z', '2026-11-27T10:00:00'].map(
      (time): [string, string[], string] => [
        `at ${time}`,
        ['--stage', 'prod', '--at', time],
        `"${time}" is not a time such as 2026-11-27T10:00:00Z or 2026-11-27T11:00:00+01:00.`,
      ],
    ),
    [
      'at a time to come',
      ['--stage', 'prod', '--at', '2999-01-01T00:00:00Z'],
      '2999-01-01T00:00:00Z is not in the past.',
    ],
    [
      'with a list of traffic',
      ['--stage', 'prod', '--at', at, '--list', '--traffic'],
      '--list is of devices: the table of traffic has no stream.',
    ],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await runCommand(restore, args, { env: shell() })

    expect([code, stdout, stderr]).toEqual([1, '', `${sentence}\n`])
    expect(aws.operations).toEqual([])
  })

  test('beyond what recovery covers', async () => {
    aws.recovery.earliest = middle

    expect(await refusal(`--at ${seconds(middle - 5000)} --yes`)).toBe(
      `${place} can be restored as it was from ${seconds(middle)} to ${seconds(now)}, not ${seconds(middle - 5000)}.`,
    )
  })

  test('without recovery', async () => {
    aws.tables.get(devices)!.recovers = false

    expect(await refusal(`--at ${at} --yes`)).toBe(
      `${place} cannot be restored: its point-in-time recovery is off.`,
    )
  })

  test('where there is no such table', async () => {
    expect(await refusal(`--at ${at} --table none --yes`)).toBe(
      'There is no table none (eu-west-1) of prod; of a deleted one DynamoDB keeps a backup for 35 days.',
    )
  })

  test('where the tables are not deployed', async () => {
    expect(await refusal(`--at ${at} --yes`, { OTP_DEVICES_TABLE: '' })).toBe(
      'The tables of serverless-otp-twilio-data-prod (eu-west-1) could not be read (ValidationError).',
    )
  })

  test('where another table has the name', async () => {
    const moment = nextMoment()
    await run(`--at ${moment.text} --yes`)
    const target = `${devices}-${moment.name}`
    aws.tables.get(target)!.described.RestoreSummary = undefined
    ssm.put(`${path}/OTP_TOKEN_KEY`, oldKey)

    expect(await refusal(`--at ${moment.text} --yes`)).toBe(
      `There is a table ${target} (eu-west-1), and no restore of ${devices} made it.`,
    )
  })

  test('where the table of that time is in use', async () => {
    const moment = nextMoment()
    await run(`--at ${moment.text} --yes`)
    ssm.put(`${path}/OTP_TOKEN_KEY`, oldKey)
    const OTP_DEVICES_TABLE = `${devices}-${moment.name}`

    expect(await refusal(`--at ${moment.text} --yes`, { OTP_DEVICES_TABLE })).toBe(
      `${OTP_DEVICES_TABLE} is the table of ${moment.text}, and in use already.`,
    )
  })

  test('where a key could not be kept', async () => {
    ssm.put(`${path}/OTP_INDEX_KEY`, 'short')

    expect(await refusal(`--at ${at} --yes`)).toMatch(
      /^OTP_INDEX_KEY .*--new-index-key makes one\.$/,
    )
  })

  test.each([
    ['DescribeTable', place],
    ['DescribeContinuousBackups', place],
    ['DescribeStream', `the stream of ${devices} (eu-west-1)`],
    ['GetShardIterator', `the stream of ${devices} (eu-west-1)`],
    ['GetRecords', `the stream of ${devices} (eu-west-1)`],
    ['RestoreTableToPointInTime', place],
  ])('without the permission for %s', async (operation, where) => {
    aws.behave = name => (name === operation ? 'AccessDeniedException' : undefined)

    expect(await refusal(`--at ${at} --yes`)).toBe(
      `AWS denies these credentials dynamodb:${operation} on ${where}.`,
    )
  })

  test('without a terminal and without --yes', async () => {
    expect(await refusal(`--at ${at}`)).toBe(
      'Nothing is restored: without a terminal it needs --yes. The token key is replaced then: the tokens in flight end.',
    )
  })

  test('when the answer is no', async () => {
    const before = await tables()

    const { code, stderr } = await run(`--at ${at}`, { typed: 'no\n' })

    expect([code, stderr]).toEqual([
      1,
      'The token key is replaced then: the tokens in flight end. Type yes to go on: \nNothing is restored.\n',
    ])
    expect(await tables()).toEqual(before)
    expect(values()).toEqual(kept)
  })
})

describe('it goes on', () => {
  test('when the answer is yes', async () => {
    const { code } = await run(`--at ${nextMoment().text}`, { typed: 'yes\n' })

    expect(code).toBe(0)
  })

  test.each(['UpdateContinuousBackups', 'UpdateTable', 'TagResource'])(
    'after %s was refused',
    async operation => {
      const at = nextMoment()
      const target = `${devices}-${at.name}`
      aws.behave = name => (name === operation ? 'AccessDeniedException' : undefined)
      const first = await run(`--at ${at.text} --yes`)
      const between = values()
      aws.behave = () => undefined

      const second = await run(`--at ${at.text} --yes`)

      expect([first.code, first.stderr]).toEqual([
        1,
        `AWS denies these credentials dynamodb:${operation} on ${target} (eu-west-1). ${target} is not to be used yet: run this again, and it goes on there.\n`,
      ])
      expect(between).toEqual(kept)
      expect([second.code, second.stderr]).toEqual([0, ''])
      expect(second.stdout).toContain(
        `${target} is there from an earlier run, and is gone on with.\n`,
      )
      expect(aws.operations.filter(name => name === 'RestoreTableToPointInTime')).toHaveLength(1)
      expect(aws.tables.get(target)).toMatchObject({
        described: {
          DeletionProtectionEnabled: true,
          StreamSpecification: { StreamEnabled: true },
        },
        recovers: true,
      })
    },
  )

  test('after a table that took too long', async () => {
    const at = nextMoment()
    const target = `${devices}-${at.name}`
    aws.creating = 100_000
    const first = await run(`--at ${at.text} --yes`, {}, 50)
    aws.creating = 0

    const second = await run(`--at ${at.text} --yes`)

    expect([first.code, first.stderr]).toEqual([
      1,
      `1 min were not enough for ${target} to be active. ${target} is not to be used yet: run this again, and it goes on there.\n`,
    ])
    expect(second.code).toBe(0)
  })

  test('after the key could not be written', async () => {
    const at = nextMoment()
    ssm.behave = ({ operation }) => (operation === 'PutParameter' ? 'denies' : undefined)
    const first = await run(`--at ${at.text} --yes`)
    ssm.behave = () => undefined

    const second = await run(`--at ${at.text} --yes`)

    expect(first.stderr).toMatch(
      /^AWS denies these credentials ssm:PutParameter on .* is restored, but not to be used before the token key is replaced\.\n$/,
    )
    expect(second.code).toBe(0)
    expect(values().OTP_TOKEN_KEY).not.toBe(oldKey)
  })

  test('as soon as DynamoDB is ready to back the new table up', async () => {
    let refusals = 3
    aws.behave = name =>
      name === 'UpdateContinuousBackups' && refusals-- > 0
        ? 'ContinuousBackupsUnavailableException'
        : undefined

    const { code } = await run(`--at ${nextMoment().text} --yes`)

    expect(code).toBe(0)
  })
})

test('its process has its help', async () => {
  const { code, stdout } = await spawnCommand('restore.ts', '--help')

  expect(code).toBe(0)
  expect(stdout).toMatch(/^Usage: npm run restore -- --stage <stage> --at <time>/)
})

const shell = (): Record<string, string> => ({
  AWS_ENDPOINT_URL: aws.url,
  AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  AWS_ENDPOINT_URL_SSM: ssm.url,
  OTP_DEVICES_TABLE: devices,
  OTP_TWILIO_MAX_FAILURES: '2',
  OTP_TWILIO_THROTTLE_FACTOR: '0',
})

function run(args: string, { env, typed }: RunOptions = {}, tableMs = 2000) {
  return runCommand(restore, `--stage prod ${args}`, {
    env: { ...shell(), ...env },
    ...(typed !== undefined && { typed }),
    deadlines: { ...deadlines, restore: { ...deadlines.restore, tableMs } },
  })
}

/** The one sentence of a run that changes nothing. */
async function refusal(args: string, env: Record<string, string> = {}): Promise<string> {
  const before = await tables()
  const { code, stderr } = await run(args, { env })
  expect(code).toBe(1)
  expect(await tables()).toEqual(before)
  expect(values()).toMatchObject({ OTP_TOKEN_KEY: oldKey })
  const [sentence = '', ...more] = stderr.split('\n')
  expect(more).toEqual([''])
  return sentence
}

function values(): Record<string, string> {
  const pairs = [...ssm.parameters].map(([name, { value }]) => [name.split('/').at(-1), value])
  return Object.fromEntries(pairs)
}

async function tables(): Promise<string[]> {
  const { TableNames = [] } = await database.send(new ListTablesCommand())
  return TableNames.toSorted()
}

async function numberOf(TableName: string, userId: string): Promise<string | undefined> {
  const Key = { userId: { S: userId }, deviceId: { S: ids[userId]! } }
  const { Item } = await database.send(new GetItemCommand({ TableName, Key }))
  return Item?.number?.S
}

/** As the functions do after a deploy: a table, and a key that was read anew. */
async function verifyOn(table: string, tokenKey: string) {
  Object.assign(process.env, { DEVICES_TABLE: table, OTP_TOKEN_KEY: tokenKey })
  vi.resetModules()
  try {
    const { handler } = await import('../../../functions/verify.ts')
    const { token, ...device } = used
    return await invoke(handler, { ...device, body: { token } })
  } finally {
    Object.assign(process.env, { DEVICES_TABLE: devices, OTP_TOKEN_KEY: oldKey })
  }
}

let moments = 0

/** A time between the writes, which no other test has: tables are named by it. */
function nextMoment(): { text: string; name: string } {
  const text = seconds(middle - 50_000 + moments++ * 1000)
  return { text, name: text.replaceAll(/[-:]/g, '') }
}

function seconds(at: number): string {
  return new Date(at).toISOString().replace('.000', '')
}
