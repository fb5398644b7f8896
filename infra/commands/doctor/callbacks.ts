// Whether Twilio can tell what became of messages, and be believed.

import type { Secrets } from '../../../lib/settings/secrets.ts'
import type { SignatureKey } from '../../../lib/settings/signature-key.ts'
import type { Stage } from '../stage.ts'
import { checkSignatureToken, type TwilioHosts } from '../twilio/account.ts'
import type { Finding } from './finding.ts'

const what = 'callbacks'

interface Asked {
  hosts: TwilioHosts
  publicUrl: string | null
  signatureKey: SignatureKey | null
  stage: Stage
}

/** Looks at what callbacks need, on a stage whose credentials are accepted. */
export async function checkCallbacks(
  secrets: Secrets,
  { hosts, publicUrl, signatureKey, stage }: Asked,
): Promise<Finding> {
  const { OTP_TWILIO_ACCOUNT = '', OTP_TWILIO_SIGNATURE_TOKEN: token } = secrets
  const rewrite = `set OTP_TWILIO_SIGNATURE_TOKEN to the account's auth token, and npm run secrets -- --stage ${stage.name}`
  if (publicUrl === null) {
    const said = 'OTP_PUBLIC_URL is empty, so that nobody is asked to tell of deliveries'
    return { what, state: 'warning', said, mend: `npm run deploy -- --stage ${stage.name} sets it` }
  }
  if (token === undefined) {
    const said = 'cannot be checked, so that deliveries are not followed'
    const secret = rewrite.replace("the account's auth token", `the secret of ${signatureKey?.id}`)
    return { what, state: 'warning', said, mend: signatureKey === null ? rewrite : secret }
  }
  if (signatureKey !== null) {
    return { what, state: 'ok', said: `are checked with the shared key ${signatureKey.id}` }
  }
  const { state, said } = await checkSignatureToken(hosts, OTP_TWILIO_ACCOUNT, token)
  return { what, state, said: `Twilio ${said}`, ...(state === 'failed' && { mend: rewrite }) }
}

/** Callbacks that were not looked at. */
export function callbacksNotChecked(said: string): Finding {
  return { what, state: 'not checked', said }
}
