// The embedded DynamoDB of npm start and of the tests: dynalite with the tables of
// infra/stack/data/tables.yml. Two features that the service needs and dynalite lacks are added
// here, and a crash is mended.
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
import { guardHost } from '../guard.ts'
import { urlOf } from '../url.ts'

/**
 * A write as DynamoDB Streams reports it: the item before and after, undefined where there is none.
 */
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
  /** Closes open connections and the database. */
  close(): Promise<void>
}

/**
 * Starts dynalite and creates its tables. Port 0 is any free one. Rejects with EADDRINUSE when the
 * port is taken. Without a `path` everything is in memory; an existing folder is opened again.
 */
export async function startDynalite(options: {
  port: number
  host?: string
  path?: string | undefined
  devicesTable?: string
  limitsTable?: string
  trafficTable?: string
  /** Called with every write to the devices table, the writes of one item in order. */
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
  guardHost(server, host)
  server.listen(port, host)
  await once(server, 'listening')
  const { port: boundPort } = server.address() as AddressInfo
  const url = urlOf(host, boundPort)
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close(error => (error ? reject(error) : resolve()))
      server.closeAllConnections()
    })
  await createTables({ endpoint: url, devicesTable, limitsTable, trafficTable })
  return { url, port: boundPort, close }
}

/**
 * Creates the tables of infra/stack/data/tables.yml, unless they exist, on any engine
 * that speaks DynamoDB.
 */
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

/**
 * Checks that the folder opens. Dynalite would throw where the error cannot be caught, and say only
 * that the database is closed.
 */
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

/** Reads the properties of each table in CloudFormation that CreateTable takes. */
async function readTables(): Promise<(logicalId: string) => TableDefinition> {
  const file = await readFile(new URL('../../stack/data/tables.yml', import.meta.url), 'utf8')
  // Tags such as `!Ref` are CloudFormation's; nothing that is read here has one.
  const template = parse(file, { logLevel: 'silent' })
  return logicalId => {
    const { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema } =
      template.Resources[logicalId].Properties
    return { AttributeDefinitions, BillingMode, GlobalSecondaryIndexes, KeySchema }
  }
}

// DynamoDB returns the item with a refused condition (ReturnValuesOnConditionCheckFailure:
// ALL_OLD), and dynalite drops that parameter. A second read in lib/ would see a later moment. The
// check runs under the item's lock, so this is the very item that was checked.
for (const { types } of [putItem, updateItem, deleteItem]) {
  types.ReturnValuesOnConditionCheckFailure = { type: 'String', enum: ['ALL_OLD', 'NONE'] }
}
const { checkConditional } = db
db.checkConditional = (request, item) => {
  const condition = request._condition as { expression: ParsedCondition } | undefined
  const refusal = checkConditional(
    condition
      ? { ...request, _condition: { expression: withoutIn(condition.expression) } }
      : request,
    item,
  )
  if (refusal && item && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') {
    refusal.body.Item = item
  }
  return refusal
}

/** A condition, or an operand of one. */
interface ParsedCondition {
  type: string
  args: ParsedCondition[]
}

/** Dynalite crashes where an operand of IN is absent. For DynamoDB that is no match, as for `=`. */
function withoutIn(condition: ParsedCondition): ParsedCondition {
  const { type, args } = condition
  if (type === 'in') {
    const [one, ...list] = args
    return list
      .map((other): ParsedCondition => ({ type: '=', args: [one!, other] }))
      .reduce((any, next) => ({ type: 'or', args: [any, next] }))
  }
  return ['and', 'or', 'not'].includes(type)
    ? { ...condition, args: args.map(withoutIn) }
    : condition
}

// DynamoDB has streams. Dynalite has this one place that knows an item before and after a
// write, under its lock.
const listeners = new Map<string, (change: Change) => void>()
const { updateIndexes } = db
db.updateIndexes = (store, table, before, after, done) =>
  updateIndexes(store, table, before, after, error => {
    done(error)
    const listener = error ? undefined : listeners.get(table.TableName)
    // Dynalite goes on using these objects.
    listener?.(
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
