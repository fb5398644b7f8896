// The stand-in for EventBridge, asked by AWS's own client.
import {
  DescribeRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEvents } from '../../../infra/local/events.ts'
import { startTwilioStandIn, type TwilioStandIn } from '../../../infra/local/twilio/stand-in.ts'

let standIn: TwilioStandIn
let client: EventBridgeClient

beforeEach(async () => {
  standIn = await startTwilioStandIn({ others: [openEvents()] })
  client = new EventBridgeClient({ endpoint: standIn.url })
})

afterEach(async () => {
  client.destroy()
  await standIn.close()
})

const entry = { Source: 'otp', DetailType: 'verified', Detail: '{"device":"d1"}' }
const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }))

async function shown() {
  const response = await fetch(`${standIn.url}/events.json`)
  const { events } = (await response.json()) as { events: Record<string, unknown>[] }
  return events
}

it('an event is taken, and shown as a target would get it', async () => {
  const Time = new Date('2026-01-01T12:00:00.250Z')
  const { FailedEntryCount, Entries } = await put({ ...entry, Time, Resources: ['arn:one'] })

  expect(FailedEntryCount).toBe(0)
  expect(await shown()).toEqual([
    {
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'verified',
      source: 'otp',
      account: '000000000000',
      time: '2026-01-01T12:00:00Z',
      region: 'us-east-1',
      resources: ['arn:one'],
      detail: { device: 'd1' },
    },
  ])
})

it('the newest event comes first, and the last thousand are kept', async () => {
  for (let n = 0; n < 101; n += 1) {
    const Entries = Array.from({ length: 10 }, (_, i) => ({
      ...entry,
      Detail: `{"n":${n * 10 + i}}`,
    }))
    await put(...Entries)
  }

  const events = await shown()

  expect(events.map(({ detail }) => detail)).toEqual(
    Array.from({ length: 1000 }, (_, i) => ({ n: 1009 - i })),
  )
})

it.each([
  [
    { ...entry, Source: '' },
    'InvalidArgument',
    'Parameter Source is not valid. Reason: Source is a required argument.',
  ],
  [
    { ...entry, DetailType: '' },
    'InvalidArgument',
    'Parameter DetailType is not valid. Reason: DetailType is a required argument.',
  ],
  [
    { Source: 'otp', DetailType: 'verified' },
    'InvalidArgument',
    'Parameter Detail is not valid. Reason: Detail is a required argument.',
  ],
  [{ ...entry, Detail: '{' }, 'MalformedDetail', 'Detail is malformed.'],
  [{ ...entry, Detail: '[]' }, 'MalformedDetail', 'Detail is malformed.'],
  [{ ...entry, Detail: 'null' }, 'MalformedDetail', 'Detail is malformed.'],
])('a bad entry fails by itself: %j', async (bad, ErrorCode, ErrorMessage) => {
  const { FailedEntryCount, Entries } = await put(bad, entry)

  expect(FailedEntryCount).toBe(1)
  expect(Entries).toEqual([{ ErrorCode, ErrorMessage }, { EventId: expect.any(String) }])
  expect(await shown()).toHaveLength(1)
})

it('no entries, or more than ten, are refused', async () => {
  await expect(put()).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(put(...Array(11).fill(entry))).rejects.toMatchObject({ name: 'ValidationException' })
  expect(await shown()).toEqual([])
})

it('another operation, and what is no JSON, are refused', async () => {
  await expect(client.send(new DescribeRuleCommand({ Name: 'r' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  })
  const headers = { 'x-amz-target': 'AWSEvents.PutEvents' }
  const { status } = await fetch(standIn.url, { method: 'POST', headers, body: '{' })
  expect(status).toBe(400)
})

it('the inbox and Twilio answer at their paths as before', async () => {
  const page = await fetch(standIn.url)
  const unknown = await fetch(`${standIn.url}/2010-04-01/Nothing.json`)

  expect([page.status, unknown.status]).toEqual([200, 404])
})
