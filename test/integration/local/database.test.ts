// The DynamoDB of npm start where it is an engine that runs already: here the one of the suite.
// DynamoDB Local and dynoxide have streams (npm run test:dynamodb-local, test:dynoxide); dynalite,
// on which npm test runs, has none.
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, expect, inject, it } from 'vitest'
import { openDatabase } from '../../../infra/local/dynamodb/database.ts'

const engine = inject('dynamodb')
const hasStreams = Boolean(process.env.DYNAMODB_ENDPOINT)
const withStreams = it.skipIf(!hasStreams)
const TableName = 'serverless-otp-twilio-local-devices'
const arrived = new EventEmitter()
const records: DynamoDBRecord[] = []

async function open() {
  return openDatabase({
    engine,
    embedded: { host: '127.0.0.1', port: 0, path: undefined },
    put(record) {
      records.push(record)
      arrived.emit('record')
    },
  })
}

const database = await open()
const config = {
  endpoint: engine,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}
const client = DynamoDBDocumentClient.from(new DynamoDBClient(config))

afterAll(async () => {
  await database.close()
  client.destroy()
})

const recordsOf = (userId: string) =>
  records.filter(({ dynamodb }) => dynamodb?.Keys?.userId?.S === userId)

async function until(userId: string, count: number): Promise<DynamoDBRecord[]> {
  while (recordsOf(userId).length < count) await once(arrived, 'record')
  return recordsOf(userId)
}

const put = (Item: { userId: string; name: string }) =>
  client.send(
    new PutCommand({ TableName, Item: { ...Item, deviceId: 'd', number: '+15555550100' } }),
  )

it('says whether the engine has streams', () => {
  const source = hasStreams ? `the streams of ${engine}` : null
  expect(database).toMatchObject({ url: engine, source })
})

withStreams('every write arrives in its order, with the item before and after it', async () => {
  const userId = `user-${randomUUID()}`

  await put({ userId, name: 'one' })
  await until(userId, 1)
  await put({ userId, name: 'two' })
  await until(userId, 2)
  await client.send(new DeleteCommand({ TableName, Key: { userId, deviceId: 'd' } }))
  const found = await until(userId, 3)

  const [one, two] = [{ name: { S: 'one' } }, { name: { S: 'two' } }]
  expect(found).toMatchObject([
    { eventName: 'INSERT', dynamodb: { NewImage: one } },
    { eventName: 'MODIFY', dynamodb: { OldImage: one, NewImage: two } },
    { eventName: 'REMOVE', dynamodb: { OldImage: two } },
  ])
  expect(found[0]!.dynamodb).toMatchObject({
    Keys: { userId: { S: userId }, deviceId: { S: 'd' } },
    ApproximateCreationDateTime: expect.any(Number),
    SequenceNumber: expect.stringMatching(/^\d+$/),
  })
})

withStreams('what was written before the start does not arrive again', async () => {
  const [before, after] = [`user-${randomUUID()}`, `user-${randomUUID()}`]
  await put({ userId: before, name: 'one' })
  await until(before, 1)

  const again = await open()
  await put({ userId: after, name: 'one' })
  await until(after, 2) // both tell it
  await again.close()

  expect(recordsOf(before)).toHaveLength(1)
})

it('an engine that does not answer is told in one sentence', async () => {
  const options = { embedded: { host: '127.0.0.1', port: 0, path: undefined }, put: () => {} }
  await expect(openDatabase({ ...options, engine: 'http://127.0.0.1:1' })).rejects.toThrow(
    /^No DynamoDB answers at http:\/\/127\.0\.0\.1:1\.$/,
  )
})
