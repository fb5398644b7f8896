// Whether Twilio takes the credentials of a stage, the senders are the account's own, and callbacks
// can be checked.
import { type Secrets, twilioCredentials } from '../../../lib/settings/secrets.ts'
import type { Stage } from '../stage.ts'
import {
  checkCaller,
  checkCredentials,
  checkSender,
  checkWhatsAppSender,
  type TwilioCredentials,
  type TwilioHosts,
  twilioHosts,
  type Verdict,
} from '../twilio/account.ts'
import { callbacksNotChecked, checkCallbacks } from './callbacks.ts'
import { type Finding, failed } from './finding.ts'
import type { DeployedSettings } from './function.ts'
import {
  callers,
  defaultSender,
  type NamedCaller,
  type NamedSender,
  routedSenders,
  sendsByServices,
} from './senders.ts'

const [credentialsName, senderName] = ['Twilio credentials', 'Twilio sender'] as const

interface Asked {
  /** Null where they are not understood. */
  settings: DeployedSettings | null
  /** Empty where the settings say where Twilio is. */
  url: string
  /** How long each answer may take. */
  twilioMs: number
  stage: Stage
}

/** Asks Twilio by calls that only read. */
export async function checkTwilio(
  secrets: Secrets,
  { settings, url, twilioMs, stage }: Asked,
): Promise<Finding[]> {
  if (settings === null) return notChecked('the settings are not understood')
  if (settings.noDelivery) return notChecked('OTP_TWILIO_NO_DELIVERY is on')
  let hosts: TwilioHosts
  try {
    hosts = twilioHosts(url || settings.url, twilioMs)
  } catch (error) {
    return notChecked((error as Error).message.replace(/\.$/, ''), 'failed')
  }
  const credentials = credentialsOf(secrets)
  if (credentials === null) return notChecked('they are not there, or not understood')
  const accepted = await checkCredentials(hosts, credentials)
  const account: Account = { hosts, credentials, accepted, settings, stage }
  const { publicUrl, signatureKey } = settings
  return [
    findingOf(credentialsName, accepted, `npm run secrets -- --stage ${stage.name}`),
    ...(await Promise.all([
      defaultFinding(account),
      ...routedSenders(settings).map(sender => senderFinding(account, sender)),
      ...callers(settings).map(caller => callerFinding(account, caller)),
      ...(settings.channels.includes('whatsapp') ? [whatsAppFinding(account)] : []),
      accepted.state === 'ok'
        ? checkCallbacks(secrets, { hosts, publicUrl, signatureKey, stage })
        : callbacksNotChecked(notAccepted),
    ])),
  ]
}

interface Account {
  hosts: TwilioHosts
  credentials: TwilioCredentials
  accepted: Verdict
  settings: DeployedSettings
  stage: Stage
}

const notAccepted = 'the credentials are not accepted'

async function defaultFinding(account: Account): Promise<Finding> {
  const { settings, stage } = account
  const sender = defaultSender(settings)
  if (sender !== null) return senderFinding(account, sender)
  if (settings.whatsappFrom !== null && settings.channels.join() === 'whatsapp') {
    return { what: senderName, state: 'ok', said: 'none: all is sent by WhatsApp' }
  }
  const said = 'neither OTP_TWILIO_MESSAGING_SERVICE_SID nor OTP_TWILIO_FROM is set'
  return failed(senderName, said, `set one, and npm run deploy -- --stage ${stage.name}`)
}

async function senderFinding(account: Account, { what, sender, setting }: NamedSender) {
  const { hosts, credentials, accepted, stage } = account
  if (accepted.state !== 'ok') return { what, state: 'not checked', said: notAccepted } as const
  const verdict = await checkSender(hosts, credentials, { sender, setting })
  return findingOf(
    what,
    verdict,
    `set one that it has, and npm run deploy -- --stage ${stage.name}`,
  )
}

async function callerFinding(account: Account, { what, from }: NamedCaller): Promise<Finding> {
  const { hosts, credentials, accepted, stage } = account
  if (accepted.state !== 'ok') return { what, state: 'not checked', said: notAccepted }
  const verdict = await checkCaller(hosts, credentials, from)
  return findingOf(what, verdict, `set one that calls, and npm run deploy -- --stage ${stage.name}`)
}

async function whatsAppFinding(account: Account): Promise<Finding> {
  const { hosts, credentials, accepted, settings, stage } = account
  const what = 'WhatsApp sender'
  const deploy = `npm run deploy -- --stage ${stage.name}`
  const { whatsappFrom } = settings
  if (whatsappFrom === null) {
    if (sendsByServices(settings)) {
      return { what, state: 'not checked', said: 'it is for the messaging service to have one' }
    }
    const said = 'neither OTP_TWILIO_WHATSAPP_FROM nor a messaging service is set for all countries'
    return failed(what, said, `set OTP_TWILIO_WHATSAPP_FROM, and ${deploy}`)
  }
  if (accepted.state !== 'ok') return { what, state: 'not checked', said: notAccepted }
  const verdict = await checkWhatsAppSender(hosts, credentials, whatsappFrom)
  return findingOf(what, verdict, `set one that it has, and ${deploy}`)
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
    callbacksNotChecked(said),
  ]
}
