// The other ends of all connections, in a process of their own: an embedded DynamoDB, and stand-ins
// for Twilio and SSM. Gone when its parent is.
import { once } from 'node:events'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { startTwilioStandIn } from '../../infra/local/twilio/stand-in.ts'
import { startSsmStandIn } from '../support/ssm-stand-in.ts'
import { startLedger } from './ledger.ts'

// By message: a list of processes shows arguments.
const [secrets] = (await once(process, 'message')) as [Record<string, string>]
const [dynalite, twilio, ssm, ledger] = await Promise.all([
  startDynalite({ port: 0, devicesTable: 'devices' }),
  startTwilioStandIn(),
  startSsmStandIn(),
  startLedger(),
])
for (const [name, value] of Object.entries(secrets)) ssm.put(name, value)
process.once('disconnect', () => process.exit())
process.send?.({ dynamodb: dynalite.url, twilio: twilio.url, ssm: ssm.url, ledger: ledger.url })
