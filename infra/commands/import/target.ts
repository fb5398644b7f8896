// The table that devices are imported into: that of a stage, or that of npm start.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { DeviceItem, DeviceKey } from '../../../lib/device/device.ts'
import { createDevice, readDevices } from '../../../lib/device/store.ts'
import type { Store } from '../../../lib/dynamodb/client.ts'
import type { Environment } from '../../../lib/settings/read.ts'
import { readDeployment } from '../../stack/deployment.ts'
import { localCredentials, localRegion, localTables } from '../../stack/local.ts'
import { ask } from '../ask.ts'
import type { Run } from '../command.ts'
import { findTables } from '../deploy/tables.ts'
import { namedStage, openStage, type StageOptions } from '../stage.ts'

/** Where devices are written and looked for. What AWS refuses is one sentence. */
export interface Target {
  /** The table and its region. */
  place: string
  /** The settings of the stage. */
  settings: Environment
  /** Puts a device in; false where one of this key lives. */
  put(device: DeviceItem): Promise<boolean>
  /** Returns how many of up to 100 devices live. */
  count(keys: DeviceKey[]): Promise<number>
  close(): void
}

/** The stage of npm start, which has no AWS. */
export const localStage = 'local'

/** Of npm start, unless it was told another. */
const localUrl = 'http://127.0.0.1:8000'

/** On demand a table takes more from minute to minute: until then it throttles. */
const mostTries = 10

/** Opens the table of a stage. Throws one sentence. */
export async function openTarget(
  { dynamodb, ...options }: StageOptions & { dynamodb?: string | undefined },
  run: Pick<Run, 'env' | 'deadlines'>,
): Promise<Target> {
  const { table, region, settings, ...client } =
    namedStage(options) === localStage
      ? openLocal(run, dynamodb)
      : await openDeployed(options, run, dynamodb)
  const documents = DynamoDBDocumentClient.from(
    new DynamoDBClient({ ...client.options, region, maxAttempts: mostTries }),
    { unmarshallOptions: { wrapNumbers: Number } },
  )
  const store: Store = {
    ...localTables,
    ...{ retrying: documents, once: documents, devicesTable: table },
  }
  const { signal } = new AbortController()
  const asked = (operation: string, failed: string) => ({
    permission: `dynamodb:${operation}`,
    of: table,
    failed,
  })
  return {
    place: `${table} (${region})`,
    settings,
    async put(device) {
      const put = createDevice(store, device, signal)
      const found = await ask(put, asked('PutItem', 'could not be written'), { region })
      // A retry of the SDK finds what its first try wrote.
      return found?.createdAt === device.createdAt
    },
    async count(keys) {
      const read = readDevices(store, keys, signal)
      return (await ask(read, asked('BatchGetItem', 'could not be read'), { region })).length
    },
    close: () => documents.destroy(),
  }
}

function openLocal({ env }: Pick<Run, 'env'>, dynamodb = localUrl) {
  const { effective } = readDeployment(localStage, env)
  const options = { endpoint: dynamodb, credentials: localCredentials }
  return { table: localTables.devicesTable, region: localRegion, settings: effective, options }
}

async function openDeployed(
  options: StageOptions,
  run: Pick<Run, 'env' | 'deadlines'>,
  dynamodb: string | undefined,
) {
  if (dynamodb !== undefined) throw new Error(`--dynamodb is for --stage ${localStage} alone.`)
  const stage = await openStage(options, run)
  const { DevicesTable: table } = await findTables(stage)
  const { region, ...client } = stage.clientOptions('DYNAMODB')
  return { table, region, settings: stage.deployment.effective, options: client }
}
