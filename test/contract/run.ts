// npm run contract: strangers' tools judge the API. Redocly reads the document that the running
// service serves, and makes the reference page of it; schemathesis sends requests made from it to
// the service, and holds each answer against it.
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { endPrograms, programPath, runProgram } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'

const redocly = ['npm', 'exec', '--yes', '--package=@redocly/cli@2.77.0', '--', 'redocly']
const leastRequests = 5000
const examplesPerOperation = 300
const longestMs = 30 * 60_000

const repository = resolve(import.meta.dirname, '../..')
const folder = join(repository, '.local', 'contract')
const document = join(folder, 'openapi.json')
const page = join(folder, 'reference.html')

const help = `Usage: npm run contract

Starts the service on this machine, has Redocly lint the OpenAPI document that it serves and make a reference page
of it, and has schemathesis send at least ${leastRequests} requests made from it and hold each answer against it.

It needs python3 and a network, and installs schemathesis into .local/venv. Exit code 1: something was found;
${toolsMissingExitCode}: the tools cannot be had on this machine.`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('contract', stop)

let stack: LocalStack | undefined
try {
  takeNoArguments('contract', help)
  const python = await ensurePython()
  await mkdir(folder, { recursive: true })
  await ensureRedocly()
  console.log('Starting the service on this machine …')
  stack = await startLocalStack(createWriteStream(devNull), { env: { SLS_LOG_LEVEL: 'error' } })
  await lintDocument(stack.api)
  await buildPage()
  await fuzz(python, stack)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
} finally {
  await stack?.stop()
}

async function ensureRedocly(): Promise<void> {
  await run([...redocly, '--version']).catch(() => {
    throw new ToolsMissing('npm cannot fetch @redocly/cli; is there a network?')
  })
}

async function lintDocument(api: string): Promise<void> {
  const response = await fetch(`${api}/openapi.json`)
  if (!response.ok) throw new Error(`GET /openapi.json answered ${response.status}.`)
  await writeFile(document, JSON.stringify(await response.json(), null, 2))
  const stdout = await run([...redocly, 'lint', '--format=json', document])
  const { totals } = JSON.parse(stdout) as { totals: Record<'errors' | 'warnings', number> }
  const { errors, warnings } = totals
  console.log(`Redocly: ${errors} errors, ${warnings} warnings in the OpenAPI document.`)
  if (errors + warnings > 0) throw new Error(await run([...redocly, 'lint', document]))
}

async function buildPage(): Promise<void> {
  await run([...redocly, 'build-docs', document, `--output=${page}`, '--inlineBundle'])
  console.log(`Redocly: the reference page is ${page}.`)
}

async function fuzz(python: string, { api, key }: LocalStack): Promise<void> {
  console.log(`schemathesis: all checks, at least ${leastRequests} requests; this takes minutes …`)
  const config = join(import.meta.dirname, 'schemathesis.toml')
  const options = [
    '--checks=all',
    `--max-examples=${examplesPerOperation}`,
    '--continue-on-failure',
  ]
  const program = join(python, 'schemathesis')
  const command = [program, `--config-file=${config}`, 'run', `${api}/openapi.json`, ...options]
  // In the environment of the config, not among the arguments: a process list shows those.
  const stdout = await run([...command, '--no-color'], {
    OTP_CONTRACT_KEY: key,
    SCHEMATHESIS_HOOKS: 'formats',
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: '1',
  })
  const sent = Number(/(\d+) generated, \1 passed/.exec(stdout)?.[1] ?? 0)
  console.log(
    `${stdout.slice(stdout.indexOf('= SUMMARY =')).split('\n').slice(1).join('\n').trim()}`,
  )
  if (sent < leastRequests) {
    throw new Error(`schemathesis sent ${sent} requests; ${leastRequests} are wanted.`)
  }
  console.log(`schemathesis: ${sent} requests sent, ${sent} passed.`)
}

/** What the program printed. Rejects with all of it when the program fails. */
async function run(command: string[], env: Record<string, string> = {}): Promise<string> {
  const ended = await runProgram(command, {
    cwd: folder,
    env: { ...(process.env as Record<string, string>), PATH: programPath, ...env },
    longestMs,
  })
  if (ended.code !== 0) throw new Error(`${command.join(' ')} failed:\n${ended.output}`)
  return ended.stdout
}

/** The service ends with this process. */
function stop(): void {
  endPrograms()
  process.exit(1)
}
