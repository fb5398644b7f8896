// Verify against devices: a thousand and a million in the table, one and fifty of a user, the list
// of them included.
import { keyOf, tables } from './growth.ts'
import { challenged, put, putAll, subject } from './subject.ts'
import { inTurn, timed } from './warm.ts'
import type { Task } from './worker.ts'

const [small, large] = Object.keys(tables) as (keyof typeof tables)[]

/** Latencies by what the table holds. */
export async function measureTables(task: Task) {
  const verifyIn = (table: keyof typeof tables) => {
    const verify = inTable(table, () => subject(task, 'verify'))
    return async () => {
      const key = keyOf(Math.floor(Math.random() * tables[table]))
      const one = await challenged(key, key)
      await inTable(table, () => put(one))
      const ids = { userId: key, deviceId: key }
      return timed(() => verify(200, { ...ids, body: { token: one.drawn.token } }))
    }
  }
  const ofUser = async (count: number) => {
    const userId = `user-with-${count}`
    const all = await Promise.all(
      Array.from({ length: count }, (_, n) => challenged(`of-${count}-${n}`, userId)),
    )
    await inTable(large!, () => putAll(all))
    const verify = inTable(large!, () => subject(task, 'verify'))
    const list = inTable(large!, () => subject(task, 'list-devices'))
    return {
      verify: async () => {
        const one = await challenged(`of-${count}-0`, userId)
        await inTable(large!, () => put(one))
        const ids = { userId, deviceId: one.device.deviceId }
        return timed(() => verify(200, { ...ids, body: { token: one.drawn.token } }))
      },
      list: () => timed(() => list(200, { userId })),
    }
  }
  const [alone, withFifty] = [await ofUser(1), await ofUser(50)]
  return inTurn(task.rounds, {
    'verify, 1,000 devices in the table': verifyIn(small!),
    'verify, 1,000,000 devices in the table': verifyIn(large!),
    'verify, 1 device of the user': alone.verify,
    'verify, 50 devices of the user': withFifty.verify,
    'list, 1 device of the user': alone.list,
    'list, 50 devices of the user': withFifty.list,
  })
}

function inTable<Result>(table: string, work: () => Result): Result {
  process.env.DEVICES_TABLE = table
  return work()
}
