// What infra/stack/tables.yml says of a table, for the stage that is looked at.
import { readFile } from 'node:fs/promises'
import type { TableDescription } from '@aws-sdk/client-dynamodb'
import { parse } from 'yaml'

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
  /** Null where nothing is said of it: what it holds need not be kept. */
  isProtected: boolean | null
  recovers: boolean | null
  /** The attribute by which items expire, or null where none ever does. */
  expiresBy: string | null
}

/** Reads what each table of a stage must be. */
export async function readExpected(stage: string): Promise<(kind: TableKind) => ExpectedTable> {
  const read = async (file: string) =>
    // YAML 1.1's `!Ref` and friends are CloudFormation's business; here nothing that is read has
    // one.
    parse(await readFile(new URL(file, import.meta.url), 'utf8'), { logLevel: 'silent' })
  const { Resources } = await read('../../stack/tables.yml')
  const { params } = await read('../../../serverless.yml')
  return ({ resource }) => {
    const table = Resources[resource].Properties
    const indexes: { IndexName: string }[] = table.GlobalSecondaryIndexes ?? []
    return {
      keys: keysOf(table.KeySchema),
      indexes: indexes.map(({ IndexName }) => IndexName),
      isProtected:
        table.DeletionProtectionEnabled === undefined
          ? null
          : { ...params.default, ...params[stage] }.tableDeletionProtection,
      recovers: table.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled ?? null,
      expiresBy: table.TimeToLiveSpecification?.AttributeName ?? null,
    }
  }
}

/** A key schema in words. */
export function keysOf(schema: TableDescription['KeySchema'] = []): string {
  return schema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`).join(', ')
}
