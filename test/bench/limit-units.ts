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

/** Fills the counters of one challenge on the engine, and measures each. */
export async function measureLimitUnits(): Promise<LimitWrite[]> {
  const store = connectStore()
  const signal = new AbortController().signal
  const shipped = limitSettings(shippedSettings)
  const indexKey = Buffer.alloc(32)
  const run = requestName(null)
  const day = Math.floor(Date.now() / dayMs) * dayMs
  const writes: LimitWrite[] = []
  for (const name of limitNames) {
    const own = shipped.limits.filter(({ limit }) => limit === name)
    const limits = { ...shipped, limits: own }
    const first = { requestName: run, now: day, isEstablished: false }
    const items = countersOf({ indexKey, limits }, { [name]: run }, first)
    for (const { windows } of items) {
      const { most = 0, seconds = 1 } = windows[0] ?? {}
      const only = own.filter(one => windows.some(window => window.seconds === one.seconds))
      const sends = Math.min(most, enough)
      let counter: Counter | undefined
      for (let n = 0; n < sends; n++) {
        const request = requestName(null)
        const now = day + Math.floor((n * seconds * 1000) / sends)
        const subjects = { [name]: `${run} ${seconds}` }
        const send = { requestName: request, now, isEstablished: false }
        const counters = countersOf(
          { indexKey, limits: { ...shipped, limits: only } },
          subjects,
          send,
        )
        const charge = { requestName: request, whenFull: 'refuse' as const }
        const charged = await chargeLimits(store, counters, charge, signal)
        await tidyLimits(store, charged, signal)
        counter = counters[0]
      }
      const { Item = {} } = await store.retrying.send(
        new GetCommand({ TableName: store.limitsTable, Key: { limitKey: counter?.key } }),
      )
      const bytes = itemBytes(Item)
      writes.push({ limit: name, seconds, bytes, units: Math.ceil(bytes / unitBytes) })
    }
  }
  return writes
}
