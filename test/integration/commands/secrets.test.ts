import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { usualDeadlines } from '../../../infra/commands/command.ts'
import { missingSecrets } from '../../../infra/commands/secrets/values.ts'
import { secrets } from '../../../infra/commands/secrets.ts'
import { openStage } from '../../../infra/commands/stage.ts'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import {
  type ReceivedRequest,
  startTwilioStandIn,
  type TwilioStandIn,
} from '../../../infra/local/twilio/stand-in.ts'
import { type RunOptions, runCommand, spawnCommand } from '../../support/command.ts'
import { dayAfter } from '../../support/device.ts'
import { recordSecret } from '../../support/record.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const path = '/serverless-otp-twilio/prod'
const names = [
  'OTP_INDEX_KEY',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
]
const given = {
  OTP_TWILIO_ACCOUNT: `AC${hex()}`,
  OTP_TWILIO_API_KEY: `SK${hex()}`,
  OTP_TWILIO_AUTH: hex(),
}
const indexKey = randomBytes(32).toString('base64')
const tokenKey = randomBytes(32).toString('base64')
const keptKeys = { OTP_INDEX_KEY: indexKey, OTP_TOKEN_KEY: tokenKey }
recordSecret('key', given.OTP_TWILIO_AUTH, indexKey, tokenKey)
const tokenKeyWarning =
  'the tokens in flight end, and for up to five minutes right tokens can be refused'
const indexKeyWarning =
  'limits on sends start anew, and no single number is always allowed any more'

let ssm: SsmStandIn
let twilio: TwilioStandIn
let answer: StandInAnswer | ((request: ReceivedRequest) => StandInAnswer | undefined) | undefined

beforeEach(async () => {
  answer = undefined
  ssm = await startSsmStandIn()
  twilio = await startTwilioStandIn({
    answer: request => (typeof answer === 'function' ? answer(request) : answer),
  })
})

afterEach(async () => {
  for (const { value } of ssm.parameters.values()) if (value !== '[]') recordSecret('key', value)
  await Promise.all([ssm.goDown(), twilio.close()])
})

describe('the first time', () => {
  test('the credentials of the environment are written beside two new keys', async () => {
    const { code, stdout, stderr } = await runProcess('--stage prod', { env: given })

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      `${path} (eu-west-1):\n\n` +
        '  made        OTP_INDEX_KEY\n' +
        '  made        OTP_TOKEN_KEY\n' +
        '  written     OTP_TWILIO_ACCOUNT\n' +
        '  written     OTP_TWILIO_API_KEY\n' +
        '  written     OTP_TWILIO_AUTH\n' +
        "  absent      OTP_TWILIO_SIGNATURE_TOKEN: deliveries are not followed; to have them be, set it in the environment to the account's auth token\n" +
        '  absent      OTP_TWILIO_TEST_NUMBERS: every number is sent to\n' +
        '  left alone  OTP_API_KEYS: npm run api-key makes and revokes them\n\n' +
        'Functions take them up within five minutes; npm run doctor -- --stage prod checks them.\n',
    )
    const { OTP_INDEX_KEY, OTP_TOKEN_KEY, ...others } = written()
    expect(others).toEqual(given)
    for (const key of [OTP_INDEX_KEY, OTP_TOKEN_KEY]) {
      expect(key).toMatch(/^.{43}=$/)
      expect(Buffer.from(key ?? '', 'base64')).toHaveLength(32)
    }
    expect(OTP_INDEX_KEY).not.toBe(OTP_TOKEN_KEY)
    expect([...ssm.parameters.values()].map(({ type }) => type)).toEqual(
      Array(5).fill('SecureString'),
    )
  })

  test('without an API key the auth token is the account’s own', async () => {
    const { OTP_TWILIO_API_KEY: _, ...env } = given

    const { code, stdout } = await run('--stage prod', { env })

    expect(code).toBe(0)
    expect(stdout).toContain(
      "  absent      OTP_TWILIO_API_KEY: the account's own auth token is used",
    )
    expect(Object.keys(written())).not.toContain('OTP_TWILIO_API_KEY')
    expect(twilio.requests).toMatchObject([
      {
        method: 'GET',
        path: `/2010-04-01/Accounts/${given.OTP_TWILIO_ACCOUNT}.json`,
        username: given.OTP_TWILIO_ACCOUNT,
      },
    ])
  })

  test('before anything is written Twilio is asked what any API key may read', async () => {
    await run('--stage prod', { env: given })

    expect(twilio.requests).toMatchObject([
      {
        method: 'GET',
        path: `/2010-04-01/Accounts/${given.OTP_TWILIO_ACCOUNT}/IncomingPhoneNumbers.json?PageSize=1`,
        username: given.OTP_TWILIO_API_KEY,
        password: given.OTP_TWILIO_AUTH,
      },
    ])
  })

  test.each([
    ['token', 'OTP_TOKEN_KEY', names.slice(0, 1)],
    ['index', 'OTP_INDEX_KEY', []],
  ])('a %s key that appears meanwhile is not replaced', async (_, name, before) => {
    ssm.behave = ({ operation }) => {
      if (operation === 'PutParameter') ssm.parameters.set(`${path}/${name}`, kept(tokenKey))
      return undefined
    }

    const { code, stderr } = await run('--stage prod', { env: given })

    expect(code).toBe(1)
    expect(stderr).toBe(
      `${path}/${name} (eu-west-1) has appeared meanwhile and is left as it is; before it was written: ${before.join() || 'nothing'}; still to be written: ${names.slice(before.length).join(', ')}. Run this again.\n`,
    )
    expect(written()[name]).toBe(tokenKey)
    expect(Object.keys(written()).sort()).toEqual([...before, name].sort())
  })

  test('the secrets may lie elsewhere under a key of one’s own', async () => {
    const args = '--stage prod --path /my/own --region us-west-2 --key-id alias/own'

    const { stdout } = await run(args, { env: given })

    expect([...ssm.parameters.keys()]).toEqual(names.map(name => `/my/own/${name}`))
    expect(stdout).toContain('/my/own (us-west-2):')
    expect(puts().map(({ KeyId }) => KeyId)).toEqual(Array(5).fill('alias/own'))
  })

  test('a line break that was pasted along is no part of a value', async () => {
    const env = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, `${value}\n`]),
    )

    await run('--stage prod', { env })

    expect(written()).toMatchObject(given)
  })
})

describe('what is there', () => {
  beforeEach(() => putAll())

  test('is kept without asking Twilio where nothing is given', async () => {
    const { code, stdout } = await run('--stage prod')

    expect(code).toBe(0)
    expect(stdout.match(/^ {2}kept/gm)).toHaveLength(5)
    expect([puts(), twilio.requests]).toEqual([[], []])
  })

  test('is kept where it is what was given', async () => {
    await run('--stage prod', { env: given })

    expect(puts()).toEqual([])
  })

  test('keeps its keys when the credentials change', async () => {
    const env = { ...given, OTP_TWILIO_API_KEY: `SK${hex()}`, OTP_TWILIO_AUTH: hex() }

    const { code, stdout } = await run('--stage prod', { env })

    expect(code).toBe(0)
    expect(written()).toEqual({ ...env, ...keptKeys })
    expect(stdout).toContain('  kept        OTP_INDEX_KEY\n  kept        OTP_TOKEN_KEY\n')
  })

  test('loses the API key when none is given on purpose', async () => {
    const env = { ...given, OTP_TWILIO_API_KEY: '' }

    const { code, stdout } = await run('--stage prod', { env })

    expect(code).toBe(0)
    expect(stdout).toContain(
      "  removed     OTP_TWILIO_API_KEY: the account's own auth token is used",
    )
    expect(Object.keys(written())).not.toContain('OTP_TWILIO_API_KEY')
  })

  test.each([
    ['token', 'OTP_TOKEN_KEY', tokenKeyWarning],
    ['index', 'OTP_INDEX_KEY', indexKeyWarning],
  ] as const)('gets a new %s key with --new-…-key --yes', async (key, name, warning) => {
    const { code, stdout } = await run(`--stage prod --new-${key}-key --yes`)

    expect(code).toBe(0)
    expect(written()).toEqual({ ...keptKeys, ...given, [name]: expect.stringMatching(/^.{43}=$/) })
    expect(written()[name]).not.toBe(keptKeys[name])
    expect(stdout).toContain(`  made        ${name}: ${warning}\n`)
    expect(puts()).toHaveLength(1)
  })

  test('is all written anew with a KMS key', async () => {
    await run('--stage prod --key-id alias/own', { env: given })

    expect(puts().map(({ Value }) => Value)).toEqual([indexKey, tokenKey, ...Object.values(given)])
  })

  test.each([
    [
      'an auth token that may belong to the kept API key',
      { OTP_TWILIO_AUTH: hex() },
      'An API key is kept, and OTP_TWILIO_AUTH might not be its secret: set OTP_TWILIO_API_KEY too, empty for none.',
    ],
    [
      'an account without an auth token',
      { OTP_TWILIO_ACCOUNT: `AC${hex()}` },
      'OTP_TWILIO_AUTH is missing: set it in the environment, or run this on a terminal.',
    ],
  ])('is not mixed with %s', async (_, env, sentence) => {
    await expectRefusal('--stage prod', { env }, sentence)
  })

  test.each([
    ['--new-token-key', tokenKeyWarning],
    ['--new-index-key', indexKeyWarning],
  ])('is not replaced by %s without a yes', async (flag, warning) => {
    await expectRefusal(`--stage prod ${flag}`, {}, `${flag} needs --yes here: ${warning}.`)
  })

  test.each([
    ['OTP_TOKEN_KEY', '--new-token-key'],
    ['OTP_INDEX_KEY', '--new-index-key'],
  ])('is not half of what it should be: %s that nobody can use', async (name, flag) => {
    ssm.parameters.set(`${path}/${name}`, kept('canary'))

    await expectRefusal(
      '--stage prod',
      {},
      `${name} must be 32 bytes in base64: ${flag} makes one.`,
    )
  })

  test('is not written over when it is no SecureString', async () => {
    ssm.parameters.set(`${path}/OTP_TWILIO_AUTH`, { ...kept('canary'), type: 'String' })

    await expectRefusal(
      '--stage prod',
      { env: given },
      `${path}/OTP_TWILIO_AUTH (eu-west-1) is a String, not a SecureString: delete it, then run this again.`,
    )
  })
})

describe('a stage of 0.2.0, which has no index key,', () => {
  const note = 'so that every number that 0.2.0 allowed is still found'

  beforeEach(() => {
    putAll()
    ssm.parameters.delete(`${path}/OTP_INDEX_KEY`)
  })

  test('gets its token key as the index key', async () => {
    const { code, stdout } = await run('--stage prod')

    expect(code).toBe(0)
    expect(written()).toEqual({ ...given, OTP_INDEX_KEY: tokenKey, OTP_TOKEN_KEY: tokenKey })
    expect(stdout).toContain(
      `  written     OTP_INDEX_KEY: it is the token key, ${note}\n  kept        OTP_TOKEN_KEY\n`,
    )
  })

  test('gets the old token key where that is replaced', async () => {
    const { code, stdout } = await run('--stage prod --new-token-key --yes')

    expect(code).toBe(0)
    expect(written().OTP_INDEX_KEY).toBe(tokenKey)
    expect(written().OTP_TOKEN_KEY).not.toBe(tokenKey)
    expect(stdout).toContain(`  written     OTP_INDEX_KEY: it is the old token key, ${note}\n`)
  })

  test('has the old token key before the new one replaces it', async () => {
    ssm.behave = ({ operation, input }) =>
      operation === 'PutParameter' && input.Name.endsWith('OTP_INDEX_KEY') ? 'fails' : undefined

    const { code } = await run('--stage prod --new-token-key --yes')

    expect([code, written()]).toEqual([1, { ...given, OTP_TOKEN_KEY: tokenKey }])
  })

  test('gets an index key of its own with --new-index-key --yes', async () => {
    const { code, stdout } = await run('--stage prod --new-index-key --yes')

    expect(code).toBe(0)
    expect(written().OTP_INDEX_KEY).toMatch(/^.{43}=$/)
    expect(written().OTP_INDEX_KEY).not.toBe(tokenKey)
    expect(stdout).toContain(`  made        OTP_INDEX_KEY: ${indexKeyWarning}\n`)
  })

  test('gets no index key of its own without a yes', async () => {
    await expectRefusal(
      '--stage prod --new-index-key',
      {},
      `--new-index-key needs --yes here: ${indexKeyWarning}.`,
    )
  })

  test('gets a new index key where its token key is none', async () => {
    ssm.parameters.set(`${path}/OTP_TOKEN_KEY`, kept('canary'))

    const { code } = await run('--stage prod --new-token-key --yes')

    expect(code).toBe(0)
    expect(written().OTP_INDEX_KEY).toMatch(/^.{43}=$/)
    expect(written().OTP_INDEX_KEY).not.toBe(written().OTP_TOKEN_KEY)
  })

  test('is told later that a leak of the old token key is one of the index key', async () => {
    await run('--stage prod')

    const { stdout } = await run('--stage prod --new-token-key --yes')

    expect(stdout).toContain(
      '  kept        OTP_INDEX_KEY: it is the old token key: had that leaked, --new-index-key replaces it too\n',
    )
    expect(written().OTP_INDEX_KEY).toBe(tokenKey)
  })
})

describe('what a stage lacks', () => {
  const options = { stage: 'prod', region: 'eu-west-1' }
  const credentials = { AWS_ACCESS_KEY_ID: 'canary', AWS_SECRET_ACCESS_KEY: 'canary' }
  const missing = async () => {
    const sender = { OTP_TWILIO_FROM: '+15005550006' }
    const env = { AWS_ENDPOINT_URL_SSM: ssm.url, ...credentials, ...sender }
    return missingSecrets(await openStage(options, { env, deadlines: usualDeadlines }))
  }

  test('is every required secret at first', async () => {
    expect(await missing()).toEqual([
      'OTP_API_KEYS',
      'OTP_INDEX_KEY',
      'OTP_TOKEN_KEY',
      'OTP_TWILIO_ACCOUNT',
      'OTP_TWILIO_AUTH',
    ])
  })

  test('is the index key on a stage of 0.2.0', async () => {
    putAll()
    ssm.put(`${path}/OTP_API_KEYS`, '[]')
    ssm.parameters.delete(`${path}/OTP_INDEX_KEY`)

    expect(await missing()).toEqual(['OTP_INDEX_KEY'])
  })

  test('is nothing without the optional secrets', async () => {
    putAll()
    ssm.put(`${path}/OTP_API_KEYS`, '[]')
    ssm.parameters.delete(`${path}/OTP_TWILIO_API_KEY`)

    expect(await missing()).toEqual([])
  })

  test('is seen without decrypting anything', async () => {
    await missing()

    expect(ssm.requests.map(({ input }) => input.WithDecryption)).toEqual([false])
  })

  test('is told in one sentence where SSM does not say', async () => {
    ssm.behave = () => 'denies'

    await expect(missing()).rejects.toThrow(
      `AWS denies these credentials ssm:GetParameters on ${path}/* (eu-west-1).`,
    )
  })
})

describe('the optional secrets', () => {
  const signatureToken = hex()
  const optional = {
    OTP_TWILIO_SIGNATURE_TOKEN: signatureToken,
    OTP_TWILIO_TEST_NUMBERS: `[{"number": "+15555550190", "userIds": ["a"], "token": "402517", "until": "${dayAfter(30)}"}]`,
  }
  recordSecret('key', signatureToken)
  const isOptional = (name: string) => Object.keys(optional).includes(name)

  test('are written alone where the environment has them', async () => {
    putAll()

    const { code, stdout } = await run('--stage prod', { env: optional })

    expect(code).toBe(0)
    expect(written()).toEqual({ ...keptKeys, ...given, ...optional })
    expect(puts().map(({ Name, Type }) => [Name.slice(path.length + 1), Type])).toEqual([
      ['OTP_TWILIO_SIGNATURE_TOKEN', 'SecureString'],
      ['OTP_TWILIO_TEST_NUMBERS', 'SecureString'],
    ])
    expect(stdout).toContain('written     OTP_TWILIO_SIGNATURE_TOKEN\n')
    expect(stdout).not.toMatch(new RegExp(`${signatureToken}|402517|5550190`))
  })

  test.each([
    ['absent', {}],
    ['absent beside credentials', given],
    ['empty', { OTP_TWILIO_SIGNATURE_TOKEN: '', OTP_TWILIO_TEST_NUMBERS: ' ' }],
  ])('are left alone where they are %s', async (_, env) => {
    putAll()
    for (const [name, value] of Object.entries(optional)) ssm.put(`${path}/${name}`, value)

    const { code, stdout } = await run('--stage prod', { env })

    expect([code, puts()]).toEqual([0, []])
    expect(stdout.match(/^ {2}kept/gm)).toHaveLength(7)
    expect(written()).toMatchObject(optional)
  })

  test('are encrypted anew with a KMS key, too', async () => {
    putAll()
    for (const [name, value] of Object.entries(optional)) ssm.put(`${path}/${name}`, value)
    ssm.requests.length = 0

    await run('--stage prod --key-id alias/own')

    expect(puts().filter(({ Name }) => isOptional(Name.slice(path.length + 1)))).toMatchObject([
      { Value: signatureToken, KeyId: 'alias/own' },
      { KeyId: 'alias/own' },
    ])
  })

  test('Twilio is asked whether it signs with the token, as the account itself', async () => {
    putAll()

    await run('--stage prod', { env: optional })

    expect(twilio.requests).toMatchObject([
      {
        method: 'GET',
        path: `/2010-04-01/Accounts/${given.OTP_TWILIO_ACCOUNT}.json`,
        username: given.OTP_TWILIO_ACCOUNT,
        password: signatureToken,
      },
    ])
  })

  test.each([
    ['another account', { OTP_TWILIO_ACCOUNT: `AC${hex()}` }],
    ['another token', { OTP_TWILIO_SIGNATURE_TOKEN: hex() }],
  ])('a token that Twilio does not know is not written, nor with %s', async (_, changed) => {
    putAll()
    ssm.put(`${path}/OTP_TWILIO_SIGNATURE_TOKEN`, signatureToken)
    answer = ({ password }) =>
      password === given.OTP_TWILIO_AUTH ? undefined : { status: 401, body: { code: 20003 } }

    await expectRefusal(
      '--stage prod',
      { env: { ...given, ...changed } },
      "Nothing is written: Twilio does not accept OTP_TWILIO_SIGNATURE_TOKEN as the account's auth token (answers 401, code 20003); --unchecked writes without asking it.",
    )
  })

  test.each([
    [
      'a token that is cut off',
      { OTP_TWILIO_SIGNATURE_TOKEN: 'a'.repeat(31) },
      'OTP_TWILIO_SIGNATURE_TOKEN must be 32 letters and digits.',
    ],
    [
      'test numbers that no function understands',
      { OTP_TWILIO_TEST_NUMBERS: '[{"number": "+15555550190", "token": "canary"}]' },
      'OTP_TWILIO_TEST_NUMBERS must be a JSON list of at most ten {"number", "userIds", "token" or "outcome", "until"}, each number in E.164 and once, at most twenty user ids, the token of 6 to 8 digits, the date as in 2026-12-31.',
    ],
    [
      'test numbers for more than 90 days',
      {
        OTP_TWILIO_TEST_NUMBERS:
          '[{"number": "+15555550190", "userIds": ["a"], "token": "402517", "until": "2999-12-31"}]',
      },
      'OTP_TWILIO_TEST_NUMBERS: give each a date at most 90 days ahead, or leave it out.',
    ],
  ])('%s is refused before anything is written', async (_, env, sentence) => {
    await expectRefusal('--stage prod', { env: { ...given, ...env } }, sentence)
    expect(twilio.requests).toEqual([])
  })

  test('the token is the account’s own where there is no API key', async () => {
    const env = { ...given, OTP_TWILIO_API_KEY: '' }

    await run('--stage prod', { env })

    expect(written().OTP_TWILIO_SIGNATURE_TOKEN).toBe(given.OTP_TWILIO_AUTH)
    expect(twilio.requests).toHaveLength(1)
  })

  test('the token follows the account’s own where that is replaced', async () => {
    const env = { ...given, OTP_TWILIO_API_KEY: '' }
    await run('--stage prod', { env })
    const OTP_TWILIO_AUTH = hex()
    recordSecret('key', OTP_TWILIO_AUTH)

    await run('--stage prod', { env: { ...env, OTP_TWILIO_AUTH } })

    expect(written().OTP_TWILIO_SIGNATURE_TOKEN).toBe(OTP_TWILIO_AUTH)
  })

  test('the token stays the account’s own where an API key comes to it', async () => {
    await run('--stage prod', { env: { ...given, OTP_TWILIO_API_KEY: '' } })

    await run('--stage prod', { env: { ...given, OTP_TWILIO_AUTH: hex() } })

    expect(written().OTP_TWILIO_SIGNATURE_TOKEN).toBe(given.OTP_TWILIO_AUTH)
  })
})

describe('the keys of proofs', () => {
  const env = { OTP_PROOF_ISSUER: 'https://otp.example' }
  const keptProofs = () => JSON.parse(written().OTP_PROOF_KEYS ?? '[]') as { from: number }[]
  const kids = () =>
    (JSON.parse(written().OTP_PROOF_PUBLIC_KEYS ?? '{}').keys as { kid: string }[]).map(
      ({ kid }) => kid,
    )

  test('are made where an issuer is set, the public one first', async () => {
    putAll()

    const { code } = await run('--stage prod', { env })

    expect(code).toBe(0)
    expect(kids()).toHaveLength(1)
    expect(puts().map(({ Name }) => Name.slice(path.length + 1))).toEqual([
      'OTP_PROOF_PUBLIC_KEYS',
      'OTP_PROOF_KEYS',
    ])
    expect(written().OTP_PROOF_PUBLIC_KEYS).not.toContain('"d"')
  })

  test('are kept afterwards', async () => {
    putAll()
    await run('--stage prod', { env })
    const before = written()

    await run('--stage prod', { env })

    expect(written()).toEqual(before)
  })

  test.each([
    ['were lost', () => ssm.parameters.delete(`${path}/OTP_PROOF_PUBLIC_KEYS`)],
    ['are of others', () => ssm.put(`${path}/OTP_PROOF_PUBLIC_KEYS`, '{"keys": []}')],
  ])('are published again where the public ones %s', async (_, lose) => {
    putAll()
    await run('--stage prod', { env })
    const before = written()
    lose()

    const { code } = await run('--stage prod', { env })

    expect(code).toBe(0)
    expect(written()).toEqual(before)
  })

  test('that cannot be read are replaced only when that is asked for', async () => {
    putAll()
    await run('--stage prod', { env })
    ssm.put(`${path}/OTP_PROOF_KEYS`, JSON.stringify([{ from: 0, key: 'AAAA' }]))

    const { code, stderr } = await run('--stage prod', { env })
    const dropped = await run('--stage prod --drop-proof-key', { env })

    expect([code, stderr]).toEqual([
      1,
      'OTP_PROOF_KEYS must be one or two keys that npm run secrets has made: --drop-proof-key makes one.\n',
    ])
    expect(dropped.code).toBe(0)
  })

  test('are left alone where proofs are off again', async () => {
    putAll()
    await run('--stage prod', { env })
    ssm.put(`${path}/OTP_PROOF_KEYS`, 'of another version')
    const before = written()

    const { code } = await run('--stage prod')

    expect(code).toBe(0)
    expect(written()).toEqual(before)
  })

  test('are not made where there is no issuer', async () => {
    putAll()

    const { stdout } = await run('--stage prod')

    expect(stdout).not.toContain('PROOF')
  })

  test('two fit into a parameter, the new one of which signs after two hours', async () => {
    putAll()
    await run('--stage prod', { env })
    const [first] = kids()
    const now = Date.now()

    const { code } = await run('--stage prod --new-proof-key', { env })

    expect(code).toBe(0)
    expect(kids()).toHaveLength(2)
    expect(kids()[0]).toBe(first)
    expect(keptProofs()[1]?.from).toBeGreaterThanOrEqual(now + 7_500_000)
    expect(written().OTP_PROOF_KEYS?.length).toBeLessThanOrEqual(4096)
  })

  test('a third is refused until the second signs', async () => {
    putAll()
    await run('--stage prod', { env })
    await run('--stage prod --new-proof-key', { env })
    const before = written()

    const { code, stderr } = await run('--stage prod --new-proof-key', { env })

    expect(code).toBe(1)
    expect(stderr).toMatch(/^A new proof key is published already, and signs from .* UTC on\.\n$/)
    expect(written()).toEqual(before)
  })

  test('of a key that was stolen are dropped, and another one signs at once', async () => {
    putAll()
    await run('--stage prod', { env })
    const [stolen] = kids()

    await run('--stage prod --drop-proof-key', { env })

    expect(kids()).toHaveLength(1)
    expect(kids()).not.toContain(stolen)
    expect(keptProofs()[0]?.from).toBeLessThanOrEqual(Date.now())
  })

  test('cannot be replaced where proofs are off', async () => {
    putAll()

    await expectRefusal(
      '--stage prod --new-proof-key',
      {},
      'Proofs are off: set OTP_PROOF_ISSUER in the file of the stage first.',
    )
  })
})

describe('on a terminal', () => {
  const { OTP_TWILIO_ACCOUNT: account, OTP_TWILIO_API_KEY: apiKey, OTP_TWILIO_AUTH: auth } = given

  test('what is missing is asked for unseen', async () => {
    const typed = `${account}\n${apiKey}\n${auth}\n`

    const { code, stdout, stderr } = await runProcess('--stage prod', { typed })

    expect(code).toBe(0)
    expect(written()).toMatchObject(given)
    expect(stderr).toBe(
      'Twilio account SID, AC…: \n' +
        "SID of a Twilio API key, SK… (Enter for none, to use the account's auth token): \n" +
        'Secret of that API key (it is not shown): \n',
    )
    expect(stdout + stderr).not.toMatch(new RegExp(`${account}|${apiKey}|${auth}`))
  })

  test('what the environment gives is not asked for', async () => {
    const env = { OTP_TWILIO_ACCOUNT: account, OTP_TWILIO_API_KEY: '' }

    const { code, stderr } = await run('--stage prod', { env, typed: `${auth}\n` })

    expect([code, stderr]).toEqual([0, 'Auth token of the account (it is not shown): \n'])
    expect(written()).toMatchObject({ OTP_TWILIO_ACCOUNT: account, OTP_TWILIO_AUTH: auth })
  })

  test('Enter keeps all that is there', async () => {
    putAll()

    const { code, stdout } = await run('--stage prod', { typed: '\n' })

    expect(code).toBe(0)
    expect(stdout.match(/^ {2}kept/gm)).toHaveLength(5)
  })

  test.each([
    ['token', 'OTP_TOKEN_KEY', tokenKeyWarning],
    ['index', 'OTP_INDEX_KEY', indexKeyWarning],
  ] as const)('a new %s key is made after a yes', async (key, name, warning) => {
    putAll()

    const { code, stderr } = await run(`--stage prod --new-${key}-key`, { typed: 'yes\n\n' })

    expect(code).toBe(0)
    expect(stderr).toContain(`A new ${key} key is made: ${warning}. Type yes to go on: \n`)
    expect(written()[name]).not.toBe(keptKeys[name])
  })

  test('each of two new keys needs a yes', async () => {
    putAll()
    const args = '--stage prod --new-token-key --new-index-key'

    const { code } = await run(args, { typed: 'yes\nno\n' })

    expect([code, puts()]).toEqual([1, []])
  })

  test.each([
    ['no', 'no\n', 'Nothing is written.'],
    ['Ctrl-C', '\u0003', 'Broken off: nothing is written.'],
    ['Ctrl-D', '\u0004', 'Broken off: nothing is written.'],
  ])('a new token key is not made after %s', async (_, typed, sentence) => {
    putAll()

    const { code, stdout, stderr } = await run('--stage prod --new-token-key', { typed })

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.split('\n').at(-2)).toBe(sentence)
    expect(puts()).toEqual([])
  })

  test('--yes asks nothing', async () => {
    await expectRefusal(
      '--stage prod --yes',
      { typed: `${account}\n` },
      'OTP_TWILIO_ACCOUNT and OTP_TWILIO_AUTH are missing: set them in the environment, or run this on a terminal.',
    )
  })
})

describe('it is refused in one sentence, and nothing is written:', () => {
  test.each([
    ['', 'Say --stage <stage>, such as --stage prod.'],
    ['--stage', "Option '--stage <value>' argument missing; --help shows what there is."],
    ['--stage a/b', '"a/b" is not a stage such as prod: letters, digits and hyphens.'],
    ['--stage prod --account AC', "Unknown option '--account'; --help shows what there is."],
    ['--stage prod --auth x', "Unknown option '--auth'; --help shows what there is."],
    ['prod', "Unexpected argument 'prod'; --help shows what there is."],
    ['--stage prod --region mars', '"mars" is not an AWS region such as eu-central-1.'],
    ['--stage prod --path x', '"x" is not a path such as /serverless-otp-twilio/prod.'],
  ])('%s', async (args, sentence) => {
    await expectRefusal(args, { env: given }, sentence)
    expect(ssm.requests).toEqual([])
  })

  const account = 'OTP_TWILIO_ACCOUNT must be AC and 32 hexadecimal digits.'
  const apiKey = 'OTP_TWILIO_API_KEY must be SK and 32 hexadecimal digits.'
  const auth = 'OTP_TWILIO_AUTH must be 32 letters and digits.'
  test.each([
    ['an account SID that is cut off', { OTP_TWILIO_ACCOUNT: `AC${'a'.repeat(31)}` }, account],
    ['an API key for the account', { OTP_TWILIO_ACCOUNT: given.OTP_TWILIO_API_KEY }, account],
    ['an account for the API key', { OTP_TWILIO_API_KEY: given.OTP_TWILIO_ACCOUNT }, apiKey],
    ['an auth token that is cut off', { OTP_TWILIO_AUTH: 'a'.repeat(31) }, auth],
    ['an auth token with a blank', { OTP_TWILIO_AUTH: `${'a'.repeat(31)} b` }, auth],
    [
      'a Twilio that would read the credentials in clear',
      { OTP_TWILIO_URL: 'http://twilio.example' },
      'OTP_TWILIO_URL must be an https URL without credentials and query.',
    ],
    [
      'no region',
      { AWS_REGION: '' },
      'No AWS region is known: pass --region, or set OTP_REGION in .env.prod, or AWS_REGION.',
    ],
  ])('%s', async (_, env, sentence) => {
    await expectRefusal('--stage prod', { env: { ...given, ...env } }, sentence)
  })

  test('no AWS credentials', async () => {
    const env = { ...given, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

    const refused = await runProcess('--stage prod', { env })

    const sentence = 'No AWS credentials are found: set AWS_PROFILE, or sign in with aws sso login.'
    expect(refused).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
    expect(ssm.requests).toEqual([])
  })

  test.each([
    [
      'credentials that Twilio does not accept',
      { status: 401, body: { code: 20003, message: 'Authenticate' } },
      'does not accept the credentials (answers 401, code 20003); a Restricted API key must be allowed to list phone numbers',
    ],
    ['a Twilio that is out of order', { status: 503, body: 'canary' }, 'answers 503'],
    [
      'a Twilio that answers nonsense',
      { status: 200, body: 'canary' },
      'answers nothing that can be read',
    ],
    ['a Twilio that breaks off', { fault: 'reset' }, 'does not answer (ECONNRESET)'],
  ] as const)('%s', async (_, instead, words) => {
    answer = instead

    await expectRefusal(
      '--stage prod',
      { env: given },
      `Nothing is written: Twilio ${words}; --unchecked writes without asking it.`,
    )
  })

  test('a suspended account', async () => {
    answer = { status: 200, body: { status: 'suspended' } }

    await expectRefusal(
      '--stage prod',
      { env: { ...given, OTP_TWILIO_API_KEY: '' } },
      'Nothing is written: Twilio says that the account is suspended; --unchecked writes without asking it.',
    )
  })

  test.each([
    ['denies', `AWS denies these credentials ssm:GetParameters on ${path}/* (eu-west-1).`],
    ['expires', 'The AWS credentials have expired (ExpiredTokenException): sign in again.'],
    ['fails', `${path}/* (eu-west-1) could not be read (InternalServerError).`],
    ['garbles', `${path}/* (eu-west-1) could not be read (SyntaxError).`],
  ] as const)('a read that SSM %s', async (fault, sentence) => {
    putAll()
    ssm.behave = () => fault

    await expectRefusal('--stage prod', { env: given }, sentence)
  })
})

test('--unchecked writes without asking Twilio', async () => {
  answer = { status: 401, body: {} }

  const { code } = await run('--stage prod --unchecked', { env: given })

  expect([code, twilio.requests]).toEqual([0, []])
  expect(written()).toMatchObject(given)
})

test.each([
  [
    'denies',
    `AWS denies these credentials ssm:PutParameter on ${path}/OTP_TWILIO_API_KEY (eu-west-1)`,
  ],
  ['expires', 'The AWS credentials have expired (ExpiredTokenException): sign in again'],
  [
    'throttles',
    `${path}/OTP_TWILIO_API_KEY (eu-west-1) could not be written (ThrottlingException)`,
  ],
  ['loses', `Whether ${path}/OTP_TWILIO_API_KEY (eu-west-1) was written is not known (ECONNRESET)`],
] as const)(
  'a write that SSM %s half-way says what is written and what is not',
  async (fault, start) => {
    ssm.behave = ({ operation, input }) =>
      operation === 'PutParameter' && input.Name.endsWith('_API_KEY') ? fault : undefined

    const { code, stdout, stderr } = await run('--stage prod', { env: given })

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `${start}; before it was written: OTP_INDEX_KEY, OTP_TOKEN_KEY, OTP_TWILIO_ACCOUNT; still to be written: OTP_TWILIO_API_KEY, OTP_TWILIO_AUTH. Run this again.\n`,
    )
    // What is lost is the answer: the write itself was done.
    const unknown = fault === 'loses' ? ['OTP_TWILIO_API_KEY'] : []
    expect(Object.keys(written())).toEqual([...names.slice(0, 3), ...unknown])
  },
)

test('after a half-way failure the same command writes the rest', async () => {
  ssm.behave = ({ input }) => (input.Name?.endsWith('_AUTH') ? 'denies' : undefined)
  await run('--stage prod', { env: given })
  const { OTP_INDEX_KEY, OTP_TOKEN_KEY } = written()
  ssm.behave = () => undefined

  const { code } = await run('--stage prod', { env: given })

  expect([code, written()]).toEqual([0, { ...given, OTP_INDEX_KEY, OTP_TOKEN_KEY }])
})

test('--help names every option', async () => {
  const { code, stdout } = await run('--help')

  expect(code).toBe(0)
  for (const flag of [
    '--stage',
    '--new-token-key',
    '--new-index-key',
    '--yes',
    '--unchecked',
    '--region',
    '--path',
    '--key-id',
  ]) {
    expect(stdout).toContain(flag)
  }
})

test('no value is ever shown', async () => {
  const printed = [
    await run('--stage prod', { env: given }),
    await run('--stage prod --new-token-key --new-index-key --yes', { env: given }),
    await run('--stage prod', { env: { ...given, OTP_TWILIO_AUTH: 'canary' } }),
    await run('--stage prod', { env: { ...given, OTP_TWILIO_ACCOUNT: 'canary' } }),
  ]
    .map(({ stdout, stderr }) => stdout + stderr)
    .join('')

  const values = [...Object.values(given), ...Object.values(written()), 'canary']
  expect(values.filter(value => printed.includes(value))).toEqual([])
})

function hex(): string {
  return randomBytes(16).toString('hex')
}

function kept(value: string) {
  return { value, type: 'SecureString', version: 1 } as const
}

function putAll(): void {
  for (const [name, value] of Object.entries({ ...keptKeys, ...given })) {
    ssm.put(`${path}/${name}`, value)
  }
}

/** The parameters by their names alone. */
function written(): Record<string, string> {
  return Object.fromEntries(
    [...ssm.parameters].map(([name, { value }]) => [name.slice(path.length + 1), value]),
  )
}

function puts() {
  return ssm.requests
    .filter(({ operation }) => operation === 'PutParameter')
    .map(({ input }) => input)
}

/** Runs the command here. */
function run(args: string, options: RunOptions = {}) {
  return runCommand(secrets, args, beforeStands(options))
}

/** Runs the command as npm does. */
function runProcess(args: string, options: RunOptions = {}) {
  return spawnCommand('secrets.ts', args, beforeStands(options))
}

function beforeStands({ env, ...options }: RunOptions): RunOptions {
  return { ...options, env: { AWS_ENDPOINT_URL: ssm.url, OTP_TWILIO_URL: twilio.url, ...env } }
}

async function expectRefusal(args: string, given: RunOptions, sentence: string) {
  const before = new Map(ssm.parameters)

  const refused = await run(args, given)

  expect(refused).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
  expect(ssm.parameters).toEqual(before)
  expect(puts()).toEqual([])
}
