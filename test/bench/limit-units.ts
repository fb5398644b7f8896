// The write units that the limits of one challenge cost, as shipped, at the end of a day on which
// every counter has counted what it takes: by DynamoDB's rule, a unit for each kilobyte begun of
// the item.
import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { connectStore } from '../../lib/dynamodb/client.ts'
import { chargeLimits, tidyLimits } from '../../lib/limits/store.ts'
import { type Counter, countersOf } from '../../lib/limits/subject.ts'
import { requestName } from '../../lib/request-name.ts'
import { type LimitName, limitNames, limitSettings } from '../../lib/settings/limits.ts'
import { itemBytes } from '../support/item-bytes.ts'
import { shippedSettings } from '../support/shipped.ts'

/** The write of one counter. */
export interface LimitWrite {
  limit: LimitName
  seconds: number
  bytes: number
  units: number
}

const unitBytes = 1_024
const dayMs = 86_400_000

/** Most sends that are counted: a register with that many is full. */
const enough = 200

/** Sends of a device in a day; what its user sends more is another device's. */
const mostOfDevice = 20

/**
 * Fills the counters of one challenge of an established device on the engine, and measures each.
 */
export async function measureLimitUnits(): Promise<LimitWrite[]> {
  const store = connectStore()
  const signal = new AbortController().signal
  const naming = { indexKey: Buffer.alloc(32), limits: limitSettings(shippedSettings) }
  const run = requestName(null)
  const day = Math.floor(Date.now() / dayMs) * dayMs
  const countersAt = (name: string, n: number, now: number) => {
    const own = `${run} ${Math.floor(n / mostOfDevice)}`
    const subjects = { ...Object.fromEntries(limitNames.map(one => [one, run])), own }
    return countersOf(naming, subjects, { requestName: name, now, isEstablished: true })
  }
  const writes: LimitWrite[] = []
  for (const [index, { windows }] of countersAt(run, 0, day).entries()) {
    const [{ limit, most, seconds } = { limit: 'number' as const, most: 0, seconds: 1 }] = windows
    const sends = Math.min(most, enough)
    let counter: Counter | undefined
    for (let n = 0; n < sends; n++) {
      const request = requestName(null)
      const now = day + Math.floor((n * seconds * 1000) / sends)
      counter = countersAt(request, n, now)[index]
      const charge = { requestName: request, whenFull: 'refuse' as const }
      const charged = await chargeLimits(store, counter ? [counter] : [], charge, signal)
      await tidyLimits(store, charged, signal)
    }
    const { Item = {} } = await store.retrying.send(
      new GetCommand({ TableName: store.limitsTable, Key: { limitKey: counter?.key } }),
    )
    const bytes = itemBytes(Item)
    writes.push({ limit, seconds, bytes, units: Math.ceil(bytes / unitBytes) })
  }
  return writes
}
