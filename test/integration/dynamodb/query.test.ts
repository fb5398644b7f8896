// Pages of a query: how much each read asks for, and where a page ends.
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { queryAll, queryPage } from '../../../lib/dynamodb/query.ts'
import { putDevice, signal } from '../../support/devices.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const keyNames = ['userId', 'deviceId']

interface Row {
  userId: string
  deviceId: string
}

/** Puts devices 1, 2 and so on of a user; gives a query of them, which may read so many at once. */
async function queryOf(count: number, atOnce?: number) {
  const userId = `user-${randomUUID()}`
  for (let n = 1; n <= count; n++) {
    await putDevice(store, { userId, deviceId: `${n}`, confirmed: n > 1 })
  }
  return {
    TableName: store.devicesTable,
    KeyConditionExpression: 'userId = :user',
    ExpressionAttributeValues: { ':user': userId } as Record<string, unknown>,
    ...(atOnce !== undefined && { Limit: atOnce }),
  }
}

const idsOf = (rows: Row[]) => rows.map(({ deviceId }) => deviceId)

it('all of a query is read, however little a read gives', async () => {
  const rows = await queryAll<Row>(store, await queryOf(3, 1), signal)

  expect(idsOf(rows)).toEqual(['1', '2', '3'])
})

describe('a page', () => {
  const isOdd = ({ deviceId }: Row) => Number(deviceId) % 2 === 1

  /** The ids of the first page, where the next one starts, and how much each read asked for. */
  async function pageOf(
    query: Awaited<ReturnType<typeof queryOf>>,
    limit: number,
    keeps: ((row: Row) => boolean) | null = null,
  ) {
    const { watched, inputs } = watchedStore()
    const request = { query, limit, start: null, keyNames }
    const { items, next } = await queryPage<Row>(watched, request, signal, keeps)
    return [idsOf(items), next?.deviceId ?? null, inputs.map(({ Limit }) => Limit)]
  }

  it('is read with one item more than it takes', async () => {
    expect(await pageOf(await queryOf(5), 3)).toEqual([['1', '2', '3'], '3', [4]])
  })

  it('with a filter is read without a limit', async () => {
    const query = await queryOf(5)
    query.ExpressionAttributeValues[':yes'] = true
    const filtered = { ...query, FilterExpression: 'confirmed = :yes' }

    expect(await pageOf(filtered, 2)).toEqual([['2', '3'], '3', [undefined]])
  })

  it('of what a rule keeps is read without a limit', async () => {
    expect(await pageOf(await queryOf(6), 2, isOdd)).toEqual([['1', '3'], '3', [undefined]])
  })

  it('is read on until it is known whether another follows', async () => {
    const [three, four] = [await queryOf(3, 1), await queryOf(4, 1)]

    expect(await pageOf(three, 2, isOdd)).toEqual([['1', '3'], null, [1, 1, 1, 1]])
    expect(await pageOf(four, 2, () => true)).toEqual([['1', '2'], '2', [1, 1, 1]])
  })
})
