// What the service asks of its engine: a refusal shows the item that refused, when it is asked for.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { expect, it } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { putDevice } from '../../support/devices.ts'

const { once: client, devicesTable } = connectStore()
const never = 'attribute_not_exists(userId)'
const always = 'attribute_exists(userId)'
type Flag = 'ALL_OLD' | 'NONE' | undefined

const writes = {
  UpdateItem: (key: Record<string, string>, condition: string, flag: Flag) =>
    client.send(
      new UpdateCommand({
        TableName: devicesTable,
        Key: key,
        UpdateExpression: 'SET confirmed = :yes',
        ExpressionAttributeValues: { ':yes': true },
        ConditionExpression: condition,
        ReturnValuesOnConditionCheckFailure: flag,
      }),
    ),
  PutItem: (key: Record<string, string>, condition: string, flag: Flag) =>
    client.send(
      new PutCommand({
        TableName: devicesTable,
        Item: key,
        ConditionExpression: condition,
        ReturnValuesOnConditionCheckFailure: flag,
      }),
    ),
  DeleteItem: (key: Record<string, string>, condition: string, flag: Flag) =>
    client.send(
      new DeleteCommand({
        TableName: devicesTable,
        Key: key,
        ConditionExpression: condition,
        ReturnValuesOnConditionCheckFailure: flag,
      }),
    ),
}

async function refusedItem(write: Promise<unknown>) {
  const error = await write.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ConditionalCheckFailedException)
  return (error as ConditionalCheckFailedException).Item
}

it.each(Object.entries(writes))(
  'a refused %s shows the item when it is asked to',
  async (_, write) => {
    const { userId, deviceId } = await putDevice(connectStore())

    const item = await refusedItem(write({ userId, deviceId }, never, 'ALL_OLD'))

    expect(item?.deviceId).toEqual({ S: deviceId })
  },
)

it.each(Object.entries(writes))('a refused %s shows nothing unasked', async (_, write) => {
  const { userId, deviceId } = await putDevice(connectStore())

  const items = [
    await refusedItem(write({ userId, deviceId }, never, undefined)),
    await refusedItem(write({ userId, deviceId }, never, 'NONE')),
  ]

  expect(items).toEqual([undefined, undefined])
})

it.each(Object.entries(writes))('a refused %s of no item has none to show', async (_, write) => {
  const item = await refusedItem(write({ userId: 'nobody', deviceId: 'x' }, always, 'ALL_OLD'))

  expect(item).toBeUndefined()
})
