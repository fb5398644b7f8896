// npm run deploy: checks a stage, says what changes of its settings, and deploys its tables and
// then the service that works on them. A setting that the stage has is not lost by leaving it out.
import { flag } from '../../lib/settings/read.ts'
import { type Command, command, type Run, readFlags } from './command.ts'
import { type Change, changesOf, lineOf, readRecord } from './deploy/record.ts'
import { type RunServerless, runServerless } from './deploy/serverless.ts'
import { findTables } from './deploy/tables.ts'
import { missingSecrets } from './secrets/values.ts'
import { openStage, type Stage } from './stage.ts'

const help = `Usage: npm run deploy -- --stage <stage> [options]

Deploys a stage with the settings of .env.<stage>, and of the environment, which goes before the file. Everything
is checked first, and what changes of the settings is printed.

  --stage <stage>    the stage to deploy
  --yes              unset what the deployed stage has and is not given any more
  --force            deploy though nothing has changed
  --region <region>  region of the stage (default: OTP_REGION, AWS_REGION, or the profile's)
  --help             this text

The tables are a service of their own, infra/stack/data, which outlives this one.`

/** Deploys a stage. */
export const deploy = deployWith(runServerless)

/** The command, with what runs the Serverless Framework. */
export function deployWith(serverless: RunServerless): Command {
  return command(run => deployStage(run, serverless))
}

async function deployStage(run: Run, serverless: RunServerless): Promise<number> {
  const options = readFlags(run.args, {
    stage: { type: 'string' },
    region: { type: 'string' },
    yes: { type: 'boolean' },
    force: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (options.help) {
    run.print(help)
    return 0
  }
  const stage = await openStage(options, run)
  await refuseWithoutSecrets(stage)
  const changes = await planChanges(stage, run)
  refuseUnset(changes, options.yes === true, stage)
  const args = ['deploy', '--stage', stage.name, '--region', stage.region]
  if (options.force) args.push('--force')
  await serverless('data', args, run)
  const env = { ...run.env, OTP_TABLES: JSON.stringify(await findTables(stage)) }
  await serverless('service', args, { ...run, env })
  return 0
}

/**
 * Functions without their secrets would answer 500 until they have them. Without an API key nobody
 * gets in, which harms nobody.
 */
async function refuseWithoutSecrets(stage: Stage): Promise<void> {
  const delivers = !flag(stage.deployment.effective, 'OTP_TWILIO_NO_DELIVERY')
  const [missing] = (await missingSecrets(stage)).filter(
    name => name !== 'OTP_API_KEYS' && (delivers || !name.startsWith('OTP_TWILIO_')),
  )
  if (missing === undefined) return
  throw new Error(
    `Nothing is deployed: there is no ${stage.placeOf(missing)}. npm run secrets -- --stage ${stage.name} writes it.`,
  )
}

/** Says what would change, and returns it. */
async function planChanges(stage: Stage, { print }: Run): Promise<Change[]> {
  const place = `${stage.deployment.stack} (${stage.region})`
  const before = await readRecord(stage)
  if (before === null) {
    print(`Nothing is known of earlier settings of ${place}; it gets:`)
    for (const change of changesOf({}, stage.deployment.given)) print(lineOf(change))
    return []
  }
  const changes = changesOf(before, stage.deployment.given)
  print(changes.length === 0 ? `${place} keeps its settings.` : `${place} changes its settings:`)
  for (const change of changes) print(lineOf(change))
  return changes
}

function refuseUnset(changes: Change[], isWanted: boolean, { name }: Stage): void {
  const unset = changes.filter(({ after }) => after === null).map(change => change.name)
  if (unset.length === 0 || isWanted) return
  throw new Error(
    `Nothing is deployed: ${unset.join(', ')} would be unset. Put what is to stay into .env.${name}, or add --yes.`,
  )
}

if (import.meta.main) process.exitCode = await deploy(process.argv.slice(2), process.env, process)
