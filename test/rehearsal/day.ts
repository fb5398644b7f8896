// An ordinary day of an operator, on the stage "rehearsal": secrets, deploy, a changed setting, a
// forgotten one, an older version and the way back, the service removed and deployed again, the
// table restored.
import { join } from 'node:path'
import { checkItemKept, checkServiceRemoved, checkUnchanged, checkUpdated } from './changes.ts'
import { checkDeployed } from './checks.ts'
import type { Deployed, Place } from './deployed.ts'
import { tryLimits } from './limits.ts'
import { checkRefusals, checkRefusedUnset, checkWithoutSecrets } from './refusals.ts'
import { checkRelease } from './releases.ts'
import { rehearseRestore } from './restore.ts'
import { examine, makeSecrets, twilioSecrets } from './secrets.ts'
import { deploy, readBack, type Stand, serverless, writeSettings } from './stand.ts'
import { challengeDevice, readItem, verifyDevice, type Walk, walkToVerified } from './walk.ts'

/** Says in a line what is done now. */
export type Say = (text: string) => void

const place: Place = { service: 'serverless-otp-twilio', stage: 'rehearsal' }
const { stage } = place

/** Rehearses it; gives the stage as it is in the evening, with its service. */
export async function rehearseDay(stand: Stand, say: Say): Promise<Walk> {
  const { aws, report, settings, twilio } = stand
  await writeSettings(stand, place, settings)
  await rehearseRefusals(stand, say)

  say('npm run secrets, npm run api-key …')
  report.begin('What is in SSM')
  const key = await makeSecrets(stand, place)

  const { folder } = stand
  const first = await rehearseDeploy(stand, say)
  const twilioKeySid = twilioSecrets.OTP_TWILIO_API_KEY
  const unpacked = join(folder, 'deployed')
  const walk: Walk = { aws, deployed: first, twilio, key, twilioKeySid, folder: unpacked }

  say('Registering, challenging and verifying through the deployed functions …')
  report.begin('From an empty account to a verified token, through the deployed functions')
  const device = await walkToVerified(report, walk)
  const item = await readItem(walk, device)

  say('The same from another shell, whose environment has no setting …')
  report.begin(`What deploying ${stage} from an empty environment changed`)
  const { deployed: again, said } = await deploy(stand, place, ['--force'])
  report.check(
    'what it says',
    `${first.stackName} (eu-central-1) keeps its settings.`,
    lineOf(said),
  )
  checkUpdated(stand, { before: first, after: again, settings })

  const unset = await rehearseSettings(stand, { say, before: again })
  checkItemKept(stand, item, await readItem(walk, device))
  await tryLimits(stand, unset)

  say('Functions of 0.2.0 beside those of today, then serverless rollback …')
  report.begin('What functions of 0.2.0 do among those of today, and the way back')
  const back = await checkRelease(stand, walk, { earlier: again, now: unset })
  checkItemKept(stand, item, await readItem(walk, device))
  const removed = await rehearseRemoval(stand, { say, walk: { ...walk, deployed: back } })
  return rehearseRestore(stand, { say, walk: removed })
}

async function rehearseRefusals(stand: Stand, say: Say): Promise<void> {
  const { report } = stand
  say('What npm run deploy refuses …')
  report.begin('What npm run deploy refuses before AWS is asked')
  await checkRefusals(stand, place)
  report.begin('What npm run deploy refuses once AWS is asked')
  await checkWithoutSecrets(stand, place)
}

async function rehearseDeploy(stand: Stand, say: Say): Promise<Deployed> {
  const { aws, report, folder, settings } = stand
  say(`npm run deploy -- --stage ${stage} …`)
  report.begin(`What npm run deploy -- --stage ${stage} made`)
  const { deployed, said } = await deploy(stand, place)
  report.check(
    'it says what the stage gets',
    'Nothing is known of earlier settings of serverless-otp-twilio-rehearsal (eu-central-1); it gets:',
    lineOf(said),
  )
  report.check('and no whole number', false, said.includes(settings.OTP_TWILIO_FROM ?? ''))
  await checkDeployed(aws, report, { deployed, folder, settings })
  say('npm run doctor …')
  report.begin('What npm run doctor says')
  await examine(stand, deployed)
  return readBack(stand, place)
}

/** Sets a setting, forgets it, and unsets it on purpose. */
async function rehearseSettings(
  stand: Stand,
  { say, before }: { say: Say; before: Deployed },
): Promise<Deployed> {
  const { report, settings } = stand
  say('The same with OTP_TWILIO_COOLDOWN=60 …')
  report.begin('What deploying OTP_TWILIO_COOLDOWN=60 changed')
  const changed = { ...settings, OTP_TWILIO_COOLDOWN: '60' }
  await writeSettings(stand, place, changed)
  const { deployed: after, said } = await deploy(stand, place)
  const set = '  OTP_TWILIO_COOLDOWN: not set (30 is shipped) -> 60'
  report.check('what it says', true, said.split('\n').includes(set), set.trim())
  checkUpdated(stand, { before, after, settings: changed })

  say('The same, OTP_TWILIO_COOLDOWN being nowhere any more …')
  report.begin('What deploying without OTP_TWILIO_COOLDOWN did')
  await writeSettings(stand, place, settings)
  const change = '  OTP_TWILIO_COOLDOWN: 60 -> not set (30 is shipped)'
  await checkRefusedUnset(stand, place, { name: 'OTP_TWILIO_COOLDOWN', change })
  checkUnchanged(stand, 'what there is in AWS', {
    before: after,
    after: await readBack(stand, place),
  })
  report.begin('And what it changed with --yes')
  const { deployed: unset } = await deploy(stand, place, ['--yes'])
  checkUpdated(stand, { before: after, after: unset, settings })
  return unset
}

/** Removes the service and deploys it again, with a token on its way. */
async function rehearseRemoval(
  stand: Stand,
  { say, walk }: { say: Say; walk: Walk },
): Promise<Walk> {
  const { report } = stand
  const device = await challengeDevice(walk, '+14155552675')
  const item = await readItem(walk, device)
  say(`serverless remove --stage ${stage}, and npm run deploy again …`)
  report.begin(`What serverless remove --stage ${stage} left`)
  await serverless(stand, { of: 'service', place, args: ['remove'] })
  await checkServiceRemoved(stand, walk.deployed)

  report.begin(`What npm run deploy -- --stage ${stage} made of what was left`)
  const { deployed } = await deploy(stand, place)
  await checkDeployed(stand.aws, report, { deployed, ...stand })
  report.check('the tables', walk.deployed.parameters, deployed.parameters, 'the very same')
  checkItemKept(stand, item, await readItem(walk, device))
  const verified = await verifyDevice({ ...walk, deployed }, device)
  report.check(
    'a token that was sent before',
    [200, true],
    [verified.status, verified.body?.verified],
  )
  return { ...walk, deployed }
}

/** The first line that a command printed. */
function lineOf(said: string): string {
  return said.split('\n')[0] ?? ''
}
