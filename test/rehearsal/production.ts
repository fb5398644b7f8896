// Production of a second service beside the first, with all that an account may ask of it: a
// permissions boundary, tags, an event bus by its ARN, an alarm by e-mail. Then everything goes,
// and the tables stay.

import { type Answer, account, region } from './aws.ts'
import { checkDataRemoved, checkItemKept, checkServiceRemoved, checkUnchanged } from './changes.ts'
import { checkDeployed } from './checks.ts'
import type { Say } from './day.ts'
import type { Place } from './deployed.ts'
import { makeSecrets } from './secrets.ts'
import { deploy, readBack, type Stand, serverless, writeSettings } from './stand.ts'
import { checkAudit } from './stream.ts'
import { challengeDevice, openApi, readItem, verifyDevice, type Walk } from './walk.ts'

const place: Place = { service: 'login-otp', stage: 'prod' }
const bus = 'login'
const asked = {
  OTP_SERVICE: place.service,
  OTP_EVENT_BUS: `arn:aws:events:${region}:${account}:event-bus/${bus}`,
  OTP_PERMISSIONS_BOUNDARY: `arn:aws:iam::${account}:policy/boundary`,
  OTP_TAGS: 'team=login,cost-center=42',
  OTP_ALARM_EMAIL: 'alarms@example.com',
}

/** Rehearses it, with the other service there; removes both. */
export async function rehearseProduction(
  stand: Stand,
  { say, beside }: { say: Say; beside: Walk },
): Promise<void> {
  const { aws, report } = stand
  const settings = { ...stand.settings, ...asked }
  await writeSettings(stand, place, settings)
  await aws.json('events', 'AWSEvents.CreateEventBus', { Name: bus })

  say('npm run deploy -- --stage prod, of another service …')
  report.begin('What is in SSM for prod')
  const key = await makeSecrets(stand, place)
  report.begin('What npm run deploy -- --stage prod made')
  const { deployed } = await deploy(stand, place)
  await checkDeployed(aws, report, { deployed, ...stand, settings })
  const audit = deployed.functions.find(({ name }) => name === 'audit')
  report.check(
    'audit: the event bus in its role',
    [asked.OTP_EVENT_BUS],
    audit?.role.statements.find(({ Action }) => Action.includes('events:PutEvents'))?.Resource,
  )
  const { Subscriptions } = await aws.query('sns', 'ListSubscriptions')
  const addressOf = ({ Protocol, Endpoint }: Answer) => `${Protocol} ${Endpoint}`
  report.asked(
    'who hears of an alarm',
    ['email alarms@example.com'],
    [addressOf(deployed.resources.AlarmsByEmail?.Properties)],
    Subscriptions.map(addressOf),
  )

  say('The two of them side by side …')
  report.begin('Two services in one account')
  const walk = { ...beside, deployed, key }
  checkUnchanged(stand, 'what there is of the first', {
    before: beside.deployed,
    after: await readBack(stand, beside.deployed.place),
  })
  const device = await challengeDevice(walk, '+14155552676')
  const other = await challengeDevice(beside, '+14155552677')
  const strange = await verifyDevice({ ...beside, deployed }, other)
  report.check('the key of the first at the second', 401, strange.status)
  const unknown = await verifyDevice(walk, other)
  report.check('a device of the first at the second', 404, unknown.status)
  const known = await verifyDevice(beside, other)
  report.check('its token at the first', [200, true], [known.status, known.body?.verified])
  await checkAudit(report, {
    ...{ aws, deployed, api: openApi(walk), bus },
    events: ['Device Created', 'Challenge Started'],
  })

  await removeAndDeploy(stand, { say, walk, device })
  say('serverless remove of both services, and of their data …')
  for (const { deployed: last } of [walk, beside]) await removeAll(stand, last.place)
}

async function removeAndDeploy(
  stand: Stand,
  {
    say,
    walk,
    device,
  }: { say: Say; walk: Walk; device: Awaited<ReturnType<typeof challengeDevice>> },
): Promise<void> {
  const { report } = stand
  const item = await readItem(walk, device)
  say('serverless remove --stage prod, and npm run deploy again …')
  report.begin('What serverless remove --stage prod left')
  await serverless(stand, { of: 'service', place, args: ['remove'] })
  await checkServiceRemoved(stand, walk.deployed)
  checkItemKept(stand, item, await readItem(walk, device))

  report.begin('What npm run deploy -- --stage prod made of what was left')
  const { deployed } = await deploy(stand, place)
  report.check('the stack is complete', 'UPDATE_COMPLETE', deployed.status)
  report.check('the tables', walk.deployed.parameters, deployed.parameters, 'the very same')
  const verified = await verifyDevice({ ...walk, deployed }, device)
  report.check(
    'a token that was sent before',
    [200, true],
    [verified.status, verified.body?.verified],
  )
}

async function removeAll(stand: Stand, last: Place): Promise<void> {
  const { report } = stand
  const before = await readBack(stand, last)
  report.begin(`What serverless remove left of ${before.stackName}, service and data`)
  await serverless(stand, { of: 'service', place: last, args: ['remove'] })
  await checkServiceRemoved(stand, before)
  await serverless(stand, { of: 'data', place: last, args: ['remove'] })
  await checkDataRemoved(stand, before.data, { isKept: true })
}
