// Whether Twilio takes what is to be written: asked before anything is, so that a mistyped secret
// replaces no good one.
import type { SignatureKey } from '../../../lib/settings/signature-key.ts'
import {
  checkCredentials,
  checkSignatureToken,
  type TwilioCredentials,
  type TwilioHosts,
} from '../twilio/account.ts'
import type { Step } from './steps.ts'
import type { Name, Values } from './values.ts'

interface Asked {
  credentials: TwilioCredentials
  wanted: Values
  steps: Step[]
  /** Null where the account's auth token signs. */
  sharedKey: SignatureKey | null
}

/**
 * Asks Twilio about the secrets that the steps write; throws one sentence where it does not take
 * them.
 */
export async function askTwilio(
  hosts: TwilioHosts,
  { credentials, wanted, steps, sharedKey }: Asked,
): Promise<void> {
  const changed = steps.filter(({ value }) => value !== null).map(({ name }) => name)
  const changes = (...names: Name[]) => names.some(name => changed.includes(name))
  if (changes('OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_API_KEY', 'OTP_TWILIO_AUTH')) {
    const { state, said } = await checkCredentials(hosts, credentials)
    if (state === 'failed') throw refusal(said)
  }
  const token = wanted.OTP_TWILIO_SIGNATURE_TOKEN
  const isAsked = token === credentials.password
  // Of a shared key Twilio tells no secret.
  const isToBeAsked = token && !isAsked && sharedKey === null
  if (isToBeAsked && changes('OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_SIGNATURE_TOKEN')) {
    const { state, said } = await checkSignatureToken(hosts, credentials.accountSid, token)
    if (state === 'failed') throw refusal(said)
  }
}

function refusal(said: string): Error {
  return new Error(`Nothing is written: Twilio ${said}; --unchecked writes without asking it.`)
}
