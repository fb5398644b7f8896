// The claims about an update and a removal: what changed, what did not, and what was left.
import { isDeepStrictEqual } from 'node:util'
import {
  type Deployed,
  dynamodb,
  isOfData,
  isOfKeptRecords,
  isOfService,
  readLeftovers,
  readStack,
  readTable,
  type Stack,
  stackOf,
} from './deployed.ts'
import { expectEnvironments } from './expected.ts'
import type { Stand } from './stand.ts'

/** A stage before and after its update. */
export interface Update {
  before: Deployed
  after: Deployed
  /** The settings of the second deploy. */
  settings: Record<string, string>
}

/** Checks that an update changed the settings, and nothing else. */
export function checkUpdated({ report }: Stand, { before, after, settings }: Update): void {
  report.check('the stack is complete', 'UPDATE_COMPLETE', after.status)
  const found = Object.fromEntries(after.functions.map(one => [one.name, one.environment]))
  const cooldown = settings.OTP_TWILIO_COOLDOWN ?? 'as shipped'
  report.check(
    'the environment of every function',
    expectEnvironments(after, settings),
    found,
    `OTP_TWILIO_COOLDOWN ${cooldown}`,
  )
  report.check('the template keeps the settings', settings, after.metadata?.Settings, cooldown)
  const same = <T>(claim: string, of: (deployed: Deployed) => T) =>
    report.check(claim, of(before), of(after), 'as before')
  same('all else of the functions', ({ functions }) =>
    functions.map(({ environment: _, code: __, ...rest }) => rest),
  )
  same('the code', ({ functions }) => functions.map(({ code }) => code.sha256))
  same('the routes', ({ routes }) => routes)
  // A table that was replaced would have another time of creation, and an API another id.
  same('the very same API', ({ api }) => api?.apiId)
  same('the very same bucket', ({ bucket }) => bucket)
  same('what the stack is told of its tables', ({ parameters }) => parameters)
  same('the very same table', ({ table }) => lasting(table))
  same('the very same table of the limits', ({ limits }) => lasting(limits))
  same('the very same table of the traffic', ({ traffic }) => lasting(traffic))
}

/** DynamoDB counts the items anew now and then. */
function lasting({ ItemCount: _, TableSizeBytes: __, ...table }: Deployed['table']) {
  return table
}

/** Checks that nothing at all is other than before. */
export function checkUnchanged(
  { report }: Stand,
  claim: string,
  { before, after }: Pick<Update, 'before' | 'after'>,
): void {
  const whole = ({ table, limits, traffic, ...rest }: Deployed) => ({
    ...rest,
    tables: [table, limits, traffic].map(lasting),
  })
  report.check(claim, whole(before), whole(after), 'as before')
}

/** Checks that an item is as it was. Its attributes are named, their values never. */
export function checkItemKept(
  { report }: Stand,
  before: Record<string, unknown>,
  after: Record<string, unknown> | undefined,
): void {
  const changed = Object.keys(before).filter(
    name => !isDeepStrictEqual(before[name], after?.[name]),
  )
  report.check(
    'attributes of the device that was there',
    Object.keys(before).length,
    Object.keys(after ?? {}).length,
  )
  report.check('attributes of it that changed', [], changed)
}

/** Checks that nothing of a service is left, and everything of its data. */
export async function checkServiceRemoved(stand: Stand, before: Deployed): Promise<void> {
  const { aws, report } = stand
  const { place, data, outputs } = before
  report.check('the stack', 'gone', (await readStack(aws, stackOf(place))) ? 'there' : 'gone')
  for (const [what, left] of Object.entries(await readLeftovers(aws, isOfService(before)))) {
    report.check(
      what,
      [],
      left.filter(name => !isOfKeptRecords(name)),
    )
  }
  const { buckets: all = [] } = await readLeftovers(aws, isOfKeptRecords)
  report.check('what the readers of the stream kept', true, all.includes(outputs.KeptRecords ?? ''))
  const { tables = [], buckets = [] } = await readLeftovers(aws, isOfData(data))
  report.check('tables of the data', namesOf(data), tables)
  report.check('bucket of the data', [data.outputs.ServerlessDeploymentBucketName ?? ''], buckets)
  report.check('the stack of the tables', data, await readStack(aws, data.stackName), 'as before')
}

function namesOf({ outputs }: Pick<Deployed, 'outputs'>): string[] {
  const { DevicesTable = '', LimitsTable = '', TrafficTable = '' } = outputs
  return [DevicesTable, LimitsTable, TrafficTable].sort()
}

/**
 * Checks that nothing of the data is left either, but the tables that are to be kept, protected.
 */
export async function checkDataRemoved(
  { aws, report }: Stand,
  data: Stack,
  { isKept }: { isKept: boolean },
): Promise<void> {
  const kept = isKept ? namesOf(data) : []
  const stack = await readStack(aws, data.stackName)
  report.check('the stack of the tables', 'gone', stack ? 'there' : 'gone')
  for (const [what, left] of Object.entries(await readLeftovers(aws, isOfData(data)))) {
    report.check(what, what === 'tables' ? kept : [], left)
  }
  for (const table of kept) {
    const resource = table.slice(data.stackName.length + 1).split('-')[0]
    const { DeletionProtectionEnabled } = (await readTable(aws, table)) ?? {}
    report.check(`${resource} is protected`, true, DeletionProtectionEnabled)
    const refusal = await dynamodb(aws, 'DeleteTable', { TableName: table }).catch(String)
    report.check(
      `nobody deletes ${resource} by hand`,
      true,
      /protect/i.test(JSON.stringify(refusal)),
    )
  }
}
