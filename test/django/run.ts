// npm run django: a site of the real django-otp-twilio is moved to the service, and the peer's own
// tests are run by it. The dumps are made by Django itself.
import { createWriteStream } from 'node:fs'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { importDevices } from '../../infra/commands/import.ts'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { endPrograms, runProgram } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { type Stand, startStand } from './stand.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.local', 'django')
const longestMs = 120_000

const help = `Usage: npm run django

Makes a site with the real django-otp-twilio and django-two-factor-auth, dumps its devices, imports them into the
service on this machine, puts docs/examples/django in their place, and logs the same users in. Then the tests that
django-otp-twilio brings are run by the service.`

/** Of the site before, and of the service: whoever was locked is so long enough to be seen. */
const factor = { OTP_TWILIO_THROTTLE_FACTOR: '60' }

let checks = 0
let stack: LocalStack | undefined
let stand: Stand | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('django', stop)

try {
  takeNoArguments('django', help)
  const python = await ensurePython()
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await cp(join(root, 'docs/examples/django'), folder, { recursive: true })
  for (const file of ['old.py', 'moved.py', 'peer.py']) {
    await cp(join(import.meta.dirname, file), join(folder, file))
  }
  const client = ['--output-path', 'serverless_otp_twilio_client', '--meta', 'none']
  const document = join(root, 'docs/openapi.json')
  await run([join(python, 'openapi-python-client'), 'generate', '--path', document, ...client])
  console.log('Starting the service on this machine …')
  stack = await startLocalStack(createWriteStream(devNull), {
    env: { SLS_LOG_LEVEL: 'error', ...factor },
  })
  await move(join(python, 'python'), stack)
  console.log(`a site is moved: ${checks} checks`)
  const peer = await runPeer(join(python, 'python'))
  console.log(`django-otp-twilio's own suite: ${peer} tests`)
  console.log(`${checks + peer} passed, 0 failed`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
} finally {
  await Promise.all([stack?.stop(), stand?.close()])
}
// Handlers that ran here keep their connections.
process.exit()

async function run(command: string[], env: Record<string, string> = {}): Promise<string> {
  const ended = await runProgram(command, {
    cwd: folder,
    env: { ...(process.env as Record<string, string>), ...env },
    longestMs,
  })
  if (ended.code !== 0) throw new Error(`${command.join(' ')} failed:\n${ended.output}`)
  return ended.output
}

function check(said: string, holds: boolean): void {
  checks += 1
  if (!holds) throw new Error(`Not so: ${said}.`)
}

async function move(python: string, { api, inbox, dynamodb, key }: LocalStack): Promise<void> {
  const env = { API: api, KEY: key, INBOX: inbox, DATABASE: join(folder, 'site.sqlite3') }
  await run([python, 'old.py', folder], env)

  const dry = await importOf('dump.json', dynamodb)
  check('a dry run shows what would be imported', dry.includes('4 would be imported'))
  check('and what is locked', /confirmed, locked until \S+ +line \d+, record 2,/.test(dry))
  check('and what cannot be, by its line', /line \d+, record 4, .* at most 128 bytes/.test(dry))
  check('and why', /record 5, .* not a possible phone number/.test(dry))
  check('and what is left behind', dry.includes('1 of otp_totp.totpdevice are left behind'))
  check('it shows no seed', !/a{40}/.test(dry))
  const natural = await importOf('natural.json', dynamodb)
  check('natural keys are users, too', /^ {2}alice {2}/m.test(natural))
  check('of a whole site the users are left behind', natural.includes('5 of auth.user are left'))
  const lines = await importOf('lines.jsonl', dynamodb, '--write')
  check('lines are imported', lines.includes('4 are imported into'))
  const second = await importOf('dump.json', dynamodb, '--write')
  check('a second import changes nothing', second.includes('0 are imported into'))
  check('for every device', second.includes('4 lived there already'))

  checks += Number((await run([python, 'moved.py', folder], env)).trim().split('\n').at(-1))

  const found = await fetch(`${api}/all/devices?search=2685`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { devices } = (await found.json()) as {
    devices: { name: string; throttle: { allowed: boolean; failureCount: number } }[]
  }
  check('an imported device is found by the search', devices[0]?.name === 'default')
  check('its failures count on', devices[0]?.throttle.failureCount === 2)
  check('though it is free', devices[0]?.throttle.allowed === true)
}

/** Runs the command, and gives what it printed; some devices of the site cannot be imported. */
async function importOf(file: string, dynamodb: string, ...more: string[]): Promise<string> {
  const printed: string[] = []
  const write = (text: string) => printed.push(text)
  const args = ['--stage', 'local', '--country', 'US', '--dynamodb', dynamodb]
  await importDevices(
    [...args, join(folder, file), ...more],
    { ...process.env, ...factor },
    {
      stdin: process.stdin,
      stdout: { write },
      stderr: { write },
    },
  )
  return printed.join('')
}

/** Runs the tests of the peer, and gives how many have passed. */
async function runPeer(python: string): Promise<number> {
  stand = await startStand()
  const large = {
    model: 'otp_twilio.twiliosmsdevice',
    pk: 90,
    fields: {
      ...{ user: ['large'], name: '', confirmed: true, number: '+14155552690' },
      throttling_failure_count: 90,
      throttling_failure_timestamp: new Date().toISOString(),
    },
  }
  await writeFile(join(folder, 'large.json'), JSON.stringify([large]))
  await importOf('large.json', stand.dynamodb, '--write')
  const env = { API: stand.api, INBOX: stand.inbox, KEY: stand.key }
  const said = await run([python, 'manage.py', 'test', '--verbosity', '2', 'peer'], env)
  return Number(/^Ran (\d+) tests/m.exec(said)?.[1] ?? 0)
}

/** The service ends with this process. */
function stop(): void {
  endPrograms()
  process.exit(1)
}
