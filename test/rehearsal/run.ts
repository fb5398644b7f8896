// npm run rehearse: the way from an empty AWS account to a verified token and back, against moto
// (AWS in Python, not ours) and a stand-in for Twilio. The real commands, for an operator's
// day; then production of a second service.
import './loopback.ts'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { endPrograms } from '../tools/programs.ts'
import { ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { rehearseDay } from './day.ts'
import { readLeftovers } from './deployed.ts'
import { rehearseDevelopment } from './development.ts'
import { rehearseProduction } from './production.ts'
import { runGuarded, type Stand, setUp } from './stand.ts'

const help = `Usage: npm run rehearse

An operator's day against moto, a stand-in for AWS, with the real commands: what npm run deploy refuses; the
secrets and an API key of the stage "rehearsal", and its deploy; a token verified through the deployed functions; a
setting changed, forgotten and unset; functions of an older version among today's, and a rollback; the service
removed and deployed again; the table of devices restored. Beside it "prod" of a second service, with everything that an account may ask for; and
the tables of a development stage. Nothing of your AWS configuration is used, and no connection leaves this machine.

It needs python3, and installs moto into .local/venv. Exit code 1: a claim does not hold; ${toolsMissingExitCode}: moto
cannot be had on this machine.`

const closing: (() => Promise<unknown>)[] = []
const startedAt = performance.now()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    console.error('\nStopped: nothing is left behind.')
    stop(1)
  })
}
stopWithNpm('rehearse', () => stop(1))
try {
  takeNoArguments('rehearse', help)
  await stop(await rehearse())
} catch (error) {
  console.error((error as Error).message)
  await stop(error instanceof ToolsMissing ? toolsMissingExitCode : 1)
}

async function rehearse(): Promise<number> {
  const stand = await setUp(closing)
  const { report, aws, twilio } = stand
  say(`AWS is moto ${aws.version} at ${aws.url}, Twilio a stand-in at ${twilio.url}.`)
  try {
    const day = await rehearseDay(stand, say)
    await rehearseProduction(stand, { say, beside: day })
    await rehearseDevelopment(stand, say)
    await checkLeft(stand)
    await checkStrays(stand)
  } finally {
    // What ends it early is told after what was found until then.
    report.print()
  }
  console.log(`${seconds()} s, moto ${aws.version}.`)
  if (report.failed === 0) return 0
  console.error(`The rehearsal failed: ${report.failed} claims do not hold.`)
  return 1
}

/** Of everything that was deployed protected tables are there, and the records that were kept. */
async function checkLeft({ aws, report }: Stand): Promise<void> {
  report.begin('What is left of it all')
  const kept: Record<string, string[]> = { tables: keptTables(), buckets: keptBuckets() }
  for (const [what, left] of Object.entries(await readLeftovers(aws, () => true))) {
    const kinds = left.map(name => name.replace(/-\w+$/, ''))
    report.check(what, kept[what] ?? [], kinds)
  }
}

function keptTables(): string[] {
  return ['login-otp-data-prod', 'serverless-otp-twilio-data-rehearsal'].flatMap(stack =>
    ['DevicesTable', 'LimitsTable', 'TrafficTable'].map(table => `${stack}-${table}`),
  )
}

/** Each of the two services was deployed twice. */
function keptBuckets(): string[] {
  return ['login-otp-prod', 'serverless-otp-twilio-rehearsal']
    .flatMap(stack => [stack, stack])
    .map(stack => `${stack}-keptrecords`)
}

/** Nothing tried to leave this machine; and what tries, as one does here, is refused and seen. */
async function checkStrays(stand: Stand): Promise<void> {
  const { aws, report } = stand
  report.begin('What left this machine')
  report.check('connections of all processes to elsewhere', [], await aws.strays())
  const script =
    "fetch('https://sts.amazonaws.com').then(() => process.exit(0), () => process.exit(9))"
  const { code } = await runGuarded(stand, ['node', '--eval', script])
  report.check('one that is tried is refused', 9, code)
  report.check('and seen', ['sts.amazonaws.com:443'], await aws.strays())
}

function say(text: string): void {
  console.log(`${String(seconds()).padStart(4)} s  ${text}`)
}

function seconds(): number {
  return Math.round((performance.now() - startedAt) / 1000)
}

async function stop(exitCode: number): Promise<void> {
  // Whatever hangs: the exit ends it.
  setTimeout(() => process.exit(exitCode), 5000).unref()
  endPrograms()
  await Promise.allSettled(closing.reverse().map(close => close()))
  process.exit(exitCode)
}
