// npm run bench:search: how long a search among so many devices takes, warm, on dynoxide. The end
// of a number, the beginning of a user id, a state, and a text that finds nothing. Fails where a
// median is above 100 ms.
import { performance } from 'node:perf_hooks'
import { createTables } from '../../infra/local/dynamodb/dynalite.ts'
import { startDynoxide } from '../../infra/local/dynamodb/dynoxide.ts'
import { EngineMissing, engineMissingExitCode } from '../../infra/local/dynamodb/engine.ts'
import { newDevice } from '../../lib/device/device.ts'
import { connectStore } from '../../lib/dynamodb/client.ts'
import { writeRows } from '../../lib/dynamodb/rows.ts'
import { searchRows } from '../../lib/search/row.ts'
import { searchDevices } from '../../lib/search/store.ts'
import { searchParts } from '../../lib/search/text.ts'
import { throttleSettings } from '../../lib/settings/throttle.ts'

const count = Number(process.argv[2] ?? 100_000)
const rounds = 20
const atOnce = 200
const mostMs = 100
const { signal } = new AbortController()
const engine = await startDynoxide(signal).catch(error => {
  console.error(error.message)
  process.exit(error instanceof EngineMissing ? engineMissingExitCode : 1)
})
Object.assign(process.env, {
  ...{ AWS_REGION: 'local', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
  ...{ AWS_ENDPOINT_URL_DYNAMODB: engine.url },
})
try {
  const [devicesTable, limitsTable, trafficTable] = ['devices', 'limits', 'traffic'] as const
  await createTables({ endpoint: engine.url, devicesTable, limitsTable, trafficTable })
  const store = connectStore()
  const throttle = throttleSettings({})
  const now = Date.now()
  const deviceOf = (n: number) =>
    newDevice({
      ...{ userId: `user-${String(n * 7919).padStart(10, '0')}`, deviceId: `d-${n}` },
      ...{ name: '', number: `+1415${String(5_000_000 + n)}`, country: 'US' },
      ...{ confirmed: n % 50 !== 0, factorMs: 1000, now },
    })
  for (let from = 0; from < count; from += atOnce) {
    const devices = Array.from({ length: Math.min(atOnce, count - from) }, (_, n) =>
      deviceOf(from + n),
    )
    const asRows = { ...store, trafficTable: devicesTable }
    const items = devices.map(device => ({
      put: { ...device, subject: device.userId, entry: device.deviceId },
    }))
    await writeRows(asRows, items, signal)
    const rows = devices.flatMap(device => searchRows(device, throttle))
    await writeRows(
      store,
      rows.map(row => ({ put: row })),
      signal,
    )
  }
  const searched = deviceOf(Math.floor(count / 2))
  const queries = {
    'the end of a number': { search: searched.number.slice(-6) },
    'the last three digits': { search: searched.number.slice(-3) },
    'the beginning of a user id': { search: searched.userId.slice(0, -2) },
    'every user id': { search: 'user' },
    'a state': { state: 'unconfirmed' as const },
    nothing: { search: 'nobody-at-all' },
  }
  console.log(`${count.toLocaleString('en')} devices, ms of ${rounds}, 25 a page`)
  for (const [what, query] of Object.entries(queries)) {
    const parts = searchParts(query, null, { throttle, now }) ?? []
    const search = () => searchDevices(store, { parts, limit: 25, start: null }, signal)
    const found = (await search()).devices.length
    const times: number[] = []
    for (let n = 0; n < rounds; n++) {
      const start = performance.now()
      await search()
      times.push(performance.now() - start)
    }
    const [median = 0] = times.toSorted((a, b) => a - b).slice(rounds / 2)
    console.log(`  ${what.padEnd(30)}${median.toFixed(1).padStart(8)}   ${found} found`)
    if (median > mostMs) process.exitCode = 1
  }
} finally {
  await engine.close()
}
