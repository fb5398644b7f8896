// npm run bench: measures the packaged functions beside what one would use instead, each figure and
// its comparison in turn within one invocation. A table on stdout, everything in .local/bench.json;
// exit code 1 when a target is missed.
import { fork } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { EngineMissing } from '../../infra/local/dynamodb/engine.ts'
import { functionSettings } from '../../infra/stack/settings.ts'
import { computeBill, fixedBill, switches } from './bill.ts'
import { type Bundle, buildBundles } from './bundles.ts'
import type { countRequests } from './counts.ts'
import { measureFirstAnswersOverTls } from './first-answer.ts'
import { startGrownEngine } from './growth.ts'
import type { measureTables } from './growth-worker.ts'
import type { LimitWrite } from './limit-units.ts'
import { measureCalls, measureFirstAnswers, measureLoads } from './load.ts'
import { type Logins, publicUrl } from './login.ts'
import { draw } from './picture.ts'
import { type Both, measureProofBytes, proofEnvironment } from './proofs.ts'
import type { Results } from './results.ts'
import { firstMessage, type Stations, startStations } from './stations.ts'
import { billTableOf, tableOf } from './table.ts'
import { judge, judgeBill } from './targets.ts'
import type { measureThroughput } from './throughput.ts'
import type { measureWarm } from './warm.ts'
import { measureWaves } from './waves.ts'
import type { Task } from './worker.ts'

const help = `Usage: npm run bench -- [--svg | --bill]

  --bill only what a login costs, and how fast the stream is read
  --svg  also draw the picture of docs/speed.md, test/bench/bench.svg`

const repository = resolve(import.meta.dirname, '../..')
const rounds = {
  ...{ load: 25, first: 15, firstOverTls: 15, warm: 600, proofs: 300 },
  ...{ logins: 20, throughput: 300, growth: 200 },
}
const calls = 10_000

const { svg, bill: billAlone } = readOptions()
const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => ending.abort(new Error('Interrupted.')))
}
const folder = await mkdtemp(join(tmpdir(), 'otp-bench-'))
try {
  if (billAlone) await reportBill()
  else await reportAll()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function reportAll(): Promise<void> {
  const results = await measure()
  const targets = judge(results)
  await mkdir(join(repository, '.local'), { recursive: true })
  const kept = { ...results, targets }
  await writeFile(join(repository, '.local/bench.json'), `${JSON.stringify(kept, null, 2)}\n`)
  if (svg) await writeFile(join(import.meta.dirname, 'bench.svg'), draw(results))
  console.log(tableOf(results, targets))
  process.exitCode = targets.every(({ met }) => met) ? 0 : 1
}

async function reportBill(): Promise<void> {
  say('packaging')
  const bundles = await buildBundles(folder)
  const stations = await startStations(ending.signal)
  say('logins')
  const billed = await measureBill((job, many, env) =>
    inWorker(bundles, stations, { job, rounds: many }, env),
  ).finally(() => stations.close())
  const targets = judgeBill(billed)
  console.log(billTableOf(billed, targets))
  process.exitCode = targets.every(({ met }) => met) ? 0 : 1
}

async function measure(): Promise<Results> {
  say('packaging')
  const bundles = await buildBundles(folder)
  const stations = await startStations(ending.signal)
  const work = <Result>(job: Task['job'], many: number, env = {}) =>
    inWorker<Result>(bundles, stations, { job, rounds: many }, env)
  try {
    say('loading')
    const loads = Object.fromEntries(await measureLoads(bundles, stations, rounds.load))
    const firstAnswers = await measureFirstAnswers(bundles, stations, rounds.first)
    const firstAnswersOverTls = await measureFirstAnswersOverTls(
      bundles,
      stations,
      rounds.firstOverTls,
    )
    say('warm')
    type Warm = Awaited<ReturnType<typeof measureWarm>>
    const warm = await work<Warm>('measureWarm', rounds.warm)
    const proofs = {
      ...(await measureProofBytes()),
      processorMs: await work<Both>(
        'measureProofs',
        rounds.proofs,
        proofEnvironment(stations.apiKey),
      ),
    }
    type Requests = Awaited<ReturnType<typeof countRequests>>
    const requests = await work<Requests>('countRequests', 1)
    const limitWrites = await work<LimitWrite[]>('measureLimitUnits', 1)
    say('logins')
    const bill = await measureBill(work)
    say('throughput')
    type Rates = Awaited<ReturnType<typeof measureThroughput>>
    const throughput = { dynalite: await work<Rates>('measureThroughput', rounds.throughput) }
    say('waves of cold containers')
    const waves = await measureWaves(stations)
    say('memory')
    const memory = await measureCalls(bundles.get('verify')!, stations, calls)
    say('growth')
    const growth = await measureGrowth(work)
    const { version: node } = process
    const sizes = [...bundles].map(([name, { bytes, zipBytes }]) => [name, { bytes, zipBytes }])
    return {
      node,
      cpus: availableParallelism(),
      bundles: Object.fromEntries(sizes),
      loads,
      firstAnswers,
      firstAnswersOverTls,
      warm,
      proofs,
      throughput,
      requests,
      limitWrites,
      waves,
      memory,
      ...growth,
      ...bill,
    }
  } finally {
    await stations.close()
  }
}

/** As it is shipped, and without each of what can be switched off. */
async function measureBill(
  work: <Result>(job: Task['job'], many: number, env: object) => Promise<Result>,
): Promise<Pick<Results, 'logins' | 'bill' | 'without' | 'fixed'>> {
  const given = Object.entries(functionSettings).filter(([, value]) => value !== '')
  const shipped = {
    ...Object.fromEntries(given),
    ...{ DEVICES_TABLE: 'logins', OTP_PUBLIC_URL: publicUrl, OTP_EVENT_BUS: 'default' },
  }
  const billOf = ({ lowRate, fullBatches }: Logins) => ({
    lowRate: computeBill(lowRate),
    fullBatches: computeBill(fullBatches),
  })
  const logins = await work<Logins>('measureLogins', rounds.logins, shipped)
  const without: Results['without'] = {}
  for (const [what, off] of Object.entries(switches)) {
    const env = { ...shipped, ...off }
    without[what] = billOf(await work<Logins>('measureLogins', rounds.logins / 2, env))
  }
  return { logins, bill: billOf(logins), without, fixed: await fixedBill() }
}

async function measureGrowth(
  work: <Result>(job: Task['job'], many: number, env: object) => Promise<Result>,
): Promise<Pick<Results, 'growth' | 'growthMissing'>> {
  type Tables = Awaited<ReturnType<typeof measureTables>>
  try {
    const engine = await startGrownEngine(ending.signal)
    const env = { AWS_ENDPOINT_URL_DYNAMODB: engine.url }
    try {
      return { growth: await work<Tables>('measureTables', rounds.growth, env) }
    } finally {
      await engine.close()
    }
  } catch (error) {
    if (!(error instanceof EngineMissing)) throw error
    return { growth: null, growthMissing: error.message }
  }
}

async function inWorker<Result>(
  bundles: Map<string, Bundle>,
  { environment, apiKey }: Stations,
  task: Pick<Task, 'job' | 'rounds'>,
  env: object,
): Promise<Result> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    env: { ...environment, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    signal: ending.signal,
  })
  const paths = [...bundles].map(([name, { path }]) => [name, path])
  child.send({ ...task, apiKey, bundles: Object.fromEntries(paths) })
  return firstMessage<Result>(child)
}

function readOptions() {
  try {
    const options = {
      svg: { type: 'boolean' },
      bill: { type: 'boolean' },
      help: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ options })
    if (values.help) {
      console.log(help)
      process.exit(0)
    }
    return { svg: values.svg ?? false, bill: values.bill ?? false }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(1)
  }
}

function say(what: string): void {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${what}`)
}
