// The tables of a development stage: nothing protects them, and nothing of them is left.
import { checkDataRemoved } from './changes.ts'
import type { Say } from './day.ts'
import { dataStackOf, type Place, readStack, readTable } from './deployed.ts'
import { type Stand, serverless } from './stand.ts'

const place: Place = { service: 'serverless-otp-twilio', stage: 'dev' }

/** Deploys and removes the data service alone. */
export async function rehearseDevelopment(stand: Stand, say: Say): Promise<void> {
  const { aws, report } = stand
  say('serverless deploy and remove of the data of dev …')
  report.begin('What serverless deploy --stage dev of the data made')
  await serverless(stand, { of: 'data', place, args: ['deploy'] })
  const data = await readStack(aws, dataStackOf(place))
  if (data === null) throw new Error('The rehearsal failed: dev has no tables.')
  report.check('the stack is tagged', { ...place }, { ...data.tags })
  for (const name of ['DevicesTable', 'LimitsTable', 'TrafficTable']) {
    const table = await readTable(aws, data.outputs[name] ?? '')
    const { DeletionPolicy } = data.resources[name] ?? {}
    report.check(
      `${name}: deletion protection, and when the stack goes`,
      [false, 'Delete'],
      [table?.DeletionProtectionEnabled, DeletionPolicy],
    )
  }
  report.begin('What serverless remove --stage dev of the data left')
  await serverless(stand, { of: 'data', place, args: ['remove'] })
  await checkDataRemoved(stand, data, { isKept: false })
}
