// npm run replay against stand-ins of CloudFormation and S3, and a Lambda that runs the real
// readers of the stream: what they kept is put in again, and then is gone.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { replay } from '../../../infra/commands/replay.ts'
import type { KeptRecords } from '../../../lib/stream/kept.ts'
import { startBucket } from '../../support/bucket.ts'
import { startCloudFormationStandIn } from '../../support/cloudformation-stand-in.ts'
import { runCommand } from '../../support/command.ts'
import { startEventBus } from '../../support/event-bus.ts'
import { invoke } from '../../support/lambda.ts'
import { startScenes } from '../../support/scenes.ts'

const bus = await startEventBus()
const scenes = await startScenes()
const bucket = await startBucket()
const cloudFormation = await startCloudFormationStandIn()
const traffic = await import('../../../functions/traffic.ts')
const audit = await import('../../../functions/audit.ts')
const figures = await import('../../../functions/get-figures.ts')
const stack = 'serverless-otp-twilio-prod'
const readers: Record<string, (event: never) => Promise<unknown>> = {
  [`${stack}-traffic`]: traffic.handler,
  [`${stack}-audit`]: audit.handler,
}

/** Every invocation: the function, and how many records it got. */
const invoked: [name: string, records: number][] = []
const lambda = http.createServer(async (request, response) => {
  const name = /functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1] ?? ''
  const event = (await json(request)) as { Records: DynamoDBRecord[] }
  invoked.push([name, event.Records.length])
  const failed = { errorMessage: 'canary' }
  const answer = await readers[name]!(event as never).catch(() => failed)
  if (answer === failed) response.setHeader('x-amz-function-error', 'Unhandled')
  response.end(JSON.stringify(answer))
})
await new Promise<void>(resolve => lambda.listen(0, '127.0.0.1', resolve))

const env = {
  AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  AWS_ENDPOINT_URL_S3: bucket.endpoint,
  AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
}
const run = (args = '--stage prod') => runCommand(replay, args, { env })

beforeEach(() => {
  cloudFormation.stacks.set(stack, { template: {}, outputs: { KeptRecords: bucket.name } })
})
afterEach(() => {
  bucket.objects.clear()
  bucket.takes = () => true
  invoked.length = 0
  bus.take()
  scenes.engine.take()
})
afterAll(async () => {
  bus.close()
  bucket.close()
  lambda.close()
  lambda.closeAllConnections()
  await cloudFormation.close()
  await scenes.close()
})

async function challenges(count: number): Promise<DynamoDBRecord[]> {
  const device = await scenes.register()
  scenes.engine.take()
  for (let n = 0; n < count; n++) await scenes.challenge(device)
  return scenes.engine.take()
}

function keep(key: string, kept: KeptRecords) {
  bucket.objects.set(key, JSON.stringify(kept))
}

/** As Lambda leaves a batch that it gave up. */
function giveUp(key: string, reader: string, payload: unknown) {
  const functionArn = `arn:aws:lambda:eu-west-1:123456789012:function:${stack}-${reader}`
  bucket.objects.set(key, JSON.stringify({ requestContext: { functionArn }, payload }))
}

const sent = async () =>
  (await invoke(figures.handler, { method: 'GET', query: { hours: '1' } })).body.totals.sent

test('what a reader kept is put in and deleted', async () => {
  const before = await sent()
  const Records = await challenges(2)
  keep('traffic/all/1.json', {
    ...{ reader: 'traffic', unfinished: { part: 'all' } },
    payload: { Records },
  })

  const { code, stdout } = await run()

  expect([code, [...bucket.objects.keys()]]).toEqual([0, []])
  expect(stdout).toContain('traffic/all/1.json: done')
  expect((await sent()) - before).toBe(2)
})

test.each([
  ['an object', (given: object) => given],
  ['text', (given: object) => JSON.stringify(given)],
])('what Lambda kept is put in, whose payload is %s', async (_, payload) => {
  const Records = await challenges(1)
  giveUp('aws/lambda/1/shard/2026/11/29/x', 'audit', payload({ Records }))

  const { code } = await run()

  expect([code, bucket.objects.size]).toEqual([0, 0])
  expect(bus.take().map(({ DetailType }) => DetailType)).toEqual(['Challenge Started'])
})

test('what is older is put in first', async () => {
  const [first, second] = await challenges(2)
  giveUp('a', 'audit', { Records: [second] })
  giveUp('b', 'audit', { Records: [first] })

  await run()

  const numbers = bus.take().map(({ Detail }) => Detail.sequenceNumber)
  expect(numbers).toEqual([first, second].map(record => record?.dynamodb?.SequenceNumber))
})

test('many records are handed over a hundred at once', async () => {
  const Records = (await challenges(1)).flatMap(record => Array(201).fill(record))
  giveUp('a', 'audit', { Records })

  await run()

  expect(invoked.map(([, records]) => records)).toEqual([100, 100, 1])
})

test('what fails again stays, and is said', async () => {
  const [record] = await challenges(1)
  record!.dynamodb!.NewImage!.number = { NULL: true }
  keep('traffic/all/1.json', {
    ...{ reader: 'traffic', unfinished: { part: 'all' } },
    payload: { Records: [record!] },
  })
  bucket.objects.set('audit/strange.json', '{}')

  const { code, stdout } = await run()

  expect([code, bucket.objects.size]).toEqual([1, 2])
  expect(stdout).toContain('traffic/all/1.json: not all could be read or put; it stays')
  expect(stdout).toContain('audit/strange.json is nothing that a reader left.')
})

test('a reader that fails is said, and what it got stays', async () => {
  const { [`${stack}-audit`]: works } = readers
  readers[`${stack}-audit`] = () => Promise.reject(new Error('canary'))
  giveUp('a', 'audit', { Records: await challenges(1) })

  const { code, stdout } = await run()
  readers[`${stack}-audit`] = works!

  expect([code, bucket.objects.size]).toEqual([1, 1])
  expect(stdout).toContain('a: the function failed; its log says why')
})

test('a list puts nothing in, and shows nothing of a record', async () => {
  const Records = await challenges(3)
  giveUp('a', 'audit', { Records })

  const { code, stdout } = await run('--stage prod --list')

  expect([code, invoked]).toEqual([0, []])
  expect(stdout).toBe(
    'kept (eu-west-1) keeps 0 records that were not counted, and 3 of which no event was put.\n',
  )
})

test('a stage without the bucket is told to deploy', async () => {
  cloudFormation.stacks.set(stack, { template: {} })

  const { code, stderr } = await run()

  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^The stack serverless-otp-twilio-prod .* has no output KeptRecords: npm run deploy/,
  )
})

test('a bucket that refuses is said in a sentence', async () => {
  bucket.takes = () => false

  const { code, stderr } = await run()

  expect(code).toBe(1)
  expect(stderr).toBe('kept (eu-west-1) could not be listed (SlowDown).\n')
})
