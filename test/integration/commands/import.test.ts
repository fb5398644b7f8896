// npm run import against a stand-in of CloudFormation and an engine of its own; what it wrote is
// read by the real handlers and by the reader of the stream.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, test } from 'vitest'
import { deviceIdOf } from '../../../infra/commands/import/django.ts'
import { importDevices } from '../../../infra/commands/import.ts'
import { startCloudFormationStandIn } from '../../support/cloudformation-stand-in.ts'
import { runCommand, spawnCommand } from '../../support/command.ts'
import { invoke } from '../../support/lambda.ts'
import { recordSecret } from '../../support/record.ts'
import { startStreamedEngine } from '../../support/stream.ts'
import { startTwilio } from '../../support/twilio.ts'

process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
const engine = await startStreamedEngine()
const twilio = await startTwilio()
const cloudFormation = await startCloudFormationStandIn()
const functions = await Promise.all(
  ['get-device', 'challenge', 'verify', 'reset', 'update-device', 'delete-device'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const [get, challenge, verify, reset, update, remove] = functions
const { handler: audit } = await import('../../../functions/audit.ts')
const { handler: find } = await import('../../../functions/find-devices.ts')
const folder = await mkdtemp(join(tmpdir(), 'otp-import-'))
const file = join(folder, 'dump.json')

const model = 'otp_twilio.twiliosmsdevice'
const seed = 'c0ffee'.repeat(6)
recordSecret('key', seed)
let pk = 0

/** A record of django-otp-twilio, with a number of its own. */
function recordOf(fields: object = {}) {
  pk += 1
  const number = `+4420718${20_000 + pk}`
  recordSecret('number', number)
  return {
    model,
    pk,
    fields: {
      ...{ user: 1000 + pk, name: 'phone', confirmed: true, number, token: '730185' },
      ...{ valid_until: '2026-01-01T12:00:30Z', throttling_failure_count: 0 },
      ...{ throttling_failure_timestamp: null, ...fields },
    },
  }
}

const lockedNow = () => ({
  throttling_failure_count: 3,
  throttling_failure_timestamp: new Date().toISOString(),
})

type DumpRecord = ReturnType<typeof recordOf>
const keyOf = (record: DumpRecord) => ({
  userId: String(record.fields.user),
  deviceId: deviceIdOf(record),
})

async function run(records: object[], args: string[] = [], env = {}) {
  await writeFile(file, JSON.stringify(records, null, 2))
  return runCommand(importDevices, ['--stage', 'prod', file, ...args], {
    env: {
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
      AWS_ENDPOINT_URL_DYNAMODB: process.env.AWS_ENDPOINT_URL_DYNAMODB!,
      OTP_TWILIO_THROTTLE_FACTOR: '60',
      ...env,
    },
  })
}

async function deviceOf(record: DumpRecord) {
  return (await invoke(get, { method: 'GET', ...keyOf(record) })).body
}

beforeEach(() => {
  const outputs = {
    DevicesTable: process.env.DEVICES_TABLE!,
    ...{ DevicesStream: 'arn:stream', LimitsTable: 'l', TrafficTable: 't' },
  }
  cloudFormation.stacks.set('serverless-otp-twilio-data-prod', { template: {}, outputs })
  engine.take()
})
afterAll(async () => {
  await Promise.all([engine.close(), twilio.close(), cloudFormation.close()])
  await rm(folder, { recursive: true })
})

describe('without --write', () => {
  it('nothing is written, and all is shown', async () => {
    const locked = recordOf(lockedNow())
    const disabled = recordOf({ ...lockedNow(), throttling_failure_count: 2 ** 31 })

    const { code, stdout } = await run([recordOf({ confirmed: false }), locked, disabled])

    expect(code).toBe(0)
    expect(stdout).toContain('has 3 devices of Django')
    expect(stdout).toMatch(/3 would be imported into devices-\S+ \(eu-west-1\); 0 live there/)
    expect(stdout).toMatch(/\+44•+\d\d {2}unconfirmed +line 2, record 1, /)
    expect(stdout).toMatch(/confirmed, locked until 20\S+Z +line 16, record 2, /)
    expect(stdout).toMatch(/confirmed, disabled by 100 failures/)
    expect(stdout).toMatch(/Nothing is written: --write does it\.\n$/)
    expect(engine.take()).toEqual([])
  })

  it('devices that live are counted, and more than 20 only with --all', async () => {
    const records = Array.from({ length: 120 }, () => recordOf())
    await run(records.slice(0, 110), ['--write'])

    const short = await run(records)
    const long = await run(records, ['--all'])

    expect(short.stdout).toContain('10 would be imported')
    expect(short.stdout).toContain('110 live there')
    expect(short.stdout).toContain('and 100 more (--all)')
    expect(long.stdout.match(/record \d+,/g)).toHaveLength(120)
  })
})

describe('what cannot be imported', () => {
  it('has no pk, and each such device is one of its own', async () => {
    const [good, { pk: _, ...bare }, { pk: __, ...barer }] = [recordOf(), recordOf(), recordOf()]
    const user = { model: 'auth.user', fields: { username: 'alice' } }

    const { code, stdout } = await run([good, bare, barer, user])

    expect(code).toBe(1)
    expect(stdout).toContain('1 would be imported')
    expect(stdout).toContain('1 of auth.user are left behind')
    expect(stdout).toMatch(/record 2, otp_twilio.twiliosmsdevice: It has no pk/)
    expect(stdout).toMatch(/record 3, otp_twilio.twiliosmsdevice: It has no pk/)
  })

  it('is listed with its line and its reason, and the rest is imported', async () => {
    const [good, twice] = [recordOf(), recordOf()]
    const bad = [
      recordOf({ name: '中'.repeat(43) }),
      recordOf({ number: '415-555-2672' }),
      recordOf({ user: ['Jörg Müller'] }),
    ]
    const totp = { model: 'otp_totp.totpdevice', pk: 1, fields: { key: seed } }

    const { code, stdout } = await run([good, ...bad, totp, twice, twice], ['--write'])

    expect(code).toBe(1)
    expect(stdout).toContain('1 of otp_totp.totpdevice are left behind')
    expect(stdout).toContain('2 are imported into')
    expect(stdout).toContain('4 cannot be imported:')
    expect(stdout).toMatch(/line 16, record 2, \S+: The name must be at most 128 bytes/)
    expect(stdout).toMatch(/line 30, record 3, \S+: The number is not a possible/)
    expect(stdout).toMatch(/line 44, record 4, \S+: Its user "Jörg Müller" cannot be a user id/)
    expect(stdout).toMatch(/It is the device of line 67, record 6, \S+ again\./)
    expect(await deviceOf(good)).toMatchObject({ confirmed: true, name: 'phone' })
  })

  it('can be imported with the country of its number', async () => {
    const national = recordOf({ number: '020 7183 8750' })

    const { code } = await run([national], ['--write', '--country', 'GB'])

    expect(code).toBe(0)
    expect(await deviceOf(national)).toMatchObject({ number: '+442071838750' })
  })
})

describe('a second run', () => {
  it('changes nothing of a device that lives', async () => {
    const record = recordOf(lockedNow())
    await run([record], ['--write'])
    await invoke(reset, keyOf(record))
    await invoke(update, { ...keyOf(record), body: { name: 'renamed' } })
    const before = await deviceOf(record)
    engine.take()

    const { code, stdout, stderr } = await run([record], ['--write'])

    expect([code, stderr]).toEqual([0, '1 of 1\n'])
    expect(stdout).toContain('0 are imported into')
    expect(stdout).toContain('1 lived there already and are as they were')
    expect(engine.take()).toEqual([])
    expect(await deviceOf(record)).toEqual(before)
  })

  it('goes on where the first was broken off', async () => {
    const [first, second] = [recordOf(), recordOf()]
    await run([first], ['--write'])

    const { stdout } = await run([first, second], ['--write'])

    expect(stdout).toContain('1 are imported into')
    expect(await deviceOf(second)).toMatchObject({ confirmed: true })
  })
})

describe('an imported device', () => {
  it('is challenged and verified', async () => {
    const record = recordOf({ confirmed: false })
    await run([record], ['--write'])

    const sent = await invoke(challenge, keyOf(record))
    const token = /\d{6}/.exec(twilio.messages.at(-1)!.body)![0]
    const verified = await invoke(verify, { ...keyOf(record), body: { token } })

    expect([sent.status, verified.status]).toEqual([200, 200])
    expect(verified.body.device).toMatchObject({ confirmed: true, throttle: { allowed: true } })
  })

  it('is locked as it was, and no token of Django opens it', async () => {
    const record = recordOf(lockedNow())
    await run([record], ['--write'])

    const { status, body } = await invoke(verify, { ...keyOf(record), body: { token: '730185' } })

    expect([status, body.code, body.failureCount]).toEqual([429, 'throttled', 3])
    const ends = Date.parse(String(record.fields.throttling_failure_timestamp)) + 240_000
    expect(Date.parse(body.lockedUntil)).toBe(ends)
  })

  it('is locked anew where the stage has another factor than the import', async () => {
    const record = recordOf(lockedNow())
    await run([record], ['--write'], { OTP_TWILIO_THROTTLE_FACTOR: '1' })

    const { status, body } = await invoke(verify, { ...keyOf(record), body: { token: '730185' } })

    expect([status, body.failureCount]).toEqual([429, 3])
  })

  it('is disabled as it was, until it is reset', async () => {
    const record = recordOf({ ...lockedNow(), throttling_failure_count: 500 })
    await run([record], ['--write'])

    const refused = await invoke(verify, { ...keyOf(record), body: { token: '730185' } })
    await invoke(reset, keyOf(record))

    expect(refused.body.code).toBe('device_disabled')
    expect(await deviceOf(record)).toMatchObject({ throttle: { allowed: true, failureCount: 0 } })
  })

  it('is changed and deleted', async () => {
    const record = recordOf()
    await run([record], ['--write'])

    const changed = await invoke(update, { ...keyOf(record), body: { name: 'other' } })
    const gone = await invoke(remove, { method: 'DELETE', ...keyOf(record) })

    expect([changed.status, gone.status]).toEqual([200, 204])
  })

  it('is found by the search once the stream is read', async () => {
    const record = recordOf()
    await run([record], ['--write'])
    expect(await audit({ Records: engine.take() })).toEqual({ batchItemFailures: [] })

    const search = record.fields.number.slice(-5)
    const { body } = await invoke(find, { method: 'GET', query: { search } })

    expect(body.devices.map(({ id }: { id: string }) => id)).toEqual([deviceIdOf(record)])
  })
})

it('is for users with a prefix', async () => {
  const record = recordOf()
  await run([record], ['--write', '--user-prefix', 'shop|'])

  const userId = `shop|${record.fields.user}`
  const { status } = await invoke(get, { method: 'GET', userId, deviceId: deviceIdOf(record) })

  expect(status).toBe(200)
})

describe('it ends with one sentence', () => {
  test.each([
    ['without a stage', '', /^Say --stage/],
    ['without a file', '--stage prod', /^Say one file of dumpdata/],
    ['at a file that is not there', '--stage prod nowhere.json', /cannot be read \(ENOENT\)/],
    ['at a flag that there is not', '--stage prod --force', /--help shows what there is/],
  ])('%s', async (_, args, sentence) => {
    const given = args === '' ? file : args
    await writeFile(file, '[]')

    const { code, stderr } = await runCommand(importDevices, given)

    expect([code, stderr.trim().split('\n')]).toEqual([1, [expect.stringMatching(sentence)]])
  })

  it('at a country that is none', async () => {
    expect((await run([], ['--country', 'England'])).stderr).toMatch(/"England" is no country/)
  })

  it('where --dynamodb is for another stage than the local one', async () => {
    expect((await run([], ['--dynamodb', 'http://127.0.0.1:1'])).stderr).toMatch(/local alone/)
  })

  it('where AWS refuses the write, and says how far it came', async () => {
    const outputs = { DevicesTable: 'nowhere', DevicesStream: 's', LimitsTable: 'l' }
    cloudFormation.stacks.set('serverless-otp-twilio-data-prod', {
      template: {},
      outputs: { ...outputs, TrafficTable: 't' },
    })

    const { code, stdout, stderr } = await run([recordOf()], ['--write'])

    expect(code).toBe(1)
    expect(stdout).toContain('0 were imported; run it again to go on')
    expect(stderr).toMatch(
      /nowhere \(eu-west-1\) could not be written \(ResourceNotFoundException\)/,
    )
  })
})

it('a failure ends it, and what was under way is in the report', async () => {
  let asked = 0
  const aws = http.createServer((_, response) => {
    asked += 1
    response.writeHead(asked === 1 ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(asked === 1 ? '{"__type":"AccessDeniedException","message":"canary"}' : '{}')
  })
  await new Promise<void>(resolve => aws.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`
  const records = Array.from({ length: 1000 }, () => recordOf())

  const { code, stdout, stderr } = await run(records, ['--write'], {
    AWS_ENDPOINT_URL_DYNAMODB: url,
  })
  aws.closeAllConnections()
  aws.close()

  expect(code).toBe(1)
  expect(stderr).toMatch(/AWS denies these credentials dynamodb:PutItem on devices-\S+ \S+\.\n$/)
  expect(stdout).toContain(`${asked - 1} were imported; run it again to go on.`)
  expect(asked).toBeLessThan(1000)
})

it('runs as npm runs it', async () => {
  const { code, stdout } = await spawnCommand('import.ts', '--help')

  expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: npm run import')])
})
