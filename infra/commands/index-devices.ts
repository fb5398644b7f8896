// npm run index: writes by what devices are found, for those that no write has come to since the
// search is there: of version 0.2.0, of an import, or of a restored table.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { type DeviceItem, wholeItem } from '../../lib/device/device.ts'
import { writeRows } from '../../lib/dynamodb/rows.ts'
import { searchRows } from '../../lib/search/row.ts'
import { throttleSettings } from '../../lib/settings/throttle.ts'
import { command, readFlags } from './command.ts'
import { findTables } from './deploy/tables.ts'
import { type AwsError, failureOf, nameOf, openStage, stageFlags } from './stage.ts'

const help = `Usage: npm run index -- --stage <stage> [options]

Writes the rows by which the devices of a stage are found. Run it once after an update from 0.2.0, after an import, and
after a restore; it may be run again at any time. It reads the whole table of devices.

  --stage <stage>    the stage whose devices are indexed
  --region <region>  region of the stage (default: OTP_REGION, AWS_REGION, or the profile's)
  --help             this text`

/** Indexes the devices of a stage. */
export const indexDevices = command(async run => {
  const options = readFlags(run.args, {
    stage: stageFlags.stage,
    region: stageFlags.region,
    help: { type: 'boolean' },
  })
  if (options.help) {
    run.print(help)
    return 0
  }
  const stage = await openStage(options, run)
  const { DevicesTable: devicesTable, TrafficTable: trafficTable } = await findTables(stage)
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(stage.clientOptions('DYNAMODB')))
  const store = { retrying: client, once: client, devicesTable, limitsTable: '', trafficTable }
  const throttle = throttleSettings(stage.deployment.effective)
  const { signal } = new AbortController()
  let count = 0
  let start: Record<string, unknown> | undefined
  try {
    do {
      const page = await client.send(
        new ScanCommand({ TableName: devicesTable, ExclusiveStartKey: start }),
      )
      const devices = (page.Items ?? []).map(item => wholeItem(item as DeviceItem))
      const rows = devices.flatMap(device => searchRows(device, throttle))
      await writeRows(
        store,
        rows.map(row => ({ put: row })),
        signal,
      )
      count += devices.length
      start = page.LastEvaluatedKey
    } while (start !== undefined)
  } catch (error) {
    const place = `${devicesTable} or ${trafficTable} (${stage.region})`
    const otherwise = `${place} failed after ${count} devices (${nameOf(error as AwsError)}).`
    const permission = 'dynamodb:Scan and dynamodb:BatchWriteItem'
    throw new Error(failureOf(error as AwsError, { permission, place, otherwise }))
  }
  run.print(`${count} devices of ${devicesTable} (${stage.region}) can be found.`)
  return 0
})

if (import.meta.main) {
  process.exitCode = await indexDevices(process.argv.slice(2), process.env, process)
}
