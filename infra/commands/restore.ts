// npm run restore: makes a table as the one in use was at a moment, fit to be put into service. A
// restored table alone is not: it has no stream and no protection, and it has the tokens that were
// used since, and numbers and devices that are gone.
import { throttleSettings } from '../../lib/settings/throttle.ts'
import { command, type Run, readFlags } from './command.ts'
import { readOutputs } from './deploy/tables.ts'
import { readExpected } from './doctor/expected-table.ts'
import { assertCovered, readMoment, restoredName, wholeSeconds } from './restore/moment.ts'
import { readStream } from './restore/stream.ts'
import {
  complete,
  connectDynamodb,
  describeTable,
  isRestoreOf,
  type Restoring,
  readRecovery,
  startRestore,
} from './restore/table.ts'
import { linesOf, undoneOf } from './restore/undone.ts'
import { openPrompt } from './secrets/prompt.ts'
import { carryOut, planSteps, type Step } from './secrets/steps.ts'
import { readKept } from './secrets/values.ts'
import { openStage, type Stage, stageFlags } from './stage.ts'

const help = `Usage: npm run restore -- --stage <stage> --at <time> [options]

Restores the table of devices, as it was at a time, to a new table with all that the service needs of one; replaces
the token key, so that no restored token is taken a second time; and says how the new table is put into service.
Before that it names what changed since and comes back: deleted devices, old numbers, lifted locks. It deletes
nothing: the table in use stays as it is. It may be run again after a failure, and goes on where it was.

  --stage <stage>    the stage whose table is restored
  --at <time>        the time, such as 2026-11-27T10:00:00Z: of the last 35 days, until five minutes ago
  --list             only name what changed since, and write nothing
  --table <table>    the table that is read (default: OTP_DEVICES_TABLE, or the one that the deploy made)
  --traffic          restore the table of traffic instead; no key is replaced then
  --yes              ask nothing
  --region <region>  region of the stage (default: OTP_REGION, AWS_REGION, or the profile's)
  --path <path>      where its secrets are (default: /serverless-otp-twilio/<stage>)
  --help             this text

What changed is read from the stream of the table, which knows the last 24 hours; docs/operating.md says how more is
kept. Replacing the token key ends the tokens in flight. The stage's index key stays.`

/** The tables that can be restored. */
const restorable = {
  devices: { resource: 'DevicesTable', setting: 'OTP_DEVICES_TABLE', named: 'devicesTable' },
  traffic: { resource: 'TrafficTable', setting: 'OTP_TRAFFIC_TABLE', named: 'trafficTable' },
} as const

type Options = ReturnType<typeof readOptions>

/** What is to be restored. */
interface Plan extends Restoring {
  options: Options
  kind: (typeof restorable)[keyof typeof restorable]
  /** The table in use. */
  source: NonNullable<Awaited<ReturnType<typeof describeTable>>>
  table: string
  target: string
  at: number
}

/** Restores a table of a stage. */
export const restore = command(async run => {
  const options = readOptions(run.args)
  if (options.help) {
    run.print(help)
    return 0
  }
  const at = readMoment(options.at, Date.now())
  const plan = await findTable(await openStage(options, run), { run, options, at })
  if (options.list) {
    await listUndone(plan)
    return 0
  }
  const isThere = await check(plan)
  if (!options.traffic) await listUndone(plan)
  await confirm(plan, run)
  await makeTable(plan, isThere)
  if (!options.traffic) await replaceTokenKey(plan)
  report(plan)
  return 0
})

function readOptions(args: string[]) {
  const options = readFlags(args, {
    ...stageFlags,
    at: { type: 'string' },
    table: { type: 'string' },
    list: { type: 'boolean' },
    traffic: { type: 'boolean' },
    yes: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (options.list && options.traffic) {
    throw new Error('--list is of devices: the table of traffic has no stream.')
  }
  return options
}

async function findTable(
  stage: Stage,
  { run, options, at }: { run: Run; options: Options; at: number },
): Promise<Plan> {
  const { print, deadlines } = run
  const kind = options.traffic ? restorable.traffic : restorable.devices
  const table =
    options.table ?? stage.deployment[kind.named] ?? (await readOutputs(stage))[kind.resource]
  const restoring = { client: connectDynamodb(stage), stage, print, deadlines }
  const source = table ? await describeTable(restoring, table) : null
  if (source === null) {
    throw new Error(
      `There is no table ${table ?? kind.resource} (${stage.region}) of ${stage.name}; of a deleted one DynamoDB keeps a backup for 35 days.`,
    )
  }
  return { ...restoring, options, kind, source, table, at, target: restoredName(table, at) }
}

/** Throws one sentence at what cannot be restored; gives whether an earlier run has begun. */
async function check(plan: Plan): Promise<boolean> {
  const { stage, source, table, target, at } = plan
  if (target === table) {
    throw new Error(`${table} is the table of ${wholeSeconds(at)}, and in use already.`)
  }
  if (!plan.options.traffic) await planNewKey(stage)
  const found = await describeTable(plan, target)
  if (found !== null) {
    if (isRestoreOf(source, found)) return true
    throw new Error(
      `There is a table ${target} (${stage.region}), and no restore of ${table} made it.`,
    )
  }
  assertCovered(at, await readRecovery(plan, table), `${table} (${stage.region})`)
  return false
}

/** Names what the restored table does not know, and what of that is not known here either. */
async function listUndone({ stage, source, table, at, print, deadlines }: Plan): Promise<void> {
  const { LatestStreamArn: arn } = source
  if (!arn) {
    print(`${table} has no stream: nothing is known of what changed since ${wholeSeconds(at)}.\n`)
    return
  }
  const { devices, isWhole } = await readStream(stage, { arn, table, since: at }, deadlines.restore)
  const throttle = throttleSettings(stage.deployment.effective)
  const now = Date.now()
  const undone = devices.flatMap(device => undoneOf(device, throttle, now))
  print(
    undone.length === 0
      ? `Of what changed since ${wholeSeconds(at)}, a restore undoes nothing that the stream of ${table} knows.`
      : `A restore of ${table} undoes this, which came after ${wholeSeconds(at)}. Devices that were since:\n`,
  )
  for (const line of linesOf(undone)) print(line)
  if (!isWhole) print('\nThe stream was not read to its end in time: there may be more.')
  print(
    now - at > streamKeepsMs
      ? '\nThe stream holds 24 hours. What came before, an EventBridge archive knows: see docs/operating.md.\n'
      : '',
  )
}

const streamKeepsMs = 24 * 3_600_000

async function confirm({ stage, options, table, target, at, print }: Plan, run: Run) {
  print(
    `${table} is restored as it was at ${wholeSeconds(at)}, to the new table ${target} (${stage.region}).`,
  )
  if (options.yes) return
  const effect = options.traffic
    ? 'It takes minutes to hours, and costs by the size of the table'
    : 'The token key is replaced then: the tokens in flight end'
  if (!run.stdin.isTTY) {
    throw new Error(`Nothing is restored: without a terminal it needs --yes. ${effect}.`)
  }
  const prompt = openPrompt(run.stdin, run.stderr)
  try {
    const answer = await prompt.ask(`${effect}. Type yes to go on: `)
    if (answer.toLowerCase() !== 'yes') throw new Error('Nothing is restored.')
  } finally {
    prompt.close()
  }
}

async function makeTable(plan: Plan, isThere: boolean): Promise<void> {
  const { stage, kind, source, table, target, at, print } = plan
  if (isThere) print(`${target} is there from an earlier run, and is gone on with.`)
  else await startRestore(plan, { source: table, target, at })
  const expectedOf = await readExpected(stage.deployment)
  await complete(plan, { source, table: target, expected: expectedOf(kind) }).catch(
    halfway(`${target} is not to be used yet: run this again, and it goes on there.`),
  )
  print(`${target} is restored, with all that a table of this service needs.`)
}

/**
 * The functions of the deploy that names the new table start after this, so none of them knows the
 * old key. The index key stays, or is made of the old token key, as npm run secrets does it.
 */
async function replaceTokenKey({ stage, target, print }: Plan): Promise<void> {
  const replaced = async () => {
    const steps = await planNewKey(stage)
    const keyId = stage.deployment.secretsKeyArn ?? undefined
    await carryOut(stage, steps, { ...newTokenKey, keyId })
  }
  await replaced().catch(
    halfway(`${target} is restored, but not to be used before the token key is replaced.`),
  )
  print(`${stage.placeOf('OTP_TOKEN_KEY')} is new: no token that was restored is taken.`)
}

const newTokenKey = { newKeys: ['OTP_TOKEN_KEY'], keyId: undefined } as const

/** What is written for it; all other secrets are kept. Throws one sentence at keys of no use. */
async function planNewKey(stage: Stage): Promise<Step[]> {
  const kept = await readKept(stage)
  return planSteps(kept, kept, newTokenKey)
}

function halfway(state: string) {
  return (error: Error): never => {
    throw new Error(`${error.message} ${state}`, { cause: error })
  }
}

function report({ stage, options, kind, source, table, target, at, print }: Plan): void {
  const flags = `--stage ${stage.name}${options.region ? ` --region ${options.region}` : ''}`
  const list = `npm run restore -- ${flags} --at ${wholeSeconds(at)} --list --table ${table}`
  const steps = [
    `put ${kind.setting}=${target} into .env.${stage.name}`,
    `npm run deploy -- ${flags}`,
    `npm run doctor -- ${flags}`,
    ...(options.traffic ? [] : [`${list}, and do what it says`]),
  ]
  print('\nTo put it into service:\n')
  for (const [index, step] of steps.entries()) print(`  ${index + 1}. ${step}`)
  const protectedNow = source.DeletionProtectionEnabled ? ', protected,' : ''
  print(`\n${table} stays${protectedNow} until you remove it.`)
}

if (import.meta.main) process.exitCode = await restore(process.argv.slice(2), process.env, process)
