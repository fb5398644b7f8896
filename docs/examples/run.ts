// npm run example -- <name>: installs what an example needs under .local/examples, and starts it
// against the service of npm start.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildClient } from '../../infra/commands/pack.ts'
import { createUsedProofs } from '../../test/examples/used-proofs.ts'
import { ensurePython } from '../../test/tools/python.ts'

const root = resolve(import.meta.dirname, '../..')

/** How an example is made ready in its folder, and started. */
interface Example {
  prepare(folder: string): Promise<void>
  command(folder: string): Promise<string[]>
  /** What is in its environment beside ours. */
  env?: Record<string, string>
  /** It asks a user pool or for proofs, and not the API. */
  needsNoKey?: true
}

/** The admin lets nobody in without a phone. The service of an earlier run is gone. */
const firstUser = `
from django.contrib.auth.models import User
from otp_service.models import TwilioSMSDevice
User.objects.filter(username='alice').exists() or User.objects.create_superuser('alice', password='correct horse')
TwilioSMSDevice.objects.all().update(service_id=None)
for phone in TwilioSMSDevice.objects.all() or [
    TwilioSMSDevice(user=User.objects.get(username='alice'), name='phone', number='+14155552671')
]:
    phone.save()
`

const {
  PORT: port,
  API: api = 'http://127.0.0.1:3000',
  DYNAMODB: dynamodb = 'http://127.0.0.1:8000',
} = process.env

/** Signs the sessions of step-up on this machine. */
const sessionKey = 'of this machine'

/** The DynamoDB of npm start. */
const localAws = {
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
}

const examples: Record<string, Example> = {
  express: {
    async prepare(folder) {
      await install(folder)
      linkClient(folder)
    },
    command: async () => [process.execPath, 'server.js'],
  },
  cognito: {
    prepare: install,
    command: async () => [process.execPath, 'server.js'],
    needsNoKey: true,
  },
  html: {
    prepare: async folder => linkClient(folder),
    command: async () => [process.execPath, 'server.js'],
  },
  django: {
    async prepare(folder) {
      await generateClient(folder)
      const python = join(await ensurePython(), 'python')
      await run(folder, [python, 'manage.py', 'migrate', '--verbosity', '0'])
      await run(folder, [python, 'manage.py', 'shell', '--verbosity', '0', '--command', firstUser])
    },
    async command() {
      const python = join(await ensurePython(), 'python')
      return [python, 'manage.py', 'runserver', '--noreload', port ?? '3003']
    },
  },
  fastapi: {
    prepare: generateClient,
    async command() {
      return [join(await ensurePython(), 'uvicorn'), 'main:app', '--port', port ?? '3002']
    },
  },
  'step-up': {
    prepare: prepareStepUp,
    async command() {
      const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js')
      const ports = ['--host', '127.0.0.1', '--httpPort', port ?? '3005', '--lambdaPort', '0']
      const options = ['--stage', 'local', ...ports, '--useInProcess', '--noSponsor']
      return [process.execPath, serverless, 'offline', 'start', ...options]
    },
    // Whoever tries it out has no phone of yesterday.
    env: {
      ...{ PROOF_ISSUER: api, SESSION_KEY: sessionKey, YOUNGEST_PHONE_SECONDS: '60' },
      ...localAws,
    },
    needsNoKey: true,
  },
}

const [name = ''] = process.argv.slice(2)
const example = examples[name]
if (!example) {
  console.error(`Usage: KEY=<demo key> npm run example -- ${Object.keys(examples).join(' | ')}`)
  process.exit(1)
}
if (!process.env.KEY && !example.needsNoKey) {
  console.error('KEY is missing: the demo key that npm start prints.')
  process.exit(1)
}
const folder = join(root, '.local', 'examples', name)
mkdirSync(folder, { recursive: true })
cpSync(join(import.meta.dirname, name), folder, { recursive: true })
await example.prepare(folder)
const [program = '', ...args] = await example.command(folder)
const env = { ...process.env, ...example.env }
const child = spawn(program, args, { cwd: folder, env, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => child.kill('SIGTERM'))
}
const [code] = await once(child, 'exit')
process.exitCode = code ?? 0

/** Makes its table, and prints the cookie of a user who is logged in. */
async function prepareStepUp(folder: string): Promise<void> {
  Object.assign(process.env, localAws, { SESSION_KEY: sessionKey })
  await createUsedProofs('step-up-local-used').catch(error => {
    if (error.code !== 'ECONNREFUSED') throw error
    console.error(`No DynamoDB answers at ${dynamodb}: start the service first, with npm start.`)
    process.exit(1)
  })
  const { cookieOf } = await import(pathToFileURL(join(folder, 'session.js')).href)
  console.log(`The session of alice: ${cookieOf('alice')}`)
}

/** The client of the examples in Python. */
async function generateClient(folder: string): Promise<void> {
  const generator = join(await ensurePython(), 'openapi-python-client')
  const document = join(root, 'docs/openapi.json')
  const output = ['--output-path', 'serverless_otp_twilio_client', '--meta', 'none']
  await run(folder, [generator, 'generate', '--path', document, ...output, '--overwrite'])
}

/** As an install of the package that npm pack makes would. */
function linkClient(folder: string): void {
  buildClient()
  const place = join(folder, 'node_modules', 'serverless-otp-twilio')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  rmSync(place, { force: true, recursive: true })
  symlinkSync(root, place)
}

function install(folder: string): Promise<void> {
  return run(folder, ['npm', 'install', '--no-audit', '--no-fund', '--loglevel', 'error'])
}

async function run(cwd: string, [program = '', ...args]: string[]): Promise<void> {
  const [code] = await once(
    spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] }),
    'exit',
  )
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed.`)
}
