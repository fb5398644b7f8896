// Two tables on one engine, of a thousand and of a million devices. They are made once, as a
// DynamoDB export that dynoxide imports, and kept in .local/bench/; dynalite could not hold them.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { marshall } from '@aws-sdk/util-dynamodb'
import { findDynoxide } from '../../infra/local/dynamodb/dynoxide.ts'
import { type Engine, startEngine } from '../../infra/local/dynamodb/engine.ts'
import { newDevice } from '../../lib/device/device.ts'

/** Devices in each table, by table name. */
export const tables = { 'devices-1000': 1_000, 'devices-1000000': 1_000_000 } as const

const database = resolve(import.meta.dirname, '../../.local/bench/devices.db')
const linesOfAFile = 50_000

/** Starts dynoxide with both tables; rejects with EngineMissing where it cannot be had. */
export async function startGrownEngine(signal: AbortSignal): Promise<Engine> {
  const program = await findDynoxide(signal)
  if (!existsSync(database)) await makeDatabase(program)
  return startEngine(
    'dynoxide',
    port => [program, '--db-path', database, '--port', String(port)],
    signal,
  )
}

/** The database appears when all of it is there. */
async function makeDatabase(program: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'otp-bench-tables-'))
  try {
    for (const [table, count] of Object.entries(tables)) await writeExport(work, table, count)
    const schema = join(work, 'schema.json')
    await writeFile(schema, JSON.stringify(Object.keys(tables).map(describeTable)))
    await mkdir(join(database, '..'), { recursive: true })
    const made = `${database}.${process.pid}`
    const source = ['import', '--source', join(work, 'export'), '--schema', schema]
    await promisify(execFile)(program, [...source, '--output', made])
    await rename(made, database)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function writeExport(work: string, table: string, count: number): Promise<void> {
  const folder = join(work, 'export', table, 'data')
  await mkdir(folder, { recursive: true })
  const line = `${JSON.stringify({ Item: marshall(deviceOf(0)) })}\n`
  for (let from = 0; from < count; from += linesOfAFile) {
    const lines = Array.from({ length: Math.min(linesOfAFile, count - from) }, (_, n) =>
      line.replaceAll(keyOf(0), keyOf(from + n)),
    )
    await writeFile(join(folder, `${from}.json.gz`), gzipSync(lines.join(''), { level: 1 }))
  }
}

/** The id of the n-th device and of its user, and its number without the plus. */
export function keyOf(n: number): string {
  return `1555${String(n).padStart(8, '0')}`
}

function deviceOf(n: number) {
  const key = { userId: keyOf(n), deviceId: keyOf(n), number: `+${keyOf(n)}` }
  return newDevice({
    ...key,
    name: 'Phone',
    country: 'US',
    confirmed: true,
    factorMs: 1000,
    now: 1,
  })
}

/** As DescribeTable would answer, for the keys of infra/stack/data/tables.yml. */
function describeTable(table: string) {
  const key = (name: string, type: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType: type })
  return {
    Table: {
      TableName: table,
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      AttributeDefinitions: ['userId', 'deviceId', 'number'].map(name => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [key('userId', 'HASH'), key('deviceId', 'RANGE')],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'number',
          KeySchema: [key('number', 'HASH')],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    },
  }
}
