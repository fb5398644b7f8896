import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { apiKey } from '../../../infra/commands/api-key.ts'
import { hashApiKey, scopes } from '../../../lib/api/api-key.ts'
import { runCommand, spawnCommand } from '../../support/command.ts'
import { invoke } from '../../support/lambda.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const parameter = '/serverless-otp-twilio/prod/OTP_API_KEYS'
const place = `${parameter} (eu-west-1)`
const tokenKey = randomBytes(32).toString('base64')

const mobile = kept('mobile', ['devices:read', 'verify'])
const backend = kept('backend', ['admin'])
const both = JSON.stringify([mobile, backend])

let ssm: SsmStandIn

beforeEach(async () => {
  ssm = await startSsmStandIn()
})

afterEach(async () => {
  await ssm.goDown()
})

describe('in the environment', () => {
  test('the line to set lets in the one key that is printed', async () => {
    const { code, stdout, stderr } = await runProcess(
      '--name backend --scopes challenge,verify --stage local',
    )

    const line = await lineOf(stdout)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.match(/otp[0-9a-f]{64}/g)).toHaveLength(1)
    expect(await accepts(keyIn(stdout), { OTP_API_KEYS: line })).toBe(true)
    expect(JSON.parse(line)).toEqual([
      { name: 'backend', hash: hashApiKey(keyIn(stdout)), scopes: ['challenge', 'verify'] },
    ])
  })

  test('the entry of a new key stands on a line of its own, to be put into a longer list', async () => {
    const { stdout } = await run('--name backend --scopes verify --stage local')

    const entry = stdout.trim().split('\n').at(-1)
    expect(await accepts(keyIn(stdout), { OTP_API_KEYS: `[${entry}]` })).toBe(true)
  })

  test('a new key comes after those that OTP_API_KEYS has', async () => {
    const env = { OTP_API_KEYS: JSON.stringify([mobile]) }

    const { stdout } = await run('--name backend --scopes verify --stage local', env)

    const line = JSON.parse(await lineOf(stdout))
    expect(line).toEqual([mobile, expect.objectContaining({ name: 'backend' })])
  })

  test('a quote in a name that was given by hand does not break the line', async () => {
    const quoted = kept("the boss's $HOME `phone`", [])
    const env = { OTP_API_KEYS: JSON.stringify([quoted]) }

    const { stdout } = await run('--name backend --scopes verify --stage local', env)

    expect(JSON.parse(await lineOf(stdout))[0]).toEqual(quoted)
  })

  test('a revoked key is missing from the line', async () => {
    const { code, stdout } = await run('--revoke mobile --stage local', { OTP_API_KEYS: both })

    expect(code).toBe(0)
    expect(JSON.parse(await lineOf(stdout))).toEqual([backend])
    expect(stdout).toBe(
      "The key of mobile is refused when the service's environment has this line:\n\n" +
        `OTP_API_KEYS='${JSON.stringify([backend])}'\n`,
    )
  })

  test('a key may have a last day, which the list shows', async () => {
    const { stdout } = await run('--name a --scopes verify --until 2999-12-31 --stage local')

    const line = await lineOf(stdout)
    const listed = await run('--list --stage local', { OTP_API_KEYS: line })
    expect(JSON.parse(line)[0]).toMatchObject({ name: 'a', until: '2999-12-31' })
    expect(listed.stdout).toBe('a  verify  until 2999-12-31\n')
  })

  test('the list shows names and scopes', async () => {
    const { code, stdout } = await run('--list --stage local', { OTP_API_KEYS: both })

    expect(code).toBe(0)
    expect(stdout).toBe('mobile   devices:read,verify\nbackend  admin\n')
  })

  test.each(['', '[]'])('an empty list says what that means: "%s"', async empty => {
    const { code, stdout } = await run('--list --stage local', { OTP_API_KEYS: empty })

    expect(code).toBe(0)
    expect(stdout).toBe('OTP_API_KEYS in the environment has no keys: nobody gets in.\n')
  })

  test('SSM is not asked', async () => {
    await run('--list --stage local', { OTP_API_KEYS: both })

    expect(ssm.requests).toEqual([])
  })
})

describe('in SSM', () => {
  test('the first key of a stage is let in by the parameter that it makes', async () => {
    const args = '--name backend --scopes verify --stage prod'

    const { code, stdout, stderr } = await runProcess(args)

    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      `The API key of backend, shown only this once:\n\n  ${keyIn(stdout)}\n\n` +
        `The key works within five minutes: ${place} is written.\n`,
    )
    expect(ssm.parameters.get(parameter)).toMatchObject({ type: 'SecureString', version: 1 })
    expect(await accepts(keyIn(stdout), inSsm())).toBe(true)
  })

  test('a new key is appended to those that are there, which still get in', async () => {
    const first = await run('--name mobile --scopes verify --stage prod')

    const second = await run('--name backend --scopes verify --stage prod')

    expect(await accepts(keyIn(first.stdout), inSsm())).toBe(true)
    expect(await accepts(keyIn(second.stdout), inSsm())).toBe(true)
    expect(ssm.parameters.get(parameter)?.version).toBe(2)
  })

  test('a new key may do no more than it was given', async () => {
    const { stdout } = await run('--name reader --scopes devices:read --stage prod')

    const { status, body } = await verify(keyIn(stdout), inSsm())

    expect([status, body.code]).toEqual([403, 'missing_scope'])
  })

  test('a write adds one key to the list that was read right before it', async () => {
    ssm.put(parameter, both)

    const { stdout } = await run('--name new --scopes verify --stage prod')

    const added = { name: 'new', hash: hashApiKey(keyIn(stdout)), scopes: ['verify'] }
    expect(ssm.requests).toEqual([
      { operation: 'GetParameter', input: { Name: parameter, WithDecryption: true } },
      {
        operation: 'PutParameter',
        input: {
          Name: parameter,
          Value: JSON.stringify([mobile, backend, added]),
          Type: 'SecureString',
          Overwrite: true,
          Tier: 'Intelligent-Tiering',
        },
      },
    ])
  })

  test('a revoked key alone is refused', async () => {
    const first = await run('--name mobile --scopes verify --stage prod')
    const second = await run('--name backend --scopes verify --stage prod')

    const { code, stdout } = await run('--revoke mobile --stage prod')

    expect(code).toBe(0)
    expect(stdout).toBe(`The key of mobile is refused within five minutes: ${place} is written.\n`)
    expect(await accepts(keyIn(first.stdout), inSsm())).toBe(false)
    expect(await accepts(keyIn(second.stdout), inSsm())).toBe(true)
  })

  test('nobody gets in once the last key is revoked', async () => {
    const { stdout } = await run('--name mobile --scopes verify --stage prod')

    const { code } = await run('--revoke mobile --stage prod')

    expect(code).toBe(0)
    expect(ssm.parameters.get(parameter)?.value).toBe('[]')
    expect(await accepts(keyIn(stdout), inSsm())).toBe(false)
  })

  test('the name of a revoked key is free again', async () => {
    ssm.put(parameter, both)
    await run('--revoke mobile --stage prod')

    const { code } = await run('--name mobile --scopes verify --stage prod')

    expect(code).toBe(0)
  })

  test('names and scopes are listed without a write', async () => {
    ssm.put(parameter, both)

    const { code, stdout } = await run('--list --stage prod')

    expect(code).toBe(0)
    expect(stdout).toBe('mobile   devices:read,verify\nbackend  admin\n')
    expect(ssm.requests.map(({ operation }) => operation)).toEqual(['GetParameter'])
  })

  test('OTP_API_KEYS in the environment plays no part', async () => {
    ssm.put(parameter, JSON.stringify([mobile]))

    const { stdout } = await run('--list --stage prod', { OTP_API_KEYS: both })

    expect(stdout).toBe('mobile  devices:read,verify\n')
  })

  test('a KMS key of one’s own encrypts the list when it is given', async () => {
    await run('--name mobile --scopes verify --stage prod --key-id alias/own')
    const { code } = await run('--revoke mobile --stage prod')

    const [first, second] = ssm.requests
      .filter(({ operation }) => operation === 'PutParameter')
      .map(({ input }) => input.KeyId)
    expect([code, first, second]).toEqual([0, 'alias/own', undefined])
  })

  test('--path and --region name another place', async () => {
    const { stdout } = await run(
      '--name mobile --scopes verify --stage prod --path /my/own --region us-west-2',
    )

    expect([...ssm.parameters.keys()]).toEqual(['/my/own/OTP_API_KEYS'])
    expect(stdout).toContain('/my/own/OTP_API_KEYS (us-west-2)')
  })

  test('sixty keys have room', async () => {
    const many = Array.from({ length: 59 }, (_, n) =>
      kept(`key-${n}`, ['devices:read', 'devices:write', 'challenge', 'verify']),
    )
    ssm.put(parameter, JSON.stringify(many))

    const { code, stdout } = await run('--name backend --scopes verify --stage prod')

    expect(code).toBe(0)
    expect(await accepts(keyIn(stdout), inSsm())).toBe(true)
  })

  test('a tenant’s key has its prefix, which the list shows', async () => {
    await run('--name acme --scopes verify --prefix acme: --stage prod')

    const { stdout } = await run('--list --stage prod')

    expect(JSON.parse(ssm.parameters.get(parameter)?.value ?? '')).toMatchObject([
      { name: 'acme', prefix: 'acme:' },
    ])
    expect(stdout).toBe('acme  verify  of acme:\n')
  })

  test.each(['acme:', 'acme:eu:', 'a:'])(
    'two keys share the users of %s only where that is asked for',
    async prefix => {
      ssm.put(
        parameter,
        JSON.stringify([{ ...mobile, prefix: prefix === 'a:' ? 'a:b:' : 'acme:' }]),
      )
      const args = `--name other --scopes verify --prefix ${prefix} --stage prod`

      const refused = await run(args)
      const asked = await run(`${args} --overlap`)

      expect([refused.code, asked.code]).toEqual([1, 0])
      expect(refused.stderr).toContain('--overlap allows it.')
    },
  )

  test('a key lists for whom it may ask for proofs', async () => {
    await run(
      '--name a --scopes verify --audience transfer --audience login --test-audience try-out --stage prod',
    )

    expect(JSON.parse(ssm.parameters.get(parameter)?.value ?? '')).toMatchObject([
      { audiences: ['transfer', 'login'], testAudiences: ['try-out'] },
    ])
  })

  test('a prefix beside others of other tenants needs no asking', async () => {
    ssm.put(parameter, JSON.stringify([{ ...mobile, prefix: 'acme2:' }, backend]))

    const { code } = await run('--name acme --scopes verify --prefix acme: --stage prod')

    expect(code).toBe(0)
  })

  test('a scope may be given with blanks and twice', async () => {
    const args = ['--name', 'a', '--scopes', 'verify, challenge,verify,', '--stage', 'prod']

    const { code } = await run(args)

    const [{ scopes }] = JSON.parse(ssm.parameters.get(parameter)?.value ?? '')
    expect([code, scopes]).toEqual([0, ['verify', 'challenge']])
  })

  test('a name may have dots, dashes and underscores', async () => {
    const { code } = await run('--name my_app-2.eu --scopes verify --stage prod')

    const [{ name }] = JSON.parse(ssm.parameters.get(parameter)?.value ?? '')
    expect([code, name]).toEqual([0, 'my_app-2.eu'])
  })

  test('a write whose answer is lost is made again without a second key', async () => {
    const isFirstWrite = (operation: string) =>
      operation === 'PutParameter' && ssm.requests.length === 2
    ssm.behave = ({ operation }) => (isFirstWrite(operation) ? 'loses' : undefined)

    const { code, stdout } = await run('--name backend --scopes verify --stage prod')

    expect(code).toBe(0)
    expect(await accepts(keyIn(stdout), inSsm())).toBe(true)
    expect(JSON.parse(ssm.parameters.get(parameter)?.value ?? '')).toHaveLength(1)
  })
})

describe('--help', () => {
  test('names every option and scope', async () => {
    const { code, stdout } = await run('--help')

    expect(code).toBe(0)
    for (const word of ['--name', '--scopes', '--revoke', '--list', '--stage', ...scopes]) {
      expect(stdout).toContain(word)
    }
  })
})

describe('it is refused in one sentence, and nothing is changed:', () => {
  const usage = 'Say one of --name <name> --scopes <scope,...>, --revoke <name> or --list.'
  const naming = '--name takes 1 to 64 letters, digits, dots, dashes and underscores.'
  const known = 'devices:read, devices:write, challenge, verify, admin'

  test.each([
    ['', usage],
    ['--scopes verify', usage],
    ['--list', 'Say --stage <stage>, such as --stage prod.'],
    ['--revoke mobile', 'Say --stage <stage>, such as --stage prod.'],
    ['--name a --scopes verify', 'Say --stage <stage>, such as --stage prod.'],
    ['--name a --scopes verify --list', usage],
    ['--name a --scopes verify --revoke b', usage],
    ['--revoke a --list', usage],
    ['--list --scopes verify', '--scopes needs --name.'],
    ['--revoke a --scopes verify', '--scopes needs --name.'],
    ['--list --until 2999-12-31', '--until needs --name.'],
    ...['2020-01-01', '2999-02-31', 'soon'].map(date => [
      `--name a --scopes verify --until ${date}`,
      `--until takes a date of today or later, such as 2027-01-31, not "${date}".`,
    ]),
    ['--name a', `--name needs --scopes, of ${known}.`],
    ['--name a --scopes ,', `--name needs --scopes, of ${known}.`],
    ['--name a --scopes verify,root', `"root" is not a scope: there are ${known}.`],
    ['--name a --scopes Verify', `"Verify" is not a scope: there are ${known}.`],
    ['--name a --scopes toString', `"toString" is not a scope: there are ${known}.`],
    ['--name a --scopes __proto__', `"__proto__" is not a scope: there are ${known}.`],
    ['--name= --scopes verify', naming],
    ['--name __proto__ --scopes verify', naming],
    ['--name {{ssm:x}} --scopes verify', naming],
    [`--name ${'a'.repeat(65)} --scopes verify`, naming],
    ['--name', "Option '--name <value>' argument missing; --help shows what there is."],
    ['--name --list', "Option '--name' argument is ambiguous; --help shows what there is."],
    ['--nmae a', "Unknown option '--nmae'; --help shows what there is."],
    ['--list mobile', "Unexpected argument 'mobile'; --help shows what there is."],
    [
      '--list --stage local --region eu-west-1',
      '--region, --path and --key-id are of no use with --stage local.',
    ],
    [
      '--list --stage local --path /a',
      '--region, --path and --key-id are of no use with --stage local.',
    ],
    [
      '--list --stage local --key-id alias/a',
      '--region, --path and --key-id are of no use with --stage local.',
    ],
  ])('%s', async (args, sentence) => {
    const refused = await run(args, { OTP_API_KEYS: both })

    expect(refused).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
    expect(ssm.requests).toEqual([])
  })

  test.each([
    ['a name that is taken', '--name mobile --scopes verify', 'has a key named mobile already.'],
    ['an unknown name', '--revoke nobody', 'has no key named "nobody".'],
    [
      'an unknown name that every object has',
      '--revoke __proto__',
      'has no key named "__proto__".',
    ],
    ['a name in another case', '--revoke Mobile', 'has no key named "Mobile".'],
  ])('%s', async (_, args, end) => {
    ssm.put(parameter, both)

    const here = await run(`${args} --stage local`, { OTP_API_KEYS: both })
    const there = await run(`${args} --stage prod`)

    expect(here).toEqual({
      code: 1,
      stdout: '',
      stderr: `OTP_API_KEYS in the environment ${end}\n`,
    })
    expect(there).toEqual({ code: 1, stdout: '', stderr: `${place} ${end}\n` })
    expect(ssm.parameters.get(parameter)).toMatchObject({ value: both, version: 1 })
  })

  test.each([
    ['no JSON', 'canary'],
    ['a scope that does not exist', JSON.stringify([{ ...mobile, scopes: ['root'] }])],
  ])('a kept list that is malformed: %s', async (_, malformed) => {
    ssm.put(parameter, malformed)
    const actions = ['--name a --scopes verify', '--revoke mobile', '--list']
    const env = { OTP_API_KEYS: malformed }

    const here = await Promise.all(actions.map(args => run(`${args} --stage local`, env)))
    const there = await Promise.all(actions.map(args => run(`${args} --stage prod`)))

    const sentence = 'is not a JSON array of {name, hash, scopes}: mend it first.'
    const stderr = `OTP_API_KEYS in the environment ${sentence}\n`
    expect(here).toEqual(Array(3).fill({ code: 1, stdout: '', stderr }))
    expect(there).toEqual(Array(3).fill({ code: 1, stdout: '', stderr: `${place} ${sentence}\n` }))
    expect(ssm.parameters.get(parameter)).toMatchObject({ value: malformed, version: 1 })
  })

  test('a key with which the list would pass 8 KB', async () => {
    const filler = kept('a'.repeat(8192 - JSON.stringify([kept('', [])]).length), [])
    ssm.put(parameter, JSON.stringify([filler]))

    const refused = await run('--name backend --scopes verify --stage prod')

    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `${place} would pass the 8 KB that SSM allows: revoke a key first.\n`,
    })
    expect(ssm.parameters.get(parameter)?.version).toBe(1)
  })

  test('no region', async () => {
    const refused = await run('--list --stage prod', { AWS_REGION: '' })

    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'No AWS region is known: pass --region, or set OTP_REGION in .env.prod, or AWS_REGION.\n',
    })
  })

  test('no credentials', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

    const refused = await runProcess('--name a --scopes verify --stage prod', env)

    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: 'No AWS credentials are found: set AWS_PROFILE, or sign in with aws sso login.\n',
    })
  })

  test.each(['prod/../x', '', 'a b', 'é'])('a stage that is none: "%s"', async stage => {
    const refused = await run(['--list', '--stage', stage])

    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `"${stage}" is not a stage such as prod: letters, digits and hyphens.\n`,
    })
    expect(ssm.requests).toEqual([])
  })

  test.each(['', 'my/own', '/my/own/', '/'])('a path that is none: "%s"', async path => {
    const refused = await run(['--list', '--stage', 'prod', '--path', path])

    expect(refused.code).toBe(1)
    expect(refused.stderr).toBe(`"${path}" is not a path such as /serverless-otp-twilio/prod.\n`)
    expect(ssm.requests).toEqual([])
  })

  test.each(['', 'europe', 'eu-west', 'EU-WEST-1', 'http://a'])(
    'a region that is none: "%s"',
    async region => {
      const refused = await run(['--list', '--stage', 'prod', '--region', region])

      expect(refused).toEqual({
        code: 1,
        stdout: '',
        stderr: `"${region}" is not an AWS region such as eu-central-1.\n`,
      })
      expect(ssm.requests).toEqual([])
    },
  )

  test.each([
    ['denies', `AWS denies these credentials ssm:GetParameter on ${place}.`],
    ['expires', 'The AWS credentials have expired (ExpiredTokenException): sign in again.'],
    [
      'does not know the caller',
      `AWS does not accept these credentials for ${place} (UnrecognizedClientException): sign in again, or name the right --region.`,
    ],
    ['throttles', `${place} could not be read (ThrottlingException).`],
    ['fails', `${place} could not be read (InternalServerError).`],
    ['garbles', `${place} could not be read (SyntaxError).`],
    ['loses', `${place} could not be read (ECONNRESET).`],
  ] as const)('a read that SSM %s', async (fault, sentence) => {
    ssm.put(parameter, both)
    ssm.behave = () => fault

    const refused = await run('--name a --scopes verify --stage prod')

    expect(refused).toEqual({ code: 1, stdout: '', stderr: `${sentence}\n` })
    expect(ssm.parameters.get(parameter)?.version).toBe(1)
  })

  test('an SSM that is not there', async () => {
    await ssm.goDown()

    const refused = await run('--list --stage prod')

    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `${place} could not be read (ECONNREFUSED).\n`,
    })
    await ssm.comeUp()
  })

  test.each([
    ['denies', `AWS denies these credentials ssm:PutParameter on ${place}.`],
    ['throttles', `${place} could not be written (ThrottlingException).`],
    ['fails', `Whether ${place} was written is not known (InternalServerError): look with --list.`],
  ] as const)('a write that SSM %s', async (fault, sentence) => {
    ssm.put(parameter, both)
    ssm.behave = ({ operation }) => (operation === 'PutParameter' ? fault : undefined)

    const actions = ['--name a --scopes verify', '--revoke mobile']
    const refused = await Promise.all(actions.map(args => run(`${args} --stage prod`)))

    expect(refused).toEqual(Array(2).fill({ code: 1, stdout: '', stderr: `${sentence}\n` }))
    expect(ssm.parameters.get(parameter)?.version).toBe(1)
  })

  test('a parameter that is not a SecureString', async () => {
    ssm.put(parameter, both, 'String')

    const refused = await run('--revoke mobile --stage prod')

    expect(refused.code).toBe(1)
    expect(refused.stderr).toBe(`${place} could not be written (HierarchyTypeMismatchException).\n`)
    expect(ssm.parameters.get(parameter)).toMatchObject({ value: both, version: 1 })
  })
})

test('a write whose every answer is lost says that its end is not known', async () => {
  ssm.behave = ({ operation }) => (operation === 'PutParameter' ? 'loses' : undefined)

  const { code, stdout, stderr } = await run('--name backend --scopes verify --stage prod')

  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toBe(`Whether ${place} was written is not known (ECONNRESET): look with --list.\n`)
})

test('nothing that is printed of SSM or a list holds a hash or a credential', async () => {
  ssm.put(parameter, both)
  const env = { OTP_API_KEYS: both }

  const printed = [
    await run('--list --stage local', env),
    await run('--list --stage prod', env),
    await run('--name new --scopes verify --stage prod', env),
    await run('--name mobile --scopes verify --stage prod', env),
    await run('--revoke mobile --stage prod', env),
    await run('--revoke mobile --stage prod', env),
    await run('--name mobile --scopes verify --stage local', env),
    await run('--revoke nobody --stage local', env),
    await run('--list --stage prod', { ...env, AWS_REGION: '' }),
  ]
    .map(({ stdout, stderr }) => stdout + stderr)
    .join('')

  const hashes = [mobile.hash, backend.hash, hashApiKey(keyIn(printed))]
  expect(hashes.filter(hash => printed.includes(hash))).toEqual([])
  expect(printed).not.toContain('canary')
})

function kept(name: string, granted: string[]) {
  // Printed on purpose here, so it must be nothing that another test has put down as a secret.
  return { name, hash: hashApiKey(`a printed key of ${name}`), scopes: granted }
}

/** Runs the command here; a string has its arguments parted by blanks. */
function run(args: string | string[], env: Record<string, string> = {}) {
  return runCommand(apiKey, args, { env: { AWS_ENDPOINT_URL_SSM: ssm.url, ...env } })
}

/** Runs the command as npm does. */
function runProcess(args: string, env: Record<string, string> = {}) {
  return spawnCommand('api-key.ts', args, { env: { AWS_ENDPOINT_URL_SSM: ssm.url, ...env } })
}

/** The one key that was printed. */
function keyIn(stdout: string): string {
  return /otp[0-9a-f]{64}/.exec(stdout)?.[0] ?? ''
}

/** What a shell makes of the printed line OTP_API_KEYS=… */
function lineOf(stdout: string): Promise<string> {
  const line = stdout.split('\n').find(line => line.startsWith('OTP_API_KEYS='))
  return new Promise((resolve, reject) => {
    const print = `${line}; printf %s "$OTP_API_KEYS"`
    execFile('sh', ['-c', print], (error, value) => (error ? reject(error) : resolve(value)))
  })
}

/** The environment of a deployed function: its API keys are in SSM. */
function inSsm() {
  return { OTP_API_KEYS: '', OTP_SSM_PATH: '/serverless-otp-twilio/prod' }
}

/** Asks a fresh verify handler for a device that does not exist. */
async function verify(apiKey: string, env: Record<string, string>) {
  vi.resetModules()
  Object.assign(process.env, { OTP_TOKEN_KEY: tokenKey, AWS_ENDPOINT_URL_SSM: ssm.url, ...env })
  const { handler } = await import('../../../functions/verify.ts')
  return invoke(handler, {
    userId: 'nobody',
    deviceId: '00000000-0000-4000-8000-000000000000',
    headers: { authorization: `Bearer ${apiKey}` },
    body: { token: '123456' },
  })
}

/** Whether the key is let in: 404 is the answer to a known one. */
async function accepts(apiKey: string, env: Record<string, string>): Promise<boolean> {
  const { status } = await verify(apiKey, env)
  expect([401, 404]).toContain(status)
  return status === 404
}
