// npm run clients: clients that strangers' generators make of docs/openapi.json, each compiled and
// walked through the whole job against the service on this machine.
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { stopWithNpm } from '../../infra/commands/npm.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { endPrograms, programPath, runProgram } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'

const root = resolve(import.meta.dirname, '../..')
const document = join(root, 'docs/openapi.json')
const work = join(root, '.local', 'clients')
const longestMs = 15 * 60_000

/** Where a client is made and walked, and how a program is run there. */
interface Workshop {
  folder: string
  run(...command: string[]): Promise<string>
}

interface Client {
  /** The programs without which it is skipped. */
  needs: string[]
  /** Generates the client; returns all that its generator printed. */
  generate(workshop: Workshop): Promise<string>
  compile(workshop: Workshop): Promise<void>
  /** Prints what the API answered, in order. */
  walk: string[]
}

const typescript = (packages: string[], file: string, generate: Client['generate']): Client => ({
  needs: ['npm'],
  async generate(workshop) {
    const { folder, run } = workshop
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await run('npm', 'install', '--no-audit', '--no-fund', ...packages, ...compiler)
    await copyFile(join(import.meta.dirname, 'walks', file), join(folder, 'walk.ts'))
    return generate(workshop)
  },
  async compile({ run }) {
    const options = ['--strict', '--module', 'esnext', '--moduleResolution', 'bundler']
    await run('npx', 'tsc', ...options, '--target', 'es2022', '--noEmit', 'walk.ts')
    await run('npx', 'esbuild', 'walk.ts', '--bundle', '--format=esm', '--outfile=walk.js')
  },
  walk: ['node', 'walk.js'],
})
const compiler = ['typescript@5.9.3', 'esbuild@0.28.2', '@types/node@24']

const clients: Record<string, Client> = {
  typescript: typescript(
    ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0'],
    'openapi-fetch.ts',
    ({ run }) => run('npx', 'openapi-typescript', document, '-o', 'schema.d.ts'),
  ),
  python: {
    needs: ['openapi-python-client'],
    async generate({ folder, run }) {
      await copyFile(join(import.meta.dirname, 'walks/walk.py'), join(folder, 'walk.py'))
      const output = ['--output-path', 'serverless_otp_twilio_client', '--meta', 'none']
      return run('openapi-python-client', 'generate', '--path', document, ...output)
    },
    async compile({ run }) {
      await run('python', '-m', 'compileall', '-q', 'serverless_otp_twilio_client', 'walk.py')
    },
    walk: ['python', 'walk.py'],
  },
  go: {
    needs: ['go', 'java', 'openapi-generator-cli'],
    async generate({ folder, run }) {
      await copyFile(join(import.meta.dirname, 'walks/walk.go'), join(folder, 'walk.go'))
      await writeFile(join(folder, 'go.mod'), 'module example.invalid/walk\n\ngo 1.23\n')
      const options = 'packageName=otp,withGoMod=false,useOneOfDiscriminatorLookup=true'
      return run(...generator('go', 'otp'), `--additional-properties=${options}`)
    },
    async compile({ run }) {
      await run('rm', '-rf', 'otp/test')
      await run('go', 'mod', 'tidy')
      await run('go', 'vet', './...')
      await run('go', 'build', '-o', 'walk', '.')
    },
    walk: ['./walk'],
  },
  'hey-api': typescript(['@hey-api/openapi-ts@0.99.0'], 'hey-api.ts', ({ run }) =>
    run('npx', 'openapi-ts', '-i', document, '-o', 'otp'),
  ),
  java: {
    needs: ['java', 'mvn', 'openapi-generator-cli'],
    async generate({ folder, run }) {
      const printed = await run(...generator('java', '.'), '--library', 'native')
      const source = join(folder, 'src/main/java/Walk.java')
      await copyFile(join(import.meta.dirname, 'walks/Walk.java'), source)
      return printed
    },
    async compile({ run }) {
      const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime']
      await run('mvn', '-q', '-B', '-Dmaven.test.skip', 'compile', ...copy)
    },
    walk: ['java', '-cp', 'target/classes:target/dependency/*', 'Walk'],
  },
}

function generator(language: string, output: string): string[] {
  return ['openapi-generator-cli', 'generate', '-i', document, '-g', language, '-o', output]
}

/** What each walk has to be answered. */
const expected = [
  ...['created', 'sent', 'invalid_token', 'throttled', 'reset'],
  ...['verified', 'no_token', 'undeliverable_number'],
].join(' ')

/** All that a generator may warn of. */
const knownWarnings = [/OpenAPI 3\.1 support is still in beta/]

const help = `Usage: npm run clients -- [${Object.keys(clients).join('] [')}]

Generates each of these clients, or all, out of docs/openapi.json, compiles it, and walks it through the whole job
against the service on this machine: create, challenge, wrong, locked, right, used again, undelivered.

A client whose tools are not here is skipped, loudly. Exit code 1: one failed; ${toolsMissingExitCode}: all were skipped.`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('clients', stop)

let stack: LocalStack | undefined
try {
  const names = readNames(process.argv.slice(2))
  const python = await ensurePython()
  console.log('Starting the service on this machine …')
  stack = await startLocalStack(createWriteStream(devNull), {
    env: { SLS_LOG_LEVEL: 'error', OTP_TWILIO_THROTTLE_FACTOR: '60' },
  })
  const count = { passed: 0, failed: 0, skipped: 0 }
  for (const [n, name] of names.entries()) count[await prove(name, n, python, stack)] += 1
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
  if (count.failed > 0) process.exitCode = 1
  else if (count.passed === 0) process.exitCode = toolsMissingExitCode
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
} finally {
  await stack?.stop()
}

function readNames(given: string[]): string[] {
  if (given[0] === '--help') {
    console.log(help)
    process.exit(0)
  }
  const unknown = given.find(name => !(name in clients))
  if (unknown !== undefined) throw new Error(`There is no client ${JSON.stringify(unknown)}.`)
  return given.length > 0 ? given : Object.keys(clients)
}

async function prove(
  name: string,
  n: number,
  python: string,
  { api, key, inbox }: LocalStack,
): Promise<'passed' | 'failed' | 'skipped'> {
  const started = performance.now()
  const folder = join(work, name)
  const client = clients[name] as Client
  const env = {
    ...(process.env as Record<string, string>),
    PATH: [python, programPath].join(delimiter),
    ...{ API: api, KEY: key, INBOX: inbox, NUMBER: `+1415558${2000 + n}` },
  }
  const run = async (...command: string[]) => {
    const ended = await runProgram(command, { cwd: folder, env, longestMs })
    if (ended.code !== 0) throw new Error(`${command.join(' ')} failed:\n${ended.output}`)
    return ended.output
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    for (const program of client.needs) {
      const missing = await run('which', program).then(
        () => false,
        () => true,
      )
      if (missing) {
        console.log(`!! ${name}: skipped, there is no ${program} here.`)
        return 'skipped'
      }
    }
    const printed = await client.generate({ folder, run })
    const warnings = printed
      .split('\n')
      .filter(line => /\bwarn/i.test(line))
      .filter(line => !knownWarnings.some(known => known.test(line)))
    if (warnings.length > 0) throw new Error(`Its generator warns:\n${warnings.join('\n')}`)
    await client.compile({ folder, run })
    const said = (await run(...client.walk)).trim()
    if (said !== expected) throw new Error(`It was answered\n${said}, not\n${expected}`)
    const seconds = Math.round((performance.now() - started) / 1000)
    console.log(`${name}: generated without a warning, compiled, walked (${seconds} s): ${said}`)
    return 'passed'
  } catch (error) {
    console.log(`!! ${name}: ${(error as Error).message}`)
    return 'failed'
  }
}

/** The service ends with this process. */
function stop(): void {
  endPrograms()
  process.exit(1)
}
