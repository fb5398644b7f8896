// npm run second-opinion: deploys a stage to fakecloud (AWS in Rust, not ours), which makes of the
// templates what moto leaves out: recovery and expiry of tables, alarms, the architecture of
// functions, the queues of the stream's readers. It runs no function without Docker, so it is asked
// about templates only. It is licensed under the AGPL: a tool, and none of its code is here.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { type Answer, clientOf } from '../rehearsal/aws.ts'
import { startReport } from '../rehearsal/report.ts'
import { endPrograms, runProgram, strangerEnvironment } from '../tools/programs.ts'
import { ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { copyService } from '../tools/service-copy.ts'

const version = '0.51.0'
const root = resolve(import.meta.dirname, '../../.local/fakecloud')
const program = join(root, 'bin/fakecloud')
const stage = 'prod'
const longestBuildMs = 60 * 60_000

const help = `Usage: npm run second-opinion

Deploys, removes and deploys again a stage on fakecloud ${version}, and reads back what moto does not make of the
templates. It needs cargo, and builds fakecloud into .local/fakecloud, once: about ten minutes. Exit code 1: a claim
does not hold; ${toolsMissingExitCode}: fakecloud cannot be had on this machine.`

/** The rest of the credentials is made by npm run secrets. */
const twilio = {
  OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
  OTP_TWILIO_AUTH: '0'.repeat(32),
}

const closing: (() => Promise<unknown>)[] = []
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(1))
stopWithNpm('second-opinion', () => stop(1))
try {
  takeNoArguments('second-opinion', help)
  await ensureFakecloud()
  await stop(await judge())
} catch (error) {
  console.error((error as Error).message)
  await stop(error instanceof ToolsMissing ? toolsMissingExitCode : 1)
}

/** Its dependencies are many, and nobody waits for its speed. */
async function ensureFakecloud(): Promise<void> {
  if (existsSync(program)) return
  console.log(`Building fakecloud ${version} into .local/fakecloud, once …`)
  const command = ['cargo', 'install', 'fakecloud', '--version', version, '--locked']
  const ended = await runProgram([...command, '--root', root], {
    cwd: resolve(root, '../..'),
    env: { ...(process.env as Record<string, string>), CARGO_PROFILE_RELEASE_OPT_LEVEL: '0' },
    longestMs: longestBuildMs,
  }).catch((error: Error) => ({ code: 1, output: error.message }))
  if (ended.code === 0) return
  const lastLine = ended.output.trim().split('\n').at(-1)
  throw new ToolsMissing(`cargo cannot build fakecloud (${lastLine}).`)
}

async function judge(): Promise<number> {
  const report = startReport()
  const aws = clientOf(await startFakecloud())
  const copy = await copyService('second-opinion')
  closing.push(copy.remove)
  const run = async (command: string[], cwd = copy.folder) => {
    const env = { ...strangerEnvironment(copy.folder), ...aws.env, ...twilio }
    const { code, output } = await runProgram(command, { cwd, env, longestMs: 600_000 })
    if (code !== 0) throw new Error(`${output.trim()}\n${command.join(' ')} failed.`)
  }
  const npm = (script: string, ...args: string[]) =>
    run(['npm', 'run', '--silent', script, '--', '--stage', stage, ...args])
  await writeFile(join(copy.folder, `.env.${stage}`), 'OTP_TWILIO_FROM=+15005550006\n')

  console.log('npm run secrets, npm run deploy …')
  await npm('secrets', '--unchecked')
  await npm('deploy')
  report.begin('What fakecloud made of the templates')
  const alarms = await alarmsIn(copy.folder)
  const first = await checkMade(aws, alarms, report)

  console.log('serverless remove, and npm run deploy again …')
  await run(['npx', 'serverless', 'remove', '--stage', stage])
  await npm('deploy')
  report.begin('What it made of them after serverless remove')
  const again = await checkMade(aws, alarms, report)
  report.check('the tables', first, again, 'the very same')
  report.print()
  return report.failed === 0 ? 0 : 1
}

type Client = ReturnType<typeof clientOf>

/** Checks what moto leaves out; gives the names of the tables. */
async function checkMade(
  aws: Client,
  alarms: string[],
  report: ReturnType<typeof startReport>,
): Promise<string[]> {
  const dynamodb = (operation: string, input: object = {}) =>
    aws.json('dynamodb', `DynamoDB_20120810.${operation}`, input)
  const { TableNames } = await dynamodb('ListTables')
  for (const TableName of TableNames) {
    const kind = /-(\w+)Table/.exec(TableName)?.[1] ?? TableName
    const { ContinuousBackupsDescription: backups } = await dynamodb('DescribeContinuousBackups', {
      TableName,
    })
    const { TimeToLiveDescription: expiry } = await dynamodb('DescribeTimeToLive', { TableName })
    report.check(
      `${kind}: point-in-time recovery`,
      kind === 'Limits' ? 'DISABLED' : 'ENABLED',
      backups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus,
    )
    report.check(
      `${kind}: expires by`,
      kind === 'Devices' ? null : 'expiresAt',
      expiry.TimeToLiveStatus === 'ENABLED' ? expiry.AttributeName : null,
    )
  }
  const { Functions } = await aws.rest('lambda', '/2015-03-31/functions/')
  report.check(
    'architecture of all functions',
    ['arm64'],
    [...new Set(Functions.flatMap(({ Architectures }: Answer) => Architectures))],
  )
  const { EventSourceMappings } = await aws.rest('lambda', '/2015-03-31/event-source-mappings/')
  report.check(
    'where the readers of the stream leave what failed',
    ['bucket', 'bucket'],
    EventSourceMappings.map(
      ({ DestinationConfig }: Answer) => DestinationConfig?.OnFailure?.Destination ?? '',
    )
      .map((arn: string) => (/^arn:aws:s3:::.*keptrecords/.test(arn) ? 'bucket' : arn))
      .sort(),
  )
  const described = await aws.xml('monitoring', 'DescribeAlarms')
  const made = [...described.matchAll(/<AlarmName>([^<]+)/g)].map(([, name]) => name)
  report.check('alarms', alarms, made.sort())
  return TableNames.toSorted()
}

/** The names of the alarms that were deployed. */
async function alarmsIn(folder: string): Promise<string[]> {
  const file = join(folder, '.serverless/cloudformation-template-update-stack.json')
  const { Resources } = JSON.parse(await readFile(file, 'utf8'))
  return Object.values<Answer>(Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties.AlarmName)
    .sort()
}

/** Starts it; gives its URL. It ends with this process. */
async function startFakecloud(): Promise<string> {
  const port = await freePort()
  const child = spawn(
    program,
    ['--addr', `127.0.0.1:${port}`, '--region', 'eu-central-1', '--log-level', 'error'],
    { stdio: 'ignore' },
  )
  closing.push(async () => child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100; tries++) {
    if (await fetch(`${url}/_fakecloud/health`).catch(() => null)) return url
    await wait(100)
  }
  throw new Error('fakecloud did not start.')
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

async function stop(exitCode: number): Promise<never> {
  endPrograms()
  await Promise.allSettled(closing.reverse().map(close => close()))
  process.exit(exitCode)
}
