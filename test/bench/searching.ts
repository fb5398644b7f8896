// npm run bench:search: how long a search among so many devices takes, warm, on dynoxide. The end
// of a number, the beginning of a user id, a state, and a text that finds nothing. Fails where a
// median is above 100 ms. The tables are made as a DynamoDB export that dynoxide imports.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { marshall } from '@aws-sdk/util-dynamodb'
import { findDynoxide } from '../../infra/local/dynamodb/dynoxide.ts'
import {
  EngineMissing,
  engineMissingExitCode,
  startEngine,
} from '../../infra/local/dynamodb/engine.ts'
import { newDevice } from '../../lib/device/device.ts'
import { connectStore } from '../../lib/dynamodb/client.ts'
import { searchRows } from '../../lib/search/row.ts'
import { searchDevices } from '../../lib/search/store.ts'
import { searchParts } from '../../lib/search/text.ts'
import { throttleSettings } from '../../lib/settings/throttle.ts'

const count = Number(process.argv[2] ?? 100_000)
const rounds = 20
const mostMs = 100
const devicesOfAFile = 20_000
const tables = { devices: ['userId', 'deviceId'], traffic: ['subject', 'entry'] } as const
const throttle = throttleSettings({})
const now = Date.now()
const { signal } = new AbortController()

const work = await mkdtemp(join(tmpdir(), 'otp-bench-search-'))
try {
  const program = await findDynoxide(signal)
  const database = await makeDatabase(program)
  const engine = await startEngine(
    'dynoxide',
    port => [program, '--db-path', database, '--port', String(port)],
    signal,
  )
  try {
    await measure(engine.url)
  } finally {
    await engine.close()
  }
} catch (error) {
  if (!(error instanceof EngineMissing)) throw error
  console.error(error.message)
  process.exitCode = engineMissingExitCode
} finally {
  await rm(work, { recursive: true, force: true })
}

async function measure(url: string): Promise<void> {
  Object.assign(process.env, {
    ...{ AWS_REGION: 'local', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    ...{ AWS_ENDPOINT_URL_DYNAMODB: url, DEVICES_TABLE: 'devices', TRAFFIC_TABLE: 'traffic' },
  })
  const store = connectStore()
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
}

function deviceOf(n: number) {
  return newDevice({
    ...{ userId: `user-${String(n * 7919).padStart(10, '0')}`, deviceId: `d-${n}` },
    ...{ name: '', number: `+1415${String(5_000_000 + n)}`, country: 'US' },
    ...{ confirmed: n % 50 !== 0, factorMs: 1000, now },
  })
}

/** Writes the devices with the rows that the stream's reader keeps of them, and imports both. */
async function makeDatabase(program: string): Promise<string> {
  const source = join(work, 'export')
  const folderOf = (table: string) => join(source, table, 'data')
  for (const table of Object.keys(tables)) await mkdir(folderOf(table), { recursive: true })
  for (let from = 0; from < count; from += devicesOfAFile) {
    const devices = Array.from({ length: Math.min(devicesOfAFile, count - from) }, (_, n) =>
      deviceOf(from + n),
    )
    const rows = devices.flatMap(device => searchRows(device, throttle))
    await writeFile(join(folderOf('devices'), `${from}.json.gz`), exported(devices))
    await writeFile(join(folderOf('traffic'), `${from}.json.gz`), exported(rows))
  }
  const schema = join(work, 'schema.json')
  await writeFile(schema, JSON.stringify(Object.entries(tables).map(describeTable)))
  const database = join(work, 'tables.db')
  const given = ['import', '--source', source, '--schema', schema, '--output', database]
  await promisify(execFile)(program, given, { signal })
  await rm(source, { recursive: true })
  return database
}

function exported(items: object[]): Buffer {
  const lines = items.map(Item => `${JSON.stringify({ Item: marshall(Item) })}\n`)
  return gzipSync(lines.join(''), { level: 1 })
}

/** As DescribeTable would answer; the search reads no index. */
function describeTable([TableName, names]: [string, readonly [string, string]]) {
  return {
    Table: {
      ...{ TableName, TableStatus: 'ACTIVE' },
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      AttributeDefinitions: names.map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: names.map((AttributeName, n) => ({
        AttributeName,
        KeyType: n === 0 ? 'HASH' : 'RANGE',
      })),
    },
  }
}
