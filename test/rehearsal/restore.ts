// A restore of the devices table, from the command to the deploy that puts the new table into
// service, and the way back. moto restores the present: what was there then is put back by hand.
import { setTimeout as wait } from 'node:timers/promises'
import type { Aws } from './aws.ts'
import type { Say } from './day.ts'
import { dynamodb, readTable } from './deployed.ts'
import { deploy, runScript, type Stand, writeSettings } from './stand.ts'
import { type ChallengedDevice, challengeDevice, openApi, verifyDevice, type Walk } from './walk.ts'

/** Restores the table of a stage, lets it serve, and takes it out again; gives the stage then. */
export async function rehearseRestore(
  stand: Stand,
  { say, walk }: { say: Say; walk: Walk },
): Promise<Walk> {
  const { aws, report, settings } = stand
  const { place, data } = walk.deployed
  const table = data.outputs.DevicesTable ?? ''
  say('npm run restore, and the deploy that puts the table into service …')
  report.begin('What npm run restore made of the table as it was')
  const used = await challengeDevice(walk, '+14155552681')
  const moved = await challengeDevice(walk, '+14155552682')
  const gone = await challengeDevice(walk, '+14155552683')
  const kept = await scan(aws, table)
  // A restore knows whole seconds: nothing is written in the one that it goes back to.
  await wait(1100)
  const at = await startRecovery(aws, table)
  await wait(1100)
  const verified = await verifyDevice(walk, used)
  const patched = await change(walk, moved, 'PATCH', { number: '+14155552684' })
  const deleted = await change(walk, gone, 'DELETE')
  report.check(
    'since then: a token used, a number changed, a device deleted',
    [200, 200, 204],
    [verified.status, patched.status, deleted.status],
  )

  const { code, output } = await runScript(stand, [
    ...['restore', '--stage', place.stage, '--at', at, '--yes'],
  ])
  const target = /to the new table (\S+)/.exec(output)?.[1] ?? ''
  report.check('npm run restore', 0, code)
  if (code !== 0) throw new Error(`npm run restore failed:\n${output}`)
  report.check(
    'it names what it undoes',
    [`1 deleted: ${gone.userId}`, `1 another number: ${moved.userId}`],
    undoneIn(output),
  )
  const restored = await readTable(aws, target)
  report.check(
    'the new table has its stream, its protection and its backups',
    ['NEW_AND_OLD_IMAGES', true, 'ENABLED'],
    [
      restored?.StreamSpecification?.StreamViewType,
      restored?.DeletionProtectionEnabled,
      restored?.backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus,
    ],
  )
  report.cannot(
    'restore what was',
    'it copies the table as it is; here the items of then were put into the copy by hand',
  )
  await replaceItems(aws, target, kept)

  report.begin('What deploying OTP_DEVICES_TABLE put into service')
  await writeSettings(stand, place, { ...settings, OTP_DEVICES_TABLE: target })
  const { deployed } = await deploy(stand, place)
  const { DevicesTable, DevicesStream } = deployed.parameters
  report.check(
    'the table and its stream',
    [target, restored?.LatestStreamArn],
    [DevicesTable, DevicesStream],
  )
  const serving = { ...walk, deployed }
  for (const [what, device] of Object.entries({ used, 'in flight': moved })) {
    const { status, body } = await verifyDevice(serving, device)
    report.check(`a token that was ${what}`, [403, 'invalid_token'], [status, body?.code])
  }
  const again = await change(serving, gone, 'DELETE')
  report.check('the device that came back is deleted again', 204, again.status)
  const fresh = await verifyDevice(serving, await challengeDevice(serving, '+14155552685'))
  report.check('a new token', [200, true], [fresh.status, fresh.body?.verified])

  report.begin('The way back to the table before')
  await writeSettings(stand, place, settings)
  const { deployed: back } = await deploy(stand, place, ['--yes'])
  report.check('the tables', walk.deployed.parameters, back.parameters, 'the very same')
  await remove(aws, target)
  return { ...walk, deployed: back }
}

/** Starts recovery, and gives the one moment that moto then knows: that of the start. */
async function startRecovery(aws: Aws, TableName: string): Promise<string> {
  const { ContinuousBackupsDescription: backups } = await dynamodb(aws, 'UpdateContinuousBackups', {
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
  const { LatestRestorableDateTime } = backups.PointInTimeRecoveryDescription
  return new Date(LatestRestorableDateTime * 1000).toISOString()
}

/** Who is named, kind by kind, as `1 deleted: user`. */
function undoneIn(output: string): string[] {
  const kinds = output.matchAll(/^ {2}(\d+ (?:deleted|another number)).*\n {4}(\S+) /gm)
  return [...kinds].map(([, kind, user]) => `${kind}: ${user}`)
}

function change(walk: Walk, { userId, deviceId }: ChallengedDevice, method: string, body?: object) {
  const path = `/users/${userId}/devices/${deviceId}`
  return openApi(walk).call({ method, path, key: walk.key, ...(body && { body }) })
}

type Item = Record<string, unknown>

async function scan(aws: Aws, TableName: string): Promise<Item[]> {
  return (await dynamodb(aws, 'Scan', { TableName, ConsistentRead: true })).Items
}

async function replaceItems(aws: Aws, TableName: string, items: Item[]): Promise<void> {
  for (const { userId, deviceId } of await scan(aws, TableName)) {
    await dynamodb(aws, 'DeleteItem', { TableName, Key: { userId, deviceId } })
  }
  for (const Item of items) await dynamodb(aws, 'PutItem', { TableName, Item })
}

async function remove(aws: Aws, TableName: string): Promise<void> {
  await dynamodb(aws, 'UpdateTable', { TableName, DeletionProtectionEnabled: false })
  await dynamodb(aws, 'DeleteTable', { TableName })
}
