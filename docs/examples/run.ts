// npm run example -- <name>: installs what an example needs under .local/examples, and starts it
// against the service of npm start.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildClient } from '../../infra/commands/pack.ts'
import { ensurePython } from '../../test/tools/python.ts'

const root = resolve(import.meta.dirname, '../..')

/** How an example is made ready in its folder, and started. */
interface Example {
  prepare(folder: string): Promise<void>
  command(folder: string): Promise<string[]>
  /** It speaks with the user pool of npm start -- --cognito, and needs no key. */
  asksCognito?: true
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
    asksCognito: true,
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
      const port = process.env.PORT ?? '3003'
      return [join(await ensurePython(), 'python'), 'manage.py', 'runserver', '--noreload', port]
    },
  },
  fastapi: {
    prepare: generateClient,
    async command() {
      const port = process.env.PORT ?? '3002'
      return [join(await ensurePython(), 'uvicorn'), 'main:app', '--port', port]
    },
  },
}

const [name = ''] = process.argv.slice(2)
const example = examples[name]
if (!example) {
  console.error(`Usage: KEY=<demo key> npm run example -- ${Object.keys(examples).join(' | ')}`)
  process.exit(1)
}
if (!process.env.KEY && !example.asksCognito) {
  console.error('KEY is missing: the demo key that npm start prints.')
  process.exit(1)
}
const folder = join(root, '.local', 'examples', name)
mkdirSync(folder, { recursive: true })
cpSync(join(import.meta.dirname, name), folder, { recursive: true })
await example.prepare(folder)
const [program = '', ...args] = await example.command(folder)
const child = spawn(program, args, { cwd: folder, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => child.kill('SIGTERM'))
}
const [code] = await once(child, 'exit')
process.exitCode = code ?? 0

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
