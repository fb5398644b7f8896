import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { usualDeadlines } from '../../../infra/commands/command.ts'
import { doctor } from '../../../infra/commands/doctor.ts'
import { type Dynalite, startDynalite } from '../../../infra/local/dynamodb/dynalite.ts'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { startTwilioStandIn, type TwilioStandIn } from '../../../infra/local/twilio/stand-in.ts'
import { hashApiKey } from '../../../lib/api/api-key.ts'
import { publicJwk } from '../../../lib/proof/key.ts'
import { type AwsStandIn, startAwsStandIn } from '../../support/aws-stand-in.ts'
import { runCommand, spawnCommand } from '../../support/command.ts'
import { dayAfter } from '../../support/device.ts'
import { drawProofKey, keptProofKey } from '../../support/proof-keys.ts'
import { recordSecret } from '../../support/record.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const stage = 'prod'
const path = `/serverless-otp-twilio/${stage}`
const challenge = `serverless-otp-twilio-${stage}-challenge`
const table = `serverless-otp-twilio-${stage}-devices`
const traffic = `serverless-otp-twilio-${stage}-traffic`
const limits = `serverless-otp-twilio-${stage}-limits`
const topic = `arn:aws:sns:eu-west-1:123456789012:serverless-otp-twilio-${stage}-alarms`
const from = '+15005550006'
const inAMonth = dayAfter(30)
const service = `MG${hex()}`
const whatsAppSenders = '/v2/Channels/Senders?Channel=whatsapp'
const secrets = {
  OTP_INDEX_KEY: randomBytes(32).toString('base64'),
  OTP_TOKEN_KEY: randomBytes(32).toString('base64'),
  OTP_API_KEYS: JSON.stringify([
    { name: 'backend', hash: hashApiKey('the key of backend'), scopes: ['verify'] },
  ]),
  OTP_TWILIO_ACCOUNT: `AC${hex()}`,
  OTP_TWILIO_API_KEY: `SK${hex()}`,
  OTP_TWILIO_AUTH: hex(),
  OTP_TWILIO_SIGNATURE_TOKEN: hex(),
  OTP_TWILIO_TEST_NUMBERS: testNumbers(['+15555550190', inAMonth]),
}
recordSecret(
  'key',
  secrets.OTP_INDEX_KEY,
  secrets.OTP_TOKEN_KEY,
  secrets.OTP_TWILIO_AUTH,
  secrets.OTP_TWILIO_SIGNATURE_TOKEN,
  hashApiKey('the key of backend'),
)
const settings = {
  DEVICES_TABLE: table,
  LIMITS_TABLE: limits,
  TRAFFIC_TABLE: traffic,
  OTP_STAGE: stage,
  OTP_SSM_PATH: path,
  OTP_TWILIO_URL: '',
  OTP_TWILIO_FROM: from,
  OTP_PUBLIC_URL: 'https://otp.example',
  OTP_TWILIO_TOKEN_VALIDITY: '300',
}

let dynalite: Dynalite
let aws: AwsStandIn
let ssm: SsmStandIn
let twilio: TwilioStandIn
let answer: (path: string, password: string | null) => StandInAnswer | undefined

beforeAll(async () => {
  dynalite = await startDynalite({
    port: 0,
    devicesTable: table,
    limitsTable: limits,
    trafficTable: traffic,
  })
})

afterAll(() => dynalite.close())

beforeEach(async () => {
  answer = () => undefined
  aws = await startAwsStandIn(dynalite.url)
  ssm = await startSsmStandIn()
  twilio = await startTwilioStandIn({ answer: ({ path, password }) => answer(path, password) })
  aws.tables.set(table, { DeletionProtectionEnabled: true })
  aws.tables.set(traffic, { DeletionProtectionEnabled: true })
  aws.tables.set(limits, { DeletionProtectionEnabled: true })
  aws.timeToLive.set(limits, { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' })
  aws.timeToLive.set(traffic, { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' })
  aws.subscriptions.set(topic, [`${topic}:0192f0c1`])
  deploy()
  for (const [name, value] of Object.entries(secrets)) ssm.put(`${path}/${name}`, value)
})

afterEach(() => Promise.all([aws.close(), ssm.goDown(), twilio.close()]))

describe('a stage on which all is well', () => {
  test('is told line by line with exit code 0', async () => {
    const { code, stdout, stderr } = await runProcess()

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`The stage prod in eu-west-1:

  ok           function                        ${challenge}, nodejs24.x, of 2026-01-01T12:00:00.000+0000
  ok           settings                        the functions understand all of them
  ok           OTP_API_KEYS                    has 1 key
  ok           OTP_INDEX_KEY                   is 32 bytes
  ok           OTP_TOKEN_KEY                   is 32 bytes
  ok           OTP_TWILIO_ACCOUNT              is there
  ok           OTP_TWILIO_API_KEY              is there
  ok           OTP_TWILIO_AUTH                 is there
  ok           OTP_TWILIO_SIGNATURE_TOKEN      is there
  ok           OTP_TWILIO_TEST_NUMBERS         has 1 number (+1••••••••90 until ${inAMonth})
  ok           Twilio credentials              Twilio accepts the API key
  ok           Twilio sender                   the account has the number +1••••••••06
  ok           callbacks                       Twilio accepts OTP_TWILIO_SIGNATURE_TOKEN as the account's auth token
  ok           table                           ${table} is active
  ok           deletion protection             is on
  ok           point-in-time recovery          is on
  ok           time to live                    is off: no device expires
  ok           limits table                    ${limits} is active
  ok           limits deletion protection      is on
  ok           limits time to live             is by expiresAt
  ok           traffic table                   ${traffic} is active
  ok           traffic deletion protection     is on
  ok           traffic point-in-time recovery  is on
  ok           traffic time to live            is by expiresAt
  ok           concurrency                     1000 functions of the account may run at once
  ok           throughput of secrets           is high
  ok           alarms                          have 1 subscriber

All is well.
`)
  })

  test('is only read', async () => {
    await run()

    expect(new Set(ssm.requests.map(({ operation }) => operation))).toEqual(
      new Set(['GetParameter', 'GetServiceSetting']),
    )
    expect(aws.operations.sort()).toEqual([
      'DescribeContinuousBackups',
      'DescribeContinuousBackups',
      ...Array(3).fill('DescribeTable'),
      ...Array(3).fill('DescribeTimeToLive'),
      'GetAccountSettings',
      'GetFunctionConfiguration',
      'ListSubscriptionsByTopic',
    ])
    expect(new Set(twilio.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
    expect(twilio.messages).toEqual([])
  })

  test('may send from a messaging service', async () => {
    deploy({ OTP_TWILIO_MESSAGING_SERVICE_SID: service })

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain(`the account has the messaging service ${service}`)
  })

  test('may use the account’s own auth token', async () => {
    ssm.parameters.delete(`${path}/OTP_TWILIO_API_KEY`)

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain(
      "OTP_TWILIO_API_KEY              none: the account's own auth token is used",
    )
    expect(stdout).toContain('Twilio accepts the auth token')
  })

  test('needs no test numbers', async () => {
    ssm.parameters.delete(`${path}/OTP_TWILIO_TEST_NUMBERS`)

    const { code, stdout } = await run()

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'All is well.'])
    expect(stdout).toContain('OTP_TWILIO_TEST_NUMBERS         none: every number is sent to\n')
  })

  test('may have a sender of its own for each country and channel', async () => {
    const route = { from: '+442071838750' }
    const british = { GB: route, GG: route, IM: route, JE: route }
    deploy({
      OTP_TWILIO_ROUTES: JSON.stringify({ ...british, US: { from } }),
      OTP_TWILIO_CHANNELS: 'sms,whatsapp',
      OTP_TWILIO_WHATSAPP_FROM: '+15005550007',
    })
    const sender = { sender_id: 'whatsapp:+15005550007', status: 'ONLINE:UPDATING' }
    answer = asked =>
      asked.startsWith(whatsAppSenders) ? { status: 200, body: { senders: [sender] } } : undefined

    const { code, stdout } = await run()

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'All is well.'])
    expect(stdout.match(/Twilio sender of .*/g)).toEqual([
      'Twilio sender of 4 countries    the account has the number +44••••••••50',
    ])
    expect(stdout).toContain('the account has the WhatsApp sender +1••••••••07\n')
  })

  test.each([
    ['of the sandbox', { OTP_TWILIO_WHATSAPP_FROM: '+14155238886' }, 'is Twilio’s sandbox'],
    [
      'of a messaging service',
      { OTP_TWILIO_MESSAGING_SERVICE_SID: service },
      'it is for the messaging service to have one',
    ],
  ])('may have a WhatsApp sender that cannot be looked up: %s', async (_, env, said) => {
    deploy({ OTP_TWILIO_CHANNELS: 'sms,whatsapp', ...env })

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout.replace("'", '’')).toMatch(new RegExp(`not checked {2}WhatsApp sender .*${said}`))
  })

  test('may have nothing to send SMS from where all goes by WhatsApp', async () => {
    deploy({
      OTP_TWILIO_FROM: '',
      OTP_TWILIO_CHANNELS: 'whatsapp',
      OTP_TWILIO_WHATSAPP_FROM: '+14155238886',
    })

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain('Twilio sender                   none: all is sent by WhatsApp\n')
  })

  test('may have its secrets in the environment', async () => {
    ssm.parameters.clear()
    deploy({ ...secrets, OTP_SSM_PATH: '' })

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain('OTP_TOKEN_KEY                   is 32 bytes, in the environment')
    expect(ssm.requests.map(({ operation }) => operation)).toEqual(['GetServiceSetting'])
  })

  test('needs its table protected, but on a development stage', async () => {
    aws.functions.set('serverless-otp-twilio-dev-challenge', { ...settings, OTP_STAGE: 'dev' })
    aws.subscriptions.set(topic.replace('prod', 'dev'), [`${topic}:0192f0c1`])
    aws.tables.set(table, { DeletionProtectionEnabled: false })

    const { code, stdout } = await run('--stage dev')

    expect(code).toBe(0)
    expect(stdout).toContain('deletion protection             is off, as on a development stage')
  })

  test('needs no Twilio where nothing is delivered', async () => {
    deploy({ OTP_STAGE: 'dev', OTP_TWILIO_NO_DELIVERY: 'true', OTP_TWILIO_FROM: '' })
    for (const name of Object.keys(secrets)) {
      if (name.startsWith('OTP_TWILIO_')) ssm.parameters.delete(`${path}/${name}`)
    }

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain(
      'not checked  Twilio sender                   OTP_TWILIO_NO_DELIVERY is on',
    )
    expect(twilio.requests).toEqual([])
  })

  test.each([
    ['Acme', 'Acme is an alphanumeric sender ID, which no account owns'],
    ['12345', '12345 is a short code, which Twilio does not list here'],
  ])('may have a sender that cannot be looked up: %s', async (sender, said) => {
    deploy({ OTP_TWILIO_FROM: sender })

    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toContain(`not checked  Twilio sender                   ${said}\n`)
  })
})

describe('what works, and costs or ends, is a warning, which fails nothing:', () => {
  test('test numbers whose date has passed', async () => {
    const listed = testNumbers(['+15555550190', inAMonth], ['+15555550191', '2020-01-31'])
    ssm.put(`${path}/OTP_TWILIO_TEST_NUMBERS`, listed)

    await expectWarning(
      'OTP_TWILIO_TEST_NUMBERS',
      `has 2 numbers (+1••••••••90 until ${inAMonth}, +1••••••••91 ended after 2020-01-31): give what has ended a later date, or leave it out: npm run secrets -- --stage prod`,
    )
  })

  test('callbacks that cannot be checked', async () => {
    ssm.parameters.delete(`${path}/OTP_TWILIO_SIGNATURE_TOKEN`)

    await expectWarning(
      'callbacks',
      "cannot be checked, so that deliveries are not followed: set OTP_TWILIO_SIGNATURE_TOKEN to the account's auth token, and npm run secrets -- --stage prod",
    )
  })

  test('callbacks that nobody is asked for', async () => {
    deploy({ OTP_PUBLIC_URL: '' })

    await expectWarning(
      'callbacks',
      'OTP_PUBLIC_URL is empty, so that nobody is asked to tell of deliveries: npm run deploy -- --stage prod sets it',
    )
  })
})

describe('proofs', () => {
  const keys = [draw(0), draw(0)] as const
  const [first, second] = keys.map(({ jwk }) => jwk.kid.slice(0, 8)) as [string, string]
  const drop = 'npm run secrets -- --stage prod --drop-proof-key'
  let server: Server
  let issuer: string
  /** What is well known, by its path. */
  let known: Record<string, (response: ServerResponse) => void>

  const says = (body: object) => (response: ServerResponse) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  const discovery = '/.well-known/openid-configuration'
  const jwks = '/.well-known/jwks.json'
  const elsewhere =
    'let OTP_PROOF_ISSUER be the URL of this API, and npm run deploy -- --stage prod'

  beforeEach(async () => {
    server = createServer(({ url = '' }, response) => {
      if (known[url]) known[url](response)
      else response.writeHead(404).end('{}')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    known = {
      [discovery]: says({ issuer, jwks_uri: issuer + jwks }),
      [jwks]: says({ keys: keys.map(({ jwk }) => jwk) }),
    }
    deploy({ OTP_PROOF_ISSUER: issuer })
    put({ signing: [keys[0].kept], published: [keys[0].jwk] })
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  function put({ signing, published }: { signing: object[]; published: object[] }) {
    ssm.put(`${path}/OTP_PROOF_KEYS`, JSON.stringify(signing))
    ssm.put(`${path}/OTP_PROOF_PUBLIC_KEYS`, JSON.stringify({ keys: published }))
  }

  test('that verifiers can check are told so', async () => {
    const { code, stdout } = await run()

    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`ok +OTP_PROOF_KEYS +key ${first} signs\n`))
    expect(stdout).toMatch(new RegExp(`ok +OTP_PROOF_PUBLIC_KEYS +has ${first}\n`))
    expect(stdout).toMatch(/ok +proof keys +all that sign are published\n/)
    expect(stdout).toMatch(new RegExp(`ok +proof issuer +${issuer} answers, with 2 of the keys\n`))
  })

  test('that nobody can check, for want of a public key, are not well', async () => {
    put({ signing: keys.map(({ kept }) => kept), published: [keys[0].jwk] })

    await expectFailures([
      [
        'proof keys',
        `OTP_PROOF_PUBLIC_KEYS lacks key ${second}, so that no verifier takes its proofs: npm run secrets -- --stage prod publishes it`,
      ],
    ])
  })

  test('whose keys are not understood are not compared', async () => {
    put({ signing: [{ from: 0, key: 'AAAA' }], published: [keys[0].jwk] })

    const { stdout } = await expectFailures([
      ['OTP_PROOF_KEYS', `must be one or two keys that npm run secrets has made: ${drop}`],
    ])

    expect(stdout).toMatch(/not checked +proof keys +they are not there, or not understood\n/)
  })

  test.each<[string, () => typeof known, () => string]>([
    ['no discovery', () => ({}), () => `${issuer}${discovery} answers 404: ${elsewhere}`],
    [
      'that of another issuer',
      () => ({ ...known, [discovery]: says({ issuer: `${issuer}/`, jwks_uri: issuer + jwks }) }),
      () => `${issuer}${discovery} is not of OTP_PROOF_ISSUER: ${elsewhere}`,
    ],
    [
      'no keys',
      () => ({ [discovery]: known[discovery]! }),
      () => `${issuer}${jwks} answers 404: the log of proof-keys says why`,
    ],
    [
      'the keys of before',
      () => ({ ...known, [jwks]: says({ keys: [keys[1].jwk] }) }),
      () =>
        `${issuer}${jwks} has no key ${first}: wait five minutes, in which functions take up new secrets`,
    ],
  ])('whose issuer has %s cannot be checked', async (_, has, said) => {
    known = has()

    await expectFailures([['proof issuer', said()]])
  })

  test('whose issuer does not answer keep nobody waiting', async () => {
    known = { [discovery]: () => {} }

    const { code, stdout } = await runCommand(doctor, '--stage prod', {
      env: stands(),
      deadlines: { ...usualDeadlines, awsMs: 1000 },
    })

    expect(code).toBe(1)
    expect(stdout).toContain(`${discovery} does not answer (within 1 s): ${elsewhere}\n`)
  })
})

describe('what only the owner of the account can change:', () => {
  test('ten functions at once, as in a new account, fail, because logins are refused', async () => {
    aws.concurrency = 10

    const { code, stdout } = await run()

    expect(code).toBe(1)
    expect(stdout).toContain(
      'failed       concurrency                     only 10 functions of the account may run at once, so that logins are refused: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region eu-west-1\n',
    )
  })

  test.each([100, 999])('%i functions at once are a warning', async atOnce => {
    aws.concurrency = atOnce

    const { code, stdout } = await run()

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'Nothing failed; 1 warning.'])
    expect(stdout).toContain(
      `warning      concurrency                     only ${atOnce} functions`,
    )
  })

  test('an SSM of 40 calls a second is a warning', async () => {
    ssm.isFast = false

    const { code, stdout } = await run()

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'Nothing failed; 1 warning.'])
    expect(stdout).toMatch(/warning {6}throughput of secrets .*: aws ssm update-service-setting /)
  })

  test.each([
    ['without a subscriber', [], /nobody hears them: set OTP_ALARM_EMAIL and /],
    ['with one who has not confirmed', ['PendingConfirmation'], /is confirmed: follow the link /],
  ])('alarms %s are a warning', async (_, subscriptions, said) => {
    aws.subscriptions.set(topic, subscriptions)

    const { code, stdout } = await run()

    expect([code, stdout.split('\n').at(-2)]).toEqual([0, 'Nothing failed; 1 warning.'])
    expect(stdout).toMatch(said)
  })

  test('alarms without a topic fail', async () => {
    aws.subscriptions.clear()

    const { code, stdout } = await run()

    expect(code).toBe(1)
    expect(stdout).toContain('there is no topic serverless-otp-twilio-prod-alarms: npm run deploy')
  })
})

describe('what is not well fails alone, and its line says what mends it:', () => {
  const rewrite = 'npm run secrets -- --stage prod'
  const redeploy = 'npm run deploy -- --stage prod'
  const newKey = 'npm run api-key -- --stage prod --name <name> --scopes <scope,...>'

  test.each([
    ['OTP_INDEX_KEY', '', `is missing: ${rewrite}`],
    ['OTP_INDEX_KEY', 'canary', `must be 32 bytes in base64: ${rewrite} --new-index-key`],
    ['OTP_TOKEN_KEY', '', `is missing: ${rewrite}`],
    ['OTP_TOKEN_KEY', 'canary', `must be 32 bytes in base64: ${rewrite} --new-token-key`],
    ['OTP_API_KEYS', '', `is missing: ${newKey}`],
    ['OTP_API_KEYS', '[]', `has no keys, so that nobody gets in: delete it, then ${newKey}`],
    [
      'OTP_API_KEYS',
      'canary',
      `must be a JSON array of {name, hash, scopes}: delete it, then ${newKey}`,
    ],
    ['OTP_TWILIO_ACCOUNT', '', `is missing: ${rewrite}`],
    [
      'OTP_TWILIO_ACCOUNT',
      'canary',
      `must be your Twilio account SID, which starts with AC: ${rewrite}`,
    ],
    ['OTP_TWILIO_AUTH', '', `is missing: ${rewrite}`],
  ])('%s "%s"', async (name, value, said) => {
    ssm.parameters.delete(`${path}/${name}`)
    if (value) ssm.put(`${path}/${name}`, value)

    await expectFailures([[name, said]])
  })

  test('a secret in clear', async () => {
    ssm.parameters.set(`${path}/OTP_TWILIO_AUTH`, {
      value: secrets.OTP_TWILIO_AUTH,
      type: 'String',
      version: 1,
    })

    const said = `is a String in clear, not a SecureString: delete it, then ${rewrite}`
    await expectFailures([['OTP_TWILIO_AUTH', said]])
  })

  test.each([
    [
      'denies',
      `AWS denies these credentials ssm:GetParameter (or kms:Decrypt with its key) on ${path}/OTP_TOKEN_KEY (eu-west-1)`,
    ],
    ['throttles', `${path}/OTP_TOKEN_KEY (eu-west-1) could not be read (ThrottlingException)`],
    ['garbles', `${path}/OTP_TOKEN_KEY (eu-west-1) could not be read (SyntaxError)`],
  ] as const)('a secret that SSM %s', async (fault, said) => {
    ssm.behave = ({ input }) => (input.Name?.endsWith('OTP_TOKEN_KEY') ? fault : undefined)

    await expectFailures([['OTP_TOKEN_KEY', said]])
  })

  test('credentials that Twilio does not accept', async () => {
    answer = () => ({ status: 401, body: { code: 20003, message: 'Authenticate' } })

    const said = `Twilio does not accept the credentials (answers 401, code 20003); a Restricted API key must be allowed to list phone numbers: ${rewrite}`
    const { stdout } = await expectFailures([['Twilio credentials', said]])
    expect(stdout).toContain(
      'not checked  Twilio sender                   the credentials are not accepted',
    )
  })

  test('a number that the account does not have', async () => {
    answer = asked =>
      asked.includes('PhoneNumber=')
        ? { status: 200, body: { incoming_phone_numbers: [] } }
        : undefined

    const said = `the account has no number +1••••••••06: set one that it has, and ${redeploy}`
    await expectFailures([['Twilio sender', said]])
  })

  test('a number that cannot send SMS', async () => {
    const number = { phone_number: from, capabilities: { sms: false } }
    answer = () => ({ status: 200, body: { incoming_phone_numbers: [number] } })

    const said = `+1••••••••06 cannot send SMS: set one that it has, and ${redeploy}`
    await expectFailures([['Twilio sender', said]])
  })

  test('a number that cannot call', async () => {
    deploy({ OTP_TWILIO_CHANNELS: 'sms,call' })
    const number = { phone_number: from, capabilities: { sms: true, voice: false } }
    answer = () => ({ status: 200, body: { incoming_phone_numbers: [number] } })

    const said = `+1••••••••06 cannot call: set one that calls, and ${redeploy}`
    await expectFailures([['Twilio caller', said]])
  })

  test('a messaging service that the account does not have', async () => {
    deploy({ OTP_TWILIO_MESSAGING_SERVICE_SID: service })
    answer = asked =>
      asked.startsWith('/v1/Services/') ? { status: 404, body: { code: 20404 } } : undefined

    const said = `the account has no messaging service ${service}: set one that it has, and ${redeploy}`
    await expectFailures([['Twilio sender', said]])
  })

  test('no sender', async () => {
    deploy({ OTP_TWILIO_FROM: '' })

    await expectFailures([
      [
        'settings',
        `OTP_TWILIO_MESSAGING_SERVICE_SID must be set, or OTP_TWILIO_FROM: messages need a sender: set it so, and ${redeploy}`,
      ],
    ])
  })

  test.each([
    [
      { OTP_TWILIO_FROM: '(415) 555-2671' },
      'OTP_TWILIO_FROM must be written as +14155552671: set one that it has',
    ],
    [
      { OTP_TWILIO_MESSAGING_SERVICE_SID: 'MG1' },
      'OTP_TWILIO_MESSAGING_SERVICE_SID must be MG and 32 hexadecimal digits: set one that it has',
    ],
  ])('the sender of %o', async (given, said) => {
    deploy(given)

    await expectFailures([['Twilio sender', `${said}, and ${redeploy}`]])
  })

  test.each([
    ['OTP_TWILIO_ALLOWED_COUNTRIES', 'ISO 3166-1 country codes, such as GB, separated by commas'],
    ['OTP_TWILIO_ROUTES', 'a JSON object'],
    ['OTP_TWILIO_LIMITS', 'on, record or off'],
    ['OTP_TWILIO_CHANNELS', 'a list out of sms, call and whatsapp'],
    ['OTP_TWILIO_WHATSAPP_FROM', 'a number in E.164'],
  ])('a bad %s', async (name, expected) => {
    deploy({ [name]: 'x' })

    await expectFailures([['settings', `${name} must be ${expected}: set it so, and ${redeploy}`]])
  })

  test('a setting that the functions do not understand', async () => {
    deploy({ OTP_TWILIO_TOKEN_LENGTH: '9' })

    const said = `OTP_TWILIO_TOKEN_LENGTH must be a whole number from 6 to 8: set it so, and ${redeploy}`
    await expectFailures([['settings', said]])
  })

  test('a function whose last update failed', async () => {
    aws.configuration = { LastUpdateStatus: 'Failed' }

    const said = `the last update of ${challenge} failed: ${redeploy}`
    await expectFailures([['function', said]], runProcess)
  })

  test('a table that is not there', async () => {
    deploy({ DEVICES_TABLE: 'elsewhere' })

    const said = `there is no table elsewhere: ${redeploy}`
    await expectFailures([
      ['table', said],
      ['time to live', said],
    ])
  })

  test('a table of another service', async () => {
    await createTable('others')
    aws.tables.set('others', { DeletionProtectionEnabled: true })
    deploy({ DEVICES_TABLE: 'others' })

    const said =
      'others has the keys id HASH, not userId HASH, deviceId RANGE: name the table of this service in DEVICES_TABLE'
    await expectFailures([['table', said]])
  })

  test.each([
    [{ TableStatus: 'UPDATING' }, `${table} is UPDATING: run this again in a minute`],
    [
      { GlobalSecondaryIndexes: [{ IndexName: 'number', IndexStatus: 'CREATING' }] },
      `${table} has no active index number: make it as in infra/stack/data/tables.yml`,
    ],
  ])('a table with %o', async (description, said) => {
    aws.tables.set(table, { DeletionProtectionEnabled: true, ...description })

    await expectFailures([['table', said]])
  })

  test('a table that anybody may delete', async () => {
    aws.tables.delete(table)

    const said = `is off: aws dynamodb update-table --table-name ${table} --deletion-protection-enabled`
    await expectFailures([['deletion protection', said]])
  })

  test('a table that cannot be recovered', async () => {
    aws.pointInTimeRecovery = 'DISABLED'

    const said = (name: string) =>
      `is off: aws dynamodb update-continuous-backups --table-name ${name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`
    await expectFailures([
      ['point-in-time recovery', said(table)],
      ['traffic point-in-time recovery', said(traffic)],
    ])
  })

  test('a table that loses its devices', async () => {
    aws.timeToLive.set(table, { TimeToLiveStatus: 'ENABLED', AttributeName: 'lockedUntil' })

    const said = `deletes devices by lockedUntil: aws dynamodb update-time-to-live --table-name ${table} --time-to-live-specification Enabled=false,AttributeName=lockedUntil`
    await expectFailures([['time to live', said]])
  })

  test('a table that AWS does not let be read', async () => {
    aws.behave = operation =>
      operation === 'DescribeTable' ? { error: 'AccessDeniedException' } : undefined

    const said = (name: string) =>
      `AWS denies these credentials dynamodb:DescribeTable on ${name} (eu-west-1)`
    await expectFailures([
      ['table', said(table)],
      ['limits table', said(limits)],
      ['traffic table', said(traffic)],
    ])
  })

  test('a limits table that is not there', async () => {
    deploy({ LIMITS_TABLE: 'elsewhere' })

    const said = `there is no table elsewhere: ${redeploy}`
    await expectFailures([
      ['limits table', said],
      ['limits time to live', said],
    ])
  })

  test('a limits table that is another one', async () => {
    deploy({ LIMITS_TABLE: table })
    aws.timeToLive.set(table, { TimeToLiveStatus: 'DISABLED' })

    const keys = 'userId HASH, deviceId RANGE, not limitKey HASH'
    const shape = `${table} has the keys ${keys}: name the table of this service in LIMITS_TABLE`
    const enable = `aws dynamodb update-time-to-live --table-name ${table} --time-to-live-specification Enabled=true,AttributeName=expiresAt`
    await expectFailures([
      ['limits table', shape],
      ['limits time to live', `is off: ${enable}`],
    ])
  })

  test('a limits table that is not active', async () => {
    aws.tables.set(limits, { DeletionProtectionEnabled: true, TableStatus: 'UPDATING' })

    await expectFailures([['limits table', `${limits} is UPDATING: run this again in a minute`]])
  })

  test.each([
    [{ TimeToLiveStatus: 'DISABLED' }, 'is off', 'Enabled=true,AttributeName=expiresAt'],
    [
      { TimeToLiveStatus: 'ENABLED', AttributeName: 'count' },
      'deletes counters by count',
      'Enabled=false,AttributeName=count',
    ],
  ])('a limits table whose counters expire by %o', async (timeToLive, said, specification) => {
    aws.timeToLive.set(limits, timeToLive)

    const mend = `aws dynamodb update-time-to-live --table-name ${limits} --time-to-live-specification ${specification}`
    await expectFailures([['limits time to live', `${said}: ${mend}`]])
  })

  test('test numbers that no function understands', async () => {
    ssm.put(`${path}/OTP_TWILIO_TEST_NUMBERS`, '[{"number": "+15555550190"}]')

    const said = `must be a JSON list of at most ten {"number", "userIds", "token" or "outcome", "until"}, each number in E.164 and once, at most twenty user ids, the token of 6 to 8 digits, the date as in 2026-12-31: ${rewrite}`
    await expectFailures([['OTP_TWILIO_TEST_NUMBERS', said]])
  })

  test('a signature token that is not the account’s auth token', async () => {
    answer = (_, password) =>
      password === secrets.OTP_TWILIO_SIGNATURE_TOKEN
        ? { status: 401, body: { code: 20003 } }
        : undefined

    const said = `Twilio does not accept OTP_TWILIO_SIGNATURE_TOKEN as the account's auth token (answers 401, code 20003): set OTP_TWILIO_SIGNATURE_TOKEN to the account's auth token, and ${rewrite}`
    await expectFailures([['callbacks', said]])
  })

  test('senders that only OTP_TWILIO_ROUTES names', async () => {
    const routes = {
      GB: { from: '+442071838750' },
      IE: { from: '+442071838750' },
      FR: { messagingServiceSid: service },
      DE: { messagingServiceSid: 'MG1' },
      US: { from },
      CA: { template: '{token}' },
    }
    deploy({ OTP_TWILIO_ROUTES: JSON.stringify(routes) })
    answer = asked =>
      asked.includes('PhoneNumber=%2B44') || asked.startsWith('/v1/Services/')
        ? { status: 404, body: { code: 20404 } }
        : undefined

    const mend = `set one that it has, and ${redeploy}`
    await expectFailures([
      ['Twilio sender of GB, IE', `the number: Twilio answers 404, code 20404: ${mend}`],
      ['Twilio sender of FR', `the account has no messaging service ${service}: ${mend}`],
      [
        'Twilio sender of DE',
        `OTP_TWILIO_ROUTES.DE.messagingServiceSid must be MG and 32 hexadecimal digits: ${mend}`,
      ],
    ])
  })

  test('the sender of the default route, and not the one that it takes the place of', async () => {
    deploy({
      OTP_TWILIO_FROM: '+15005550007',
      OTP_TWILIO_ROUTES: '{"default": {"from": "(415) 555-2671"}}',
    })

    const said = `OTP_TWILIO_ROUTES.default.from must be written as +14155552671: set one that it has, and ${redeploy}`
    await expectFailures([['Twilio sender', said]])
    expect(twilio.requests.map(({ path }) => path).join()).not.toContain('5550007')
  })

  test.each([
    [200, { senders: [] }, 'the account has no WhatsApp sender +1••••••••07'],
    [
      200,
      { senders: [{ sender_id: 'whatsapp:+15005550007', status: 'OFFLINE' }] },
      'the WhatsApp sender +1••••••••07 is not online',
    ],
    [403, { code: 20403 }, 'the WhatsApp senders: Twilio answers 403, code 20403'],
  ])('a WhatsApp sender of which Twilio answers %i %o', async (status, body, said) => {
    deploy({ OTP_TWILIO_CHANNELS: 'sms,whatsapp', OTP_TWILIO_WHATSAPP_FROM: '+15005550007' })
    answer = asked => (asked.startsWith(whatsAppSenders) ? { status, body } : undefined)

    const mend = `set one that it has, and ${redeploy}`
    await expectFailures([['WhatsApp sender', `${said}: ${mend}`]])
  })

  test.each([
    ['a number', { OTP_TWILIO_FROM: from }],
    [
      'a country with a number',
      {
        OTP_TWILIO_MESSAGING_SERVICE_SID: service,
        OTP_TWILIO_ROUTES: JSON.stringify({ US: { from } }),
      },
    ],
  ])('WhatsApp without a sender but %s', async (_, env) => {
    deploy({ OTP_TWILIO_CHANNELS: 'sms,whatsapp', ...env })

    const said = `neither OTP_TWILIO_WHATSAPP_FROM nor a messaging service is set for all countries: set OTP_TWILIO_WHATSAPP_FROM, and ${redeploy}`
    await expectFailures([['WhatsApp sender', said]])
  })

  test('services that never answer, within their deadlines', async () => {
    ssm.behave = ({ input }) => (input.Name?.endsWith('API_KEYS') ? 'hangs midway' : undefined)
    aws.behave = operation => (operation === 'DescribeTable' ? 'hangs' : undefined)
    answer = () => ({ fault: 'trickle' })

    const { code, stdout } = await runCommand(doctor, '--stage prod', {
      env: stands(),
      deadlines: { ...usualDeadlines, connectMs: 1000, awsMs: 1000, twilioMs: 1000 },
    })

    expect(code).toBe(1)
    expect(stdout).toContain('(eu-west-1) could not be read (TimeoutError)')
    expect(stdout).toContain('Twilio does not answer (within 1 s)')
    expect(stdout).toContain('\n5 of 24 failed.\n')
  })
})

describe('it is refused in one sentence:', () => {
  test.each([
    ['', 'Say --stage <stage>, such as --stage prod.'],
    ['--stage prod --yes', "Unknown option '--yes'; --help shows what there is."],
    ['--stage a/b', '"a/b" is not a stage such as prod: letters, digits and hyphens.'],
    ['--stage prod --region mars', '"mars" is not an AWS region such as eu-central-1.'],
    [
      '--stage test',
      'There is no function serverless-otp-twilio-test-challenge (eu-west-1): npm run deploy -- --stage test makes it; or name the right --region.',
    ],
  ])('%s', async (args, sentence) => {
    expect(await run(args)).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
  })

  test.each([
    [
      'AccessDeniedException',
      `AWS denies these credentials lambda:GetFunctionConfiguration on ${challenge} (eu-west-1).`,
    ],
    [
      'ExpiredTokenException',
      'The AWS credentials have expired (ExpiredTokenException): sign in again.',
    ],
    [
      'UnrecognizedClientException',
      `AWS does not accept these credentials for ${challenge} (eu-west-1) (UnrecognizedClientException): sign in again, or name the right --region.`,
    ],
  ])('an AWS that answers %s', async (error, sentence) => {
    aws.behave = () => ({ error })

    expect(await run()).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
  })

  test('no AWS credentials', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

    expect(await runProcess('--stage prod', env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No AWS credentials are found: set AWS_PROFILE, or sign in with aws sso login.\n',
    })
  })

  test('an AWS that is not there', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://nowhere.invalid' }

    const { code, stdout, stderr } = await run('--stage prod', env)

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^No AWS is found for \S+ \(eu-west-1\) \((ENOTFOUND|EAI_AGAIN)\): is the region right, and is there a network\?\n$/,
    )
  })
})

test('unless told otherwise a command waits 5 s for a try of AWS and 8 s for Twilio', () => {
  expect(usualDeadlines).toMatchObject({ connectMs: 3000, awsMs: 5000, twilioMs: 8000 })
})

test('nothing that is secret is shown', async () => {
  const { stdout } = await run()

  const values = [...Object.values(secrets), hashApiKey('the key of backend'), from, 'canary']
  expect(values.filter(value => stdout.includes(value))).toEqual([])
})

function testNumbers(...numbers: [number: string, until: string][]): string {
  return JSON.stringify(
    numbers.map(([number, until]) => ({
      ...{ number, userIds: ['reviewer'] },
      ...{ outcome: 'delivered', until },
    })),
  )
}

function hex(): string {
  return randomBytes(16).toString('hex')
}

/** Deploys the challenge function of the stage, with other settings. */

describe('a user pool:', () => {
  const pool = 'eu-west-1_AbCdEfGhI'
  const env = {
    OTP_COGNITO_USER_POOL_ARN: `arn:aws:cognito-idp:eu-west-1:123456789012:userpool/${pool}`,
  }
  const good = {
    ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    WriteAttributes: ['name'],
  }
  const lines = async (more = {}) => {
    const { code, stdout } = await run('--stage prod', { ...env, ...more })
    const found = stdout.split('\n').filter(line => line.includes('Cognito'))
    return [code, ...found.map(line => line.trim().replace(/\s{2,}/g, ' | '))]
  }

  beforeEach(() => {
    const names = {
      DefineAuthChallenge: 'define',
      CreateAuthChallenge: 'create',
      VerifyAuthChallengeResponse: 'verify',
    }
    const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:serverless-otp-twilio-prod-cognito-'
    for (const [trigger, name] of Object.entries(names)) aws.pool.triggers[trigger] = arn + name
    aws.pool.clients = { web: good, app: good }
  })

  test('whose triggers and clients are as they must be is well', async () => {
    expect(await lines()).toEqual([
      0,
      `ok | Cognito triggers | ${pool} calls all three`,
      'ok | Cognito clients | none has a way round the SMS',
    ])
  })

  test('that does not call a trigger fails', async () => {
    delete aws.pool.triggers.DefineAuthChallenge

    expect((await lines())[1]).toBe(
      `failed | Cognito triggers | DefineAuthChallenge is not serverless-otp-twilio-prod-cognito-define: give ${pool} the stack's outputs as its LambdaConfig`,
    )
  })

  test.each<[string, object, string]>([
    [
      'a password alone',
      { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] },
      'ALLOW_USER_PASSWORD_AUTH',
    ],
    ['no flow named', { ExplicitAuthFlows: undefined }, 'ALLOW_USER_SRP_AUTH'],
    [
      'managed login',
      { AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: ['code'] },
      'managed login',
    ],
  ])('with a client of %s fails', async (_, client, flow) => {
    aws.pool.clients.app = { ...good, ...client }

    const mend = 'allow it ALLOW_CUSTOM_AUTH and ALLOW_REFRESH_TOKEN_AUTH alone'
    expect(await lines()).toEqual([
      1,
      expect.anything(),
      `failed | Cognito client app | ${flow}: a way round the SMS: ${mend}`,
    ])
  })

  test('with a client of a machine is well', async () => {
    const AllowedOAuthFlows = ['client_credentials']
    aws.pool.clients.app = { ...good, AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows }

    expect((await lines())[0]).toBe(0)
  })

  test.each([[undefined], [['phone_number']]])(
    'whose client writes %j fails',
    async WriteAttributes => {
      aws.pool.clients.app = { ...good, WriteAttributes }

      const said = 'a session may write the number that the SMS goes to'
      expect((await lines())[2]).toBe(
        `failed | Cognito client app | ${said}: give it WriteAttributes without phone_number`,
      )
    },
  )

  test('that tells which users there are is warned of where the SMS is alone', async () => {
    const said = 'tells which users there are: set its PreventUserExistenceErrors to ENABLED'

    expect((await lines({ OTP_COGNITO_FLOW: 'sms' })).slice(2)).toEqual([
      `warning | Cognito client web | ${said}`,
      `warning | Cognito client app | ${said}`,
    ])
  })

  test('that may not be read fails', async () => {
    aws.behave = operation =>
      operation === 'DescribeUserPool' ? { error: 'AccessDeniedException' } : undefined

    expect((await lines())[1]).toBe(
      `failed | Cognito triggers | AWS denies these credentials cognito-idp:DescribeUserPool on ${pool} (eu-west-1)`,
    )
  })
})

function deploy(other: Record<string, string> = {}): void {
  aws.functions.set(challenge, { ...settings, ...other })
}

async function createTable(name: string): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint: dynalite.url, region: 'local', credentials })
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  client.destroy()
}

/** A key of proofs, as it is kept and as it is published. */
function draw(from: number) {
  const privateKey = drawProofKey()
  const kept = keptProofKey(privateKey, from)
  recordSecret('key', kept.key)
  return { kept, jwk: publicJwk(privateKey) }
}

/** Runs the command here. */
function run(args = '--stage prod', env: Record<string, string> = {}) {
  return runCommand(doctor, args, { env: { ...stands(), ...env } })
}

/** Runs the command as npm does. */
function runProcess(args = '--stage prod', env: Record<string, string> = {}) {
  return spawnCommand('doctor.ts', args, { env: { ...stands(), ...env } })
}

function stands(): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: aws.url,
    AWS_ENDPOINT_URL_SSM: ssm.url,
    OTP_TWILIO_URL: twilio.url,
  }
}

/** These lines fail, and no other does. */
async function expectFailures(failures: [what: string, said: string][], runs = run) {
  const ended = await runs()

  const lines = ended.stdout.split('\n').filter(line => line.startsWith('  failed'))
  expect(lines.map(line => line.replace(/\s{2,}/g, ' | '))).toEqual(
    failures.map(([what, said]) => ` | failed | ${what} | ${said}`),
  )
  expect([ended.code, ended.stderr]).toEqual([1, ''])
  expect(ended.stdout.trim()).toMatch(new RegExp(`${failures.length} of \\d+ failed\\.$`))
  return ended
}

/** This line warns, and no other does nor fails. */
async function expectWarning(what: string, said: string) {
  const { code, stdout, stderr } = await run()

  const lines = stdout.split('\n').filter(line => /^ {2}(warning|failed)/.test(line))
  expect(lines.map(line => line.replace(/\s{2,}/g, ' | '))).toEqual([
    ` | warning | ${what} | ${said}`,
  ])
  expect([code, stderr, stdout.split('\n').at(-2)]).toEqual([0, '', 'Nothing failed; 1 warning.'])
}
