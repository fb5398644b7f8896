// The claims about an update and a removal: what changed, what did not, and what was left.
import { isDeepStrictEqual } from 'node:util'
import { sharedEnvironment } from './checks.ts'
import { type Deployed, dynamodb, readDeployed, readLeftovers, readTable } from './deployed.ts'
import { expectEnvironment, expectFunctions } from './expected.ts'
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
  report.check(
    'the environment of every function',
    expectEnvironment(after, settings),
    sharedEnvironment(after),
    `OTP_TWILIO_COOLDOWN ${settings.OTP_TWILIO_COOLDOWN}`,
  )
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
  // DynamoDB counts the items anew now and then.
  same('the very same table', ({ table: { ItemCount: _, TableSizeBytes: __, ...table } }) => table)
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

/**
 * Checks that nothing of a stage is left but the tables that are to be kept, that of the devices
 * protected.
 */
export async function checkRemoved(
  { aws, report, folder }: Stand,
  { stage }: Deployed,
  kept: string[],
): Promise<void> {
  const names = (await expectFunctions(folder, stage)).map(({ name }) => name)
  report.check('the stack', 'gone', (await readDeployed(aws, stage, names)) ? 'there' : 'gone')
  for (const [what, left] of Object.entries(await readLeftovers(aws))) {
    report.check(what, what === 'tables' ? kept : [], left)
  }
  for (const table of kept.filter(name => name.endsWith('-devices'))) {
    const { DeletionProtectionEnabled } = (await readTable(aws, table)) ?? {}
    report.check('the table is protected', true, DeletionProtectionEnabled)
    const refusal = await dynamodb(aws, 'DeleteTable', { TableName: table }).catch(String)
    report.check('nobody deletes it by hand', true, /protect/i.test(String(refusal)))
  }
}
