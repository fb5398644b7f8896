// The embedded DynamoDB of npm start and of the tests: dynalite, with the tables of infra/stack/tables.yml,
// taught the two things that the service asks of DynamoDB and dynalite lacks.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import db from 'dynalite/db/index.js'
import deleteItem from 'dynalite/validations/deleteItem.js'
import putItem from 'dynalite/validations/putItem.js'
import updateItem from 'dynalite/validations/updateItem.js'
import { parse } from 'yaml'

/** A write as DynamoDB Streams would tell it: the item before and after, undefined where there is none. */
export interface Change {
  keys: Item
  before: Item | undefined
  after: Item | undefined
}

type Item = Record<string, AttributeValue>

/** A running dynalite. */
export interface Dynalite {
  url: string
  port: number
  /** Ends open connections and closes the database. */
  close(): Promise<void>
}

/**
 * Starts dynalite with its tables created; port 0 is any free one. Rejects with EADDRINUSE when the
 * port is busy. Without a `path` everything is kept in memory; an existing folder is gone on with.
 */
export async function startDynalite(options: {
  port: number
  host?: string
  path?: string | undefined
  devicesTable?: string
  limitsTable?: string
  trafficTable?: string
  /** Told every write to the devices table, those of one item in their order. */
  onChange?: (change: Change) => void
}): Promise<Dynalite> {
  const {
    port,
    host = '127.0.0.1',
    path,
    devicesTable = 'devices',
    limitsTable = 'limits',
    trafficTable = 'traffic',
    onChange,
  } = options
  if (path) await assertOpens(path)
  if (onChange) listeners.set(devicesTable, onChange)
  const server = dynalite({ createTableMs: 0, path })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: boundPort } = server.address() as AddressInfo
  const url = `http://${host}:${boundPort}`
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close(error => (error ? reject(error) : resolve()))
      server.closeAllConnections()
    })
  await createTables({ endpoint: url, devicesTable, limitsTable, trafficTable })
  return { url, port: boundPort, close }
}

/** Creates the tables of infra/stack/tables.yml on any engine that speaks DynamoDB; those that exist stay. */
export async function createTables(options: {
  endpoint: string
  region?: string
  devicesTable: string
  limitsTable: string
  trafficTable?: string
}): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: options.endpoint,
    region: options.region ?? 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  try {
    const tables = {
      DevicesTable: options.devicesTable,
      LimitsTable: options.limitsTable,
      TrafficTable: options.trafficTable ?? 'traffic',
    }
    const definitionOf = await readTables()
    for (const [logicalId, TableName] of Object.entries(tables)) {
      const table = { ...definitionOf(logicalId), TableName }
      await client.send(new CreateTableCommand(table)).catch(error => {
        if (!(error instanceof ResourceInUseException)) throw error
      })
      await waitUntilTableExists(
        { client, maxWaitTime: 30, minDelay: 0.1, maxDelay: 1 },
        { TableName },
      )
    }
  } finally {
    client.destroy()
  }
}

/** Dynalite would throw where nobody can catch it, and say only that the database is closed. */
async function assertOpens(path: string): Promise<void> {
  const { Level } = createRequire(import.meta.resolve('dynalite'))('level')
  const level = new Level(path)
  try {
    await level.open()
    await level.close()
  } catch (cause) {
    throw new Error(`The database in ${path} cannot be opened. Is it in use?`, { cause })
  }
}

type TableDefinition = Omit<CreateTableCommandInput, 'TableName'>

/** What CreateTable understands of the CloudFormation properties of each table. */
async function readTables(): Promise<(logicalId: string) => TableDefinition> {
  const file = await readFile(new URL('../../stack/tables.yml', import.meta.url), 'utf8')
  // YAML 1.1's `!Ref` and friends are CloudFormation's business; here nothing that is read has one.
  const template = parse(file, { logLevel: 'silent' })
  return logicalId => {
    const { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema } =
      template.Resources[logicalId].Properties
    return { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema }
  }
}

// DynamoDB says in the refusal itself why a condition failed (ReturnValuesOnConditionCheckFailure:
// ALL_OLD); dynalite drops the parameter. Taught here rather than worked around in lib/, where a second
// read would see another moment: the check runs under the item's lock, so this is the item that was judged.
for (const { types } of [putItem, updateItem, deleteItem]) {
  types.ReturnValuesOnConditionCheckFailure = { type: 'String', enum: ['ALL_OLD', 'NONE'] }
}
const { checkConditional } = db
db.checkConditional = (request, item) => {
  const refusal = checkConditional(request, item)
  if (refusal && item && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') {
    refusal.body.Item = item
  }
  return refusal
}

// DynamoDB has streams; dynalite has the place where it knows an item before and after a write, under its lock.
const listeners = new Map<string, (change: Change) => void>()
const { updateIndexes } = db
db.updateIndexes = (store, table, before, after, done) =>
  updateIndexes(store, table, before, after, error => {
    done(error)
    const tell = error ? undefined : listeners.get(table.TableName)
    // Dynalite goes on with these objects.
    tell?.(
      structuredClone({ keys: keysOf(table, after ?? before), before, after: after ?? undefined }),
    )
  })

function keysOf(
  { KeySchema }: { KeySchema: { AttributeName: string }[] },
  item: Item | undefined,
): Item {
  return Object.fromEntries(
    KeySchema.map(({ AttributeName: name }) => [name, item?.[name] ?? { NULL: true }]),
  )
}
