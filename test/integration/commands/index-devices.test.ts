// npm run index against a real engine: devices that no write has come to are found afterwards.
import { afterAll, beforeEach, expect, test } from 'vitest'
import { indexDevices } from '../../../infra/commands/index-devices.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { startCloudFormationStandIn } from '../../support/cloudformation-stand-in.ts'
import { runCommand } from '../../support/command.ts'
import { noon } from '../../support/device.ts'
import { putDevice } from '../../support/devices.ts'
import { invoke } from '../../support/lambda.ts'

const store = connectStore()
const cloudFormation = await startCloudFormationStandIn()
const { handler: find } = await import('../../../functions/find-devices.ts')
const env = {
  AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  AWS_ENDPOINT_URL_DYNAMODB: process.env.AWS_ENDPOINT_URL_DYNAMODB!,
}
const run = (args = '--stage prod') => runCommand(indexDevices, args, { env })

beforeEach(() => {
  cloudFormation.stacks.set('serverless-otp-twilio-data-prod', {
    template: {},
    outputs: {
      DevicesTable: store.devicesTable,
      DevicesStream: 'arn:aws:dynamodb:eu-west-1:123456789012:table/devices/stream/1',
      LimitsTable: store.limitsTable,
      TrafficTable: store.trafficTable,
    },
  })
})
afterAll(() => cloudFormation.close())

const found = async (query: Record<string, string>) => {
  const { body } = await invoke(find, { method: 'GET', query })
  return body.devices.map(({ id }: { id: string }) => id)
}

test('what no write has come to is found afterwards, by number, user and state', async () => {
  const device = await putDevice(store, { number: '+442071838123', confirmed: false })
  const disabled = await putDevice(store, { failures: 100, failedAt: noon })
  const before = await found({ search: '38123' })

  const { code, stdout } = await run()

  expect([code, before]).toEqual([0, []])
  expect(stdout).toMatch(/^2 devices of \S+ \(eu-west-1\) can be found\.\n$/)
  expect(await found({ search: '38123' })).toEqual([device.deviceId])
  expect(await found({ search: device.userId })).toEqual([device.deviceId])
  expect(await found({ state: 'disabled' })).toEqual([disabled.deviceId])
})

test('it may be run again', async () => {
  await putDevice(store)
  await run()

  expect((await run()).code).toBe(0)
})

test('a table that does not answer is one sentence', async () => {
  cloudFormation.stacks.get('serverless-otp-twilio-data-prod')!.outputs!.DevicesTable = 'none'

  const { code, stderr } = await run()

  expect(code).toBe(1)
  expect(stderr).toMatch(/failed after 0 devices \(ResourceNotFoundException\)\.\n$/)
})
