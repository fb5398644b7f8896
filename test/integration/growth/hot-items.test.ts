// What one item of ours gets in a second of two thousand logins, all new, all in one country, with
// the limits raised to let them through; and what the partitions of the search get of sign-ups, of
// which there are fewer. DynamoDB takes 1,000 write units and gives 3,000 read
// units a second of one partition, which is all that an item can have.
import { randomUUID } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { findSuspension } from '../../../lib/breaker/gate.ts'
import { addToSlice } from '../../../lib/breaker/store.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { countersOf } from '../../../lib/limits/subject.ts'
import { requestName } from '../../../lib/request-name.ts'
import { searchWrites } from '../../../lib/search/row.ts'
import { breakerSettings } from '../../../lib/settings/breaker.ts'
import { isShared, limitSettings } from '../../../lib/settings/limits.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import type { DeviceChange } from '../../../lib/stream/records.ts'
import { deviceOf } from '../../support/device.ts'
import { indexKey, signal } from '../../support/devices.ts'
import { figure } from '../../support/figures.ts'

const logins = 2_000
const writeUnits = 1_000
const readUnits = 3_000
const noon = Date.UTC(2030, 0, 1, 12)
const store = connectStore()

/** How often the real client sent each command. */
function watch() {
  const sent = new Map<string, number>()
  const keys: number[] = []
  const send = store.retrying.send.bind(store.retrying)
  const counted = vi.fn(async (command: never, options: never) => {
    const { input } = command as { input: object }
    const { name } = (command as object).constructor
    sent.set(name, (sent.get(name) ?? 0) + 1)
    const { RequestItems = {} } = input as { RequestItems?: Record<string, { Keys: [] }> }
    for (const { Keys } of Object.values(RequestItems)) keys.push(Keys.length)
    return send(command, options)
  })
  const client = { send: counted } as unknown as typeof store.retrying
  return { sent, keys, store: { ...store, retrying: client, once: client } }
}

it('no shared counter is written more often than one item can be', () => {
  const limits = limitSettings({
    OTP_TWILIO_LIMIT_COUNTRY: `${logins * 86_400}/86400`,
    OTP_TWILIO_LIMIT_DEPLOYMENT: `${logins * 60}/60,${logins * 86_400}/86400`,
  })
  const writes = new Map<string, number>()
  for (let n = 0; n < logins; n++) {
    const send = { requestName: requestName(null), now: noon, isEstablished: false }
    const subjects = { country: 'US', deployment: 'all' }
    const counters = countersOf({ indexKey, limits }, subjects, send)
    for (const { limit, key } of counters.filter(one => isShared(one.limit))) {
      writes.set(`${limit} ${key}`, (writes.get(`${limit} ${key}`) ?? 0) + 1)
    }
  }

  const hottest = Math.max(...writes.values())
  report('writes of the hottest shared counter', hottest, writeUnits)
  expect(writes.size).toBe(120)
  expect(hottest).toBeLessThanOrEqual(writeUnits)
})

it('the suspensions are read by fewer units than their partition gives', async () => {
  const watched = watch()
  const breaker = breakerSettings({ OTP_TWILIO_BREAKER_PREFIX: '20/10/3600' })
  const gate = { breaker, indexKey, isEstablished: false, now: noon }

  await findSuspension(watched.store, { number: '+12125550199', country: 'US' }, gate, signal)

  // Half a unit each, of an entry that is there and of one that is not.
  const units = watched.keys.reduce((sum, keys) => sum + keys * 0.5, 0) * logins
  report('read units of the suspensions', units, readUnits)
  expect(watched.keys).toEqual([2])
  expect(units).toBeLessThanOrEqual(readUnits)
})

it('the slice of a country is written by fewer units than one item takes', async () => {
  const watched = watch()
  const slice = { subject: `country:US ${randomUUID()}`, at: noon }
  // Five changes of a device a login, in batches of a hundred.
  const batches = (logins * 5) / 100
  const perBatch = logins / batches
  for (let n = 0; n < batches; n++) {
    const ids = (before: number) =>
      new Set(
        Array.from({ length: perBatch }, (_, i) => `${(n - before) * perBatch + i}`.padStart(10)),
      )
    const given = { sends: ids(0), established: new Set<string>() }
    // Who was sent to three batches ago has verified.
    await addToSlice(
      watched.store,
      slice,
      { ...given, verified: ids(3), unsent: new Set() },
      signal,
    )
  }

  // At its fullest: 500 sends and as many verified, of ten characters each.
  const kilobytes = 14
  const writes = watched.sent.get('UpdateItemCommand') ?? 0
  const reads = watched.sent.get('QueryCommand') ?? 0
  report('write units of the slice of a country', writes * kilobytes, writeUnits)
  report('read units of it', reads * Math.ceil(kilobytes / 4), readUnits)
  expect(writes * kilobytes).toBeLessThanOrEqual(writeUnits)
  expect(reads * Math.ceil(kilobytes / 4)).toBeLessThanOrEqual(readUnits)
})

it('the search is written by fewer units than a partition takes, at 500 sign-ups a second', () => {
  const signUps = 500
  const units = new Map<string, number>()
  for (let n = 0; n < signUps; n++) {
    const device = deviceOf({ userId: `user-${n}`, deviceId: randomUUID() })
    const verified = { ...device, confirmed: true }
    // At worst both are in batches of their own.
    for (const change of [changeOf(null, device), changeOf(device, verified)]) {
      for (const write of searchWrites(change, throttle)) {
        const { subject } = 'put' in write ? write.put : write.remove
        units.set(subject, (units.get(subject) ?? 0) + 1)
      }
    }
  }

  const hottest = Math.max(...units.values())
  const claim = `${signUps} sign-ups a second: write units of the search, ${hottest} of ${writeUnits}`
  figure({ claim, trials: signUps, violations: Number(hottest > writeUnits) })
  expect(Object.fromEntries(units)).toEqual({
    'search:number': 500,
    'search:user': 500,
    'search:device': 500,
    'search:challenge': 500,
    'search:unconfirmed': 1_000,
  })
  expect(hottest).toBeLessThanOrEqual(writeUnits)
})

it('a login writes nothing of the search', () => {
  const device = deviceOf({ confirmed: true })
  const challenged = { ...device, challengedAt: noon, unverified: 1 }
  const verified = { ...challenged, usedNow: noon, unverified: 0 }

  const writes = [changeOf(device, challenged), changeOf(challenged, verified)].flatMap(change =>
    searchWrites(change, throttle),
  )

  expect(writes).toEqual([])
})

const throttle = throttleSettings({})

function changeOf(before: DeviceItem | null, device: DeviceItem): DeviceChange {
  return { sequenceNumber: '1', at: noon, device, before, isDeleted: false, events: [] }
}

function report(what: string, found: number, most: number): void {
  const claim = `${logins} logins a second: ${what}, ${Math.round(found)} of ${most}`
  figure({ claim, trials: logins, violations: Number(found > most) })
}
