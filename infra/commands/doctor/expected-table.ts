// What infra/stack/data/tables.yml says of a table, for the stage that is looked at.
import { readFile } from 'node:fs/promises'
import type { StreamViewType, TableDescription } from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'
import type { Deployment } from '../../stack/deployment.ts'

/** One of the service's tables. */
export interface TableKind {
  resource: 'DevicesTable' | 'LimitsTable' | 'TrafficTable'
  /** The setting that names it. */
  setting: 'DEVICES_TABLE' | 'LIMITS_TABLE' | 'TRAFFIC_TABLE'
  /** What its items are. */
  items: 'devices' | 'counters' | 'slices'
  /** What its findings are called, such as `limits table`. */
  of: (what: string) => string
}

/** What a table must be. */
export interface ExpectedTable {
  /** `userId HASH, deviceId RANGE`. */
  keys: string
  indexes: string[]
  isProtected: boolean
  /** Null where nothing is said of it: what it holds need not be kept. */
  recovers: boolean | null
  /** The attribute by which items expire, or null where none ever does. */
  expiresBy: string | null
  /** What its stream holds of each write, or null where it has none. */
  streams: StreamViewType | null
}

/** Reads what each table of a stage must be. */
export async function readExpected({
  protectsTables,
}: Deployment): Promise<(kind: Pick<TableKind, 'resource'>) => ExpectedTable> {
  const file = new URL('../../stack/data/tables.yml', import.meta.url)
  // YAML 1.1's `!Ref` and friends are CloudFormation's business; here nothing that is read has one.
  const { Resources } = parse(await readFile(file, 'utf8'), { logLevel: 'silent' })
  return ({ resource }) => {
    const table = Resources[resource].Properties
    const indexes: { IndexName: string }[] = table.GlobalSecondaryIndexes ?? []
    return {
      keys: keysOf(table.KeySchema),
      indexes: indexes.map(({ IndexName }) => IndexName),
      isProtected: protectsTables,
      recovers: table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled ?? null,
      expiresBy: table.TimeToLiveSpecification?.AttributeName ?? null,
      streams: table.StreamSpecification?.StreamViewType ?? null,
    }
  }
}

/** A key schema in words. */
export function keysOf(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ')
}
