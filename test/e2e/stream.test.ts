// What npm start hands to the functions that read the stream of the devices: here to one of the
// test's own, in a copy of the service, which tells what it got.
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { recordLog, recordSecret } from '../support/record.ts'
import { copyService, type ServiceCopy } from '../tools/service-copy.ts'

/** One that has streams, such as DynamoDB Local; otherwise it is the embedded one. */
const engine = process.env.DYNAMODB_ENDPOINT

/** What a batch was: what each of its writes meant, and to whose device. */
type Batch = { userId: string; sequenceNumber: string; type: string[] }[]

const probe = `
import { readRecord } from '../lib/stream/records.ts'

export async function handler({ Records }) {
  const batch = Records.map(readRecord).map(({ device: { userId }, sequenceNumber, events }) => ({
    userId, sequenceNumber, type: events.map(({ type }) => type),
  }))
  const bad = batch.find(({ userId }) => userId === 'unreadable')
  const Entries = batch.slice(0, 10).map(read => ({
    Source: 'probe', DetailType: read.type.join() || 'nothing', Detail: JSON.stringify(read),
  }))
  await post(process.env.AWS_ENDPOINT_URL_EVENTBRIDGE, { Entries })
  await post(process.env.PROBE_URL, batch)
  if (batch.some(({ userId }) => userId === 'thrown')) throw new Error('The probe throws.')
  return { batchItemFailures: bad ? [{ itemIdentifier: bad.sequenceNumber }] : [] }
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': 'AWSEvents.PutEvents' },
    body: JSON.stringify(body),
  })
  await response.arrayBuffer()
}
`
const probeEntry = `
  probe:
    handler: functions/probe.handler
    role: AdminRole
    events:
      - stream:
          type: dynamodb
          arn: !GetAtt DevicesTable.StreamArn

resources:`

const batches: Batch[] = []
const told = http.createServer(async (request, response) => {
  batches.push((await json(request)) as Batch)
  response.end()
  told.emit('batch')
})
const output = new PassThrough()
let printed = ''
let copy: ServiceCopy
let stack: LocalStack

beforeAll(async () => {
  output.on('data', chunk => {
    printed += chunk
    recordLog(String(chunk))
  })
  told.listen(0, '127.0.0.1')
  await once(told, 'listening')
  copy = await copyService('stream')
  const yml = join(copy.folder, 'serverless.yml')
  const shipped = await readFile(yml, 'utf8')
  await writeFile(yml, shipped.replace('\nresources:', probeEntry))
  await writeFile(join(copy.folder, 'functions/probe.ts'), probe)
  const env = { PROBE_URL: `http://127.0.0.1:${(told.address() as AddressInfo).port}` }
  const args = engine ? ['--dynamodb', engine] : []
  stack = await startLocalStack(output, { env, args, folder: copy.folder })
})

afterAll(async () => {
  await stack?.stop()
  told.close()
  await copy?.remove()
})

async function call(path: string, body?: object) {
  const response = await fetch(stack.api + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as { id: string } }
}

let numbers = 0
async function register(user: string) {
  const number = `+1415555${3000 + ++numbers}`
  recordSecret('number', number)
  const { body } = await call(`/users/${user}/devices`, { number })
  return { number, path: `/users/${user}/devices/${body.id}` }
}

async function readToken(number: string): Promise<string> {
  const response = await fetch(`${stack.inbox}/messages.json?to=${encodeURIComponent(number)}`)
  const { messages } = (await response.json()) as { messages: { body: string }[] }
  const token = messages[0]!.body
  recordSecret('token', token)
  return token
}

/** What was handed over of a user so far, in its order. */
const whatOf = (user: string) =>
  batches
    .flat()
    .filter(({ userId }) => userId === user)
    .flatMap(({ type }) => type)

async function untilHandedOver(user: string, type: string): Promise<void> {
  while (!whatOf(user).includes(type)) await once(told, 'batch')
}

async function untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = pattern.exec(printed)
    if (found) return found
    await once(output, 'data')
  }
}

it('the start says where the stream comes from and who reads it', () => {
  const source = engine ? `the streams of ${engine}` : 'the embedded DynamoDB'
  expect(printed).toContain(`The stream of the devices comes from ${source}, and goes to `)
  expect(printed).toMatch(/ goes to .*\bprobe\./)
})

it('a challenge and a verification reach the functions that read the stream, in their order', async () => {
  const { number, path } = await register('alice')
  await call(`${path}/challenge`)
  const { status } = await call(`${path}/verify`, { token: await readToken(number) })

  await untilHandedOver('alice', 'verified')

  expect(status).toBe(200)
  expect(whatOf('alice').filter(what => what !== 'delivery_updated')).toEqual([
    'device_created',
    'challenge_started',
    'verified',
    'device_confirmed',
  ])
})

/** The types of a user's events, oldest first. */
async function toldOf(userId: string, source: string): Promise<string[]> {
  const { events } = (await (await fetch(stack.events)).json()) as {
    events: { source: string; 'detail-type': string; detail: { userId: string } }[]
  }
  return events
    .filter(event => event.source === source && event.detail.userId === userId)
    .map(event => event['detail-type'])
    .reverse()
}

it('what a function puts on EventBridge is shown, newest first', async () => {
  const { path } = await register('bob')
  await call(`${path}/challenge`)
  await untilHandedOver('bob', 'challenge_started')

  expect((await toldOf('bob', 'probe')).slice(0, 2)).toEqual([
    'device_created',
    'challenge_started',
  ])
})

it('a login is told as audit events, in their order', async () => {
  const { path, number } = await register('carol')
  await call(`${path}/challenge`)
  await call(`${path}/verify`, { token: await readToken(number) })

  await expect
    .poll(() => toldOf('carol', 'serverless-otp-twilio'))
    .toEqual(['Device Created', 'Challenge Started', 'Token Verified', 'Device Confirmed'])
})

it.each([
  ['names', 'unreadable'],
  ['throws at', 'thrown'],
])(
  'a record that a function %s goes again, and is dropped by its number; the API goes on',
  async (_, user) => {
    const { number } = await register(user)
    const { path } = await register(`${user}-after`)
    const { status } = await call(`${path}/challenge`)

    await untilHandedOver(user, 'device_created')
    const { sequenceNumber } = batches.flat().find(({ userId }) => userId === user)!
    const [line] = await untilPrinted(new RegExp(`.*record ${sequenceNumber} .*`))
    await untilHandedOver(`${user}-after`, 'challenge_started')

    expect(status).toBe(200)
    expect(line).toBe(`probe failed 5 times: record ${sequenceNumber} is dropped.`)
    expect(whatOf(user)).toHaveLength(5)
    expect(printed).not.toContain(number)
  },
)

it('ends while a record waits to be handed over again', async () => {
  const before = batches.length
  await register('unreadable')
  while (batches.length === before) await once(told, 'batch')

  stack.process.kill('SIGINT')
  const [code] = await once(stack.process, 'exit')

  expect(code).toBe(0)
})
