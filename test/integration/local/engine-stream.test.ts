// How the shards of an engine's stream are read. The engines that are to be had keep one shard for
// hours: these here are made up, and end.
import { EventEmitter, once } from 'node:events'
import type { _Record, Shard } from '@aws-sdk/client-dynamodb-streams'
import { expect, it, vi } from 'vitest'
import type { Beginning, EngineShards } from '../../../infra/local/dynamodb/engine-shards.ts'
import { readTableStream } from '../../../infra/local/dynamodb/engine-stream.ts'

interface MadeShard {
  parent?: string
  records: string[]
  /** Nothing will be written to it any more. */
  ended?: true
}

/** An iterator is the shard and a place in it; one is refused when its shard is in `expired`. */
function makeShards(made: Record<string, MadeShard>, expired = new Set<string>()) {
  const placeOf = (id: string, beginning: Beginning) => {
    const { records } = made[id]!
    if (beginning === 'TRIM_HORIZON') return 0
    return beginning === 'LATEST' ? records.length : records.indexOf(beginning.after) + 1
  }
  const shards: EngineShards = {
    list: async () =>
      Object.entries(made).map(
        ([ShardId, { parent }]): Shard => ({ ShardId, ...(parent && { ParentShardId: parent }) }),
      ),
    iteratorOf: async (id, beginning) => `${id} ${placeOf(id, beginning)}`,
    async read(iterator) {
      const [id = '', place] = iterator.split(' ')
      if (expired.delete(id)) throw Object.assign(new Error(), { name: 'ExpiredIterator' })
      const { records, ended } = made[id]!
      const found = records.slice(Number(place), Number(place) + 2)
      const next = Number(place) + found.length
      return {
        $metadata: {},
        Records: found.map((SequenceNumber): _Record => ({ dynamodb: { SequenceNumber } })),
        ...((!ended || next < records.length) && { NextShardIterator: `${id} ${next}` }),
      }
    },
    close() {},
  }
  return shards
}

async function read(shards: EngineShards) {
  const arrived = new EventEmitter()
  const numbers: string[] = []
  const reading = await readTableStream(
    shards,
    ({ dynamodb }) => {
      numbers.push(dynamodb!.SequenceNumber!)
      arrived.emit('record')
    },
    1,
  )
  const until = async (last: string) => {
    while (numbers.at(-1) !== last) await once(arrived, 'record')
    reading.close()
    return numbers
  }
  return { until, numbers }
}

it('a shard that ended is read to its end, and then its children from their beginning', async () => {
  const made: Record<string, MadeShard> = { parent: { records: ['1'] } }
  const { until } = await read(makeShards(made))

  // As DynamoDB lists them: in no order.
  made.grandchild = { parent: 'child', records: ['7', '8'] }
  made.child = { parent: 'parent', records: ['5', '6'], ended: true }
  made.parent = { records: ['1', '2', '3', '4'], ended: true }

  expect(await until('8')).toEqual(['2', '3', '4', '5', '6', '7', '8'])
})

it('what was in a shard at the start is not read, nor a shard that has children by then', async () => {
  const made: Record<string, MadeShard> = {
    parent: { records: ['1', '2'], ended: true },
    child: { parent: 'parent', records: ['3'] },
  }
  const { until } = await read(makeShards(made))

  made.child!.records.push('4')

  expect(await until('4')).toEqual(['4'])
})

it('a stream without shards is read from the beginning of the first that it gets', async () => {
  const made: Record<string, MadeShard> = {}
  const { until } = await read(makeShards(made))

  made.first = { records: ['1', '2', '3'] }

  expect(await until('3')).toEqual(['1', '2', '3'])
})

it('a dead iterator is resumed after the last record that was read', async () => {
  const made: Record<string, MadeShard> = { only: { records: [] } }
  const expired = new Set<string>()
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const { until, numbers } = await read(makeShards(made, expired))
  made.only!.records.push('1')
  while (numbers.length === 0) await new Promise(setImmediate)

  expired.add('only')
  made.only!.records.push('2', '3')

  expect(await until('3')).toEqual(['1', '2', '3'])
  expect(warn.mock.calls).toEqual([['The stream of the devices: ExpiredIterator, going on.']])
  warn.mockRestore()
})
