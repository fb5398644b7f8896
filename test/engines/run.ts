// npm run test:dynamodb-local and test:dynoxide: the integration tests on another engine than
// dynalite, and what came of them in one line. The engine, the tests and what they wrote are gone
// afterwards, however this ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stopWithNpm } from '../../infra/commands/npm.ts'
import { startDynamodbLocal } from '../../infra/local/dynamodb/dynamodb-local.ts'
import { startDynoxide } from '../../infra/local/dynamodb/dynoxide.ts'
import {
  type Engine,
  EngineMissing,
  engineMissingExitCode,
} from '../../infra/local/dynamodb/engine.ts'

const engines: Record<string, (signal: AbortSignal) => Promise<Engine>> = {
  'dynamodb-local': startDynamodbLocal,
  dynoxide: startDynoxide,
}

/** The tests for which the engine makes no difference, and why. */
const elsewhere = {
  'bundle/*': 'reads what esbuild made',
  'commands/*': 'looks at tables, SSM and Twilio of its own',
  'local/!(database|engine).test.ts': 'starts a dynalite, a stream and stand-ins of its own',
  'stack/*': 'reads what serverless package made',
  'tools/*': 'runs this very command',
  'twilio/*': 'the edge to Twilio',
}

const service = resolve(import.meta.dirname, '../..')
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopping.abort())
}
stopWithNpm('test:', () => stopping.abort())

const [wanted = '', ...more] = process.argv.slice(2)
try {
  const start = Object.hasOwn(engines, wanted) && more.length === 0 ? engines[wanted] : undefined
  if (!start) throw new Error(`Say one of ${Object.keys(engines).join(', ')}, and nothing else.`)
  process.exitCode = await runSuite(await start(stopping.signal))
} catch (error) {
  console.error(stopping.signal.aborted ? 'Stopped.' : (error as Error).message)
  process.exitCode = error instanceof EngineMissing ? engineMissingExitCode : 1
}
// The pipes of what was killed may outlive it.
process.exit()

/** Runs the tests on the engine, ends the engine, and gives the exit code of the tests. */
async function runSuite(engine: Engine): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'otp-engine-suite-'))
  const report = join(folder, 'report.json')
  console.log(`The integration tests on ${engine.name}, at ${engine.url}. Without:`)
  for (const [tests, reason] of Object.entries(elsewhere)) console.log(`  ${tests}: ${reason}`)
  try {
    const code = await runVitest(engine, folder, report)
    console.log(`${engine.name}: ${await summaryOf(report)}`)
    return code
  } finally {
    await engine.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * In a group of its own, to be ended with all its workers; and what it leaves lies in the folder.
 */
async function runVitest(engine: Engine, folder: string, report: string): Promise<number> {
  stopping.signal.throwIfAborted()
  const excluded = Object.keys(elsewhere).flatMap(tests => [
    '--exclude',
    `test/integration/${tests}`,
  ])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const vitest = join(service, 'node_modules/vitest/vitest.mjs')
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--project', 'integration', ...excluded, ...reporters],
    {
      cwd: service,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
      env: { ...process.env, DYNAMODB_ENDPOINT: engine.url, TMPDIR: folder },
    },
  )
  stopping.signal.addEventListener('abort', () => endGroup(child))
  const [code] = await once(child, 'exit')
  return code ?? 1
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

async function summaryOf(report: string): Promise<string> {
  const json = await readFile(report, 'utf8').catch(() => null)
  if (json === null) return 'the tests did not end.'
  const { numTotalTests, numPassedTests, numFailedTests, numPendingTests } = JSON.parse(json)
  const ran = numTotalTests - numPendingTests
  return `${ran} tests run, ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped.`
}
