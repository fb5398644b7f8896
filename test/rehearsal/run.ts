// npm run rehearse: the way from an empty AWS account to a verified token and back, against moto
// (AWS in Python, not ours) and a stand-in for Twilio. The real deploy, the real commands, an
// update, a removal; then production.
import './loopback.ts'
import { join } from 'node:path'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { endPrograms } from '../tools/programs.ts'
import { ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { checkItemKept, checkRemoved, checkUpdated } from './changes.ts'
import { checkDeployed } from './checks.ts'
import { tryLimits } from './limits.ts'
import { examine, makeSecrets, twilioSecrets } from './secrets.ts'
import { deploy, remove, runGuarded, type Stand, setUp } from './stand.ts'
import { putDevice, readItem, walkToVerified } from './walk.ts'

const help = `Usage: npm run rehearse

Deploys the stage "rehearsal" to moto, a stand-in for AWS, with the real serverless deploy; makes its secrets
and an API key; verifies a token through the deployed functions; deploys a changed setting; removes the stage.
Then deploys and removes "prod", which must keep its table. Nothing of your AWS configuration is used, and no
connection leaves this machine.

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
    await rehearseStage(stand)
    await rehearseProduction(stand)
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

/** A stage of its own: made, used, changed, and gone without a trace. */
async function rehearseStage(stand: Stand): Promise<void> {
  const { aws, report, folder, settings, twilio } = stand
  const stage = 'rehearsal'
  say(`npm run deploy -- --stage ${stage} …`)
  report.begin(`What npm run deploy -- --stage ${stage} made`)
  const before = await deploy(stand, stage, settings)
  await checkDeployed(aws, report, { deployed: before, folder, settings })

  say('npm run secrets, npm run api-key, npm run doctor …')
  report.begin('What is in SSM')
  const key = await makeSecrets(stand, stage)
  await examine(stand, stage)

  say('Registering, challenging and verifying through the deployed functions …')
  report.begin('From an empty account to a verified token, through the deployed functions')
  const twilioKeySid = twilioSecrets.OTP_TWILIO_API_KEY
  const unpacked = join(folder, 'deployed')
  const walk = { aws, deployed: before, twilio, key, twilioKeySid, folder: unpacked }
  const device = await walkToVerified(report, walk)
  const item = await readItem(walk, device)

  say('The same with OTP_TWILIO_COOLDOWN=60 …')
  report.begin('What deploying OTP_TWILIO_COOLDOWN=60 changed')
  const changed = { ...settings, OTP_TWILIO_COOLDOWN: '60' }
  const after = await deploy(stand, stage, changed)
  checkUpdated(stand, { before, after, settings: changed })
  checkItemKept(stand, item, await readItem(walk, device))
  await tryLimits(stand, after)

  say(`serverless remove --stage ${stage} …`)
  report.begin(`What serverless remove --stage ${stage} left`)
  await remove(stand, stage)
  await checkRemoved(stand, before, [])
}

/** Production in short: its tables outlive its stack. */
async function rehearseProduction(stand: Stand): Promise<void> {
  const { aws, report, folder, settings } = stand
  say('npm run deploy -- --stage prod …')
  report.begin('What npm run deploy -- --stage prod made')
  const deployed = await deploy(stand, 'prod', settings)
  await checkDeployed(aws, report, { deployed, folder, settings })
  const device = await putDevice({ aws, deployed })
  const item = await readItem({ aws, deployed }, device)

  say('serverless remove --stage prod …')
  report.begin('What serverless remove --stage prod left')
  await remove(stand, 'prod')
  const { DevicesTableName = '' } = deployed.outputs
  await checkRemoved(stand, deployed, [DevicesTableName, `${deployed.stackName}-traffic`])
  const kept = readItem({ aws, deployed }, device).catch(() => undefined)
  checkItemKept(stand, item, await kept)
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
