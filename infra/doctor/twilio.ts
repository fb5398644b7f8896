// Whether Twilio takes the credentials of a stage, and the sender is the account's own.
import { type Secrets, twilioCredentials } from '../../lib/settings/secrets.ts'
import type { DeliverySettings } from '../../lib/settings/settings.ts'
import type { Stage } from '../stage.ts'
import {
  checkCredentials,
  checkSender,
  type TwilioCredentials,
  type TwilioHosts,
  twilioHosts,
  type Verdict,
} from '../twilio-account.ts'
import type { Finding } from './finding.ts'

const [credentialsName, senderName] = ['Twilio credentials', 'Twilio sender'] as const

/** Asks Twilio, at `url` or where the settings say, by calls that only read. */
export async function checkTwilio(
  secrets: Secrets,
  { settings, url, stage }: { settings: DeliverySettings | null; url: string; stage: Stage },
): Promise<Finding[]> {
  if (settings === null) return notChecked('the settings are not understood')
  if (settings.noDelivery) return notChecked('OTP_TWILIO_NO_DELIVERY is on')
  let hosts: TwilioHosts
  try {
    hosts = twilioHosts(url || settings.url)
  } catch (error) {
    return notChecked((error as Error).message.replace(/\.$/, ''), 'failed')
  }
  const credentials = credentialsOf(secrets)
  if (credentials === null) return notChecked('they are not there, or not understood')
  const accepted = await checkCredentials(hosts, credentials)
  return [
    findingOf(credentialsName, accepted, `npm run secrets -- --stage ${stage.name}`),
    await senderFinding(hosts, credentials, { accepted, settings, stage }),
  ]
}

async function senderFinding(
  hosts: TwilioHosts,
  credentials: TwilioCredentials,
  {
    accepted,
    settings: { sender },
    stage,
  }: { accepted: Verdict; settings: DeliverySettings; stage: Stage },
): Promise<Finding> {
  const deploy = `npm run deploy -- --stage ${stage.name}`
  if (sender === null) {
    const said = 'neither OTP_TWILIO_MESSAGING_SERVICE_SID nor OTP_TWILIO_FROM is set'
    return { what: senderName, state: 'failed', said, mend: `set one, and ${deploy}` }
  }
  if (accepted.state !== 'ok') {
    return { what: senderName, state: 'not checked', said: 'the credentials are not accepted' }
  }
  const verdict = await checkSender(hosts, credentials, sender)
  return findingOf(senderName, verdict, `set one that it has, and ${deploy}`)
}

function findingOf(what: string, { state, said }: Verdict, mend: string): Finding {
  const words = what === credentialsName ? `Twilio ${said}` : said
  return { what, state, said: words, ...(state === 'failed' && { mend }) }
}

function credentialsOf(secrets: Secrets): TwilioCredentials | null {
  try {
    return twilioCredentials(secrets)
  } catch {
    return null
  }
}

function notChecked(said: string, state: Finding['state'] = 'not checked'): Finding[] {
  return [
    { what: credentialsName, state, said },
    { what: senderName, state: 'not checked', said },
  ]
}
