// Many rows in few requests: the last one of a key, and what DynamoDB leaves out of a batch.
import { randomUUID } from 'node:crypto'
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import { beforeEach, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { readItem } from '../../../lib/dynamodb/read.ts'
import {
  type RowKey,
  type RowWrite,
  tryToWriteRows,
  writeRows,
} from '../../../lib/dynamodb/rows.ts'
import { signal } from '../../support/devices.ts'
import { scanTraffic } from '../../support/traffic.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
let subject = ''
beforeEach(() => {
  subject = `rows-${randomUUID()}`
})

const row = (n: number, given: object = {}) => ({ subject, entry: String(n), ...given })
const puts = (count: number) => Array.from({ length: count }, (_, n) => ({ put: row(n) }))
const kept = async () => (await scanTraffic()).filter(one => one.subject === subject)

/** A store whose first batch is done but for some of its rows; `then` is before its answer. */
function busyStore(left: number, then = () => {}) {
  const busy = connectStore()
  const send = busy.retrying.send.bind(busy.retrying) as (...given: unknown[]) => Promise<object>
  const batches: number[] = []
  vi.spyOn(busy.retrying, 'send').mockImplementation((async (
    command: BatchWriteCommand,
    options: unknown,
  ) => {
    const rows = command.input.RequestItems?.[busy.trafficTable] ?? []
    batches.push(rows.length)
    if (batches.length > 1) return send(command, options)
    const done = new BatchWriteCommand({
      RequestItems: { [busy.trafficTable]: rows.slice(left) },
    })
    const UnprocessedItems = { [busy.trafficTable]: rows.slice(0, left) }
    const answer = await send(done, options)
    then()
    return { ...answer, UnprocessedItems }
  }) as never)
  return { busy, batches }
}

it('rows are written, 25 a request', async () => {
  const { watched, inputs } = watchedStore()

  await writeRows(watched, puts(51), signal)

  const sizes = inputs.map(({ RequestItems }) => Object.values(RequestItems as object)[0].length)
  expect(sizes).toEqual([25, 25, 1])
  expect(await kept()).toHaveLength(51)
})

it('of several writes of one row the last one counts', async () => {
  await writeRows(store, [{ remove: row(1) }, { put: row(1, { a: 1 }) }, { put: row(2) }], signal)
  await writeRows(store, [{ put: row(2, { a: 2 }) }, { remove: row(2) }], signal)

  expect(await kept()).toEqual([row(1, { a: 1 })])
})

it('no rows are no request', async () => {
  const { watched, commands } = watchedStore()

  await writeRows(watched, [], signal)

  expect(commands).toEqual([])
})

const removes = (count: number) => puts(count).map(({ put }) => ({ remove: put }))

it.each<[string, (count: number) => RowWrite[], number]>([
  ['put', puts, 3],
  ['remove', removes, 0],
])(
  'what a batch leaves undone is sent again, and nothing else: %s',
  async (_, writes, remaining) => {
    await writeRows(store, puts(3), signal)
    const { busy, batches } = busyStore(2)

    const { left, cause } = await tryToWriteRows(busy, writes(3), signal)

    expect([batches, left, cause]).toEqual([[3, 2], [], undefined])
    expect(await kept()).toHaveLength(remaining)
  },
)

it('a batch that is not taken keeps no other from being written', async () => {
  let batches = 0
  const gone = new Error('The table is busy.')
  const { watched } = watchedStore(() => {
    batches += 1
    if (batches === 1) throw gone
  })

  const { left, cause } = await tryToWriteRows(watched, puts(26), signal)

  expect([left, await kept()]).toEqual([puts(25), [row(25)]])
  expect((cause as Error).cause).toBe(gone)
})

it('what is left throws, once nothing waits any more', async () => {
  const controller = new AbortController()
  const { busy, batches } = busyStore(1, () => controller.abort())

  await expect(writeRows(busy, puts(2), controller.signal)).rejects.toThrow()

  expect([batches, await kept()]).toEqual([[2], [row(1)]])
})

it('a row is read as it is now, or there is none', async () => {
  const { watched, inputs } = watchedStore()
  const read = (n: number) =>
    readItem<RowKey>(watched.retrying, { table: store.trafficTable, key: row(n) }, signal)
  await writeRows(store, [{ put: row(1) }], signal)

  expect([await read(1), await read(2)]).toEqual([row(1), undefined])
  expect(inputs).toMatchObject([{ ConsistentRead: true }, { ConsistentRead: true }])
})
