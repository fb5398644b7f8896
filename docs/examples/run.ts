// npm run example -- <name>: installs what an example needs under .local/examples, and starts it
// against the service of npm start.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
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
  fastapi: {
    async prepare(folder) {
      const generator = join(await ensurePython(), 'openapi-python-client')
      const document = join(root, 'docs/openapi.json')
      const output = ['--output-path', 'serverless_otp_twilio_client', '--meta', 'none']
      if (!existsSync(join(folder, 'serverless_otp_twilio_client'))) {
        await run(folder, [generator, 'generate', '--path', document, ...output])
      }
    },
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
