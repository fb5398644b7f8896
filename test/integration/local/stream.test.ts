// The stream of npm start: what its readers are handed, of the writes of a real engine.
import { EventEmitter, once } from 'node:events'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { afterAll, expect, it } from 'vitest'
import { openStream } from '../../../infra/local/stream.ts'
import { startStreamedEngine } from '../../support/stream.ts'

const engine = await startStreamedEngine()
const client = new DynamoDBClient({})
afterAll(async () => {
  client.destroy()
  await engine.close()
})

async function write(count: number): Promise<DynamoDBRecord[]> {
  for (let n = 0; n < count; n += 1) {
    const Item = { userId: { S: `user-${n}` }, deviceId: { S: 'd' }, number: { S: '+15555550100' } }
    await client.send(new PutItemCommand({ TableName: process.env.DEVICES_TABLE!, Item }))
  }
  return engine.take()
}

const numberOf = (record: DynamoDBRecord) => record.dynamodb!.SequenceNumber!
const failing = (...itemIdentifiers: unknown[]) => ({
  batchItemFailures: itemIdentifiers.map(itemIdentifier => ({ itemIdentifier })),
})

/** A stream whose functions answer as they are told; the batches are kept by function. */
function open(answers: Record<string, (batch: string[], n: number) => unknown>, retries = 2) {
  const handed: Record<string, string[][]> = {}
  const warnings: string[] = []
  const happened = new EventEmitter()
  const stream = openStream({
    functions: Object.keys(answers),
    async invoke(name, { Records }: DynamoDBStreamEvent) {
      const batch = Records.map(numberOf)
      handed[name] ??= []
      handed[name].push(batch)
      setImmediate(() => happened.emit('change'))
      return answers[name]!(batch, handed[name].length)
    },
    warn(line) {
      warnings.push(line)
      setImmediate(() => happened.emit('change'))
    },
    windowMs: 0,
    pausesMs: Array(retries).fill(1),
  })
  const until = async (done: () => boolean) => {
    while (!done()) await once(happened, 'change')
  }
  return { stream, handed, warnings, until }
}

it('records go in their order, a hundred at a time', async () => {
  const records = await write(250)
  const { stream, handed, until } = open({ reader: () => ({ batchItemFailures: [] }) })

  for (const record of records) stream.put(record)
  await until(() => handed.reader?.flat().length === 250)

  expect(handed.reader!.flat()).toEqual(records.map(numberOf))
  expect(handed.reader!.map(batch => batch.length)).toEqual([100, 100, 50])
})

it('a function is at work on one batch at a time', async () => {
  const records = await write(3)
  let working = 0
  let most = 0
  const { stream, handed, until } = open({
    async reader() {
      most = Math.max(most, ++working)
      await new Promise(setImmediate)
      working -= 1
    },
  })

  for (const record of records) {
    stream.put(record)
    await new Promise(setImmediate)
  }
  await until(() => handed.reader?.flat().length === 3)

  expect(most).toBe(1)
})

it('a batch goes again from the first record on that failed', async () => {
  const [one, two, three] = (await write(3)) as [DynamoDBRecord, DynamoDBRecord, DynamoDBRecord]
  const { stream, handed, warnings, until } = open({
    // Named in no order.
    reader: (_, n) => (n === 1 ? failing(numberOf(three), numberOf(two)) : undefined),
  })

  for (const record of [one, two, three]) stream.put(record)
  await until(() => handed.reader?.length === 2)

  expect(handed.reader).toEqual([[one, two, three].map(numberOf), [two, three].map(numberOf)])
  expect(warnings).toEqual([])
})

it('what keeps failing is dropped with a warning that names its number, and the rest goes on', async () => {
  const [one, two, three] = (await write(3)) as [DynamoDBRecord, DynamoDBRecord, DynamoDBRecord]
  const bad = numberOf(two)
  const { stream, handed, warnings, until } = open({
    reader: batch => (batch.includes(bad) ? failing(bad) : {}),
  })

  for (const record of [one, two, three]) stream.put(record)
  await until(() => handed.reader?.at(-1)?.includes(bad) === false)

  expect(warnings).toEqual([`reader failed 3 times: record ${bad} is dropped.`])
  expect(handed.reader).toEqual([
    [one, two, three].map(numberOf),
    [two, three].map(numberOf),
    [two, three].map(numberOf),
    [numberOf(three)],
  ])
})

it.each([
  ['throws', () => Promise.reject(new Error('Thrown.'))],
  ['names no record', () => failing('')],
  ['names a record of another batch', () => failing('000')],
  ['answers what is no list', () => ({ batchItemFailures: 'all' })],
])('a function that %s loses none but the record that it fails at', async (_, fail) => {
  const records = await write(5)
  const bad = numberOf(records[3]!)
  const read = new Set<string>()
  const { stream, warnings, until } = open({
    reader(batch) {
      if (batch.includes(bad)) return fail()
      for (const number of batch) read.add(number)
      return {}
    },
  })

  for (const record of records) stream.put(record)
  await until(() => read.size === 4 && warnings.length === 1)

  expect([...read]).toEqual(records.map(numberOf).filter(number => number !== bad))
  expect(warnings[0]).toContain(`record ${bad} is dropped`)
})

it('a function that fails keeps no other from its records', async () => {
  const records = await write(2)
  const { stream, handed, until } = open({
    broken: () => new Promise(() => {}),
    reader: () => null,
  })

  for (const record of records) stream.put(record)
  await until(() => handed.reader?.flat().length === 2)

  expect(handed.reader!.flat()).toEqual(records.map(numberOf))
  stream.close()
})

it('a closed stream hands over nothing more, nor what failed again', async () => {
  const [one, two] = (await write(2)) as [DynamoDBRecord, DynamoDBRecord]
  const closed = open({ reader: ([first]) => failing(first) })
  closed.stream.put(one)
  await closed.until(() => closed.handed.reader?.length === 1)

  closed.stream.close()
  closed.stream.put(two)
  // Another one is as far by now as this one would be.
  const other = open({ reader: ([first]) => failing(first) })
  other.stream.put(one)
  await other.until(() => other.warnings.length === 1)

  expect(closed.handed.reader).toEqual([[numberOf(one)]])
  expect(closed.warnings).toEqual([])
})
