// Whether it was Twilio who told: X-Twilio-Signature is an HMAC over the URL and the form, by the account's auth token
// (twilio.com/docs/usage/security).
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'

/** A callback as it arrived. */
export interface SignedForm {
  signature: string
  form: Record<string, string>
}

/** Whether Twilio sent this form to this URL. */
export function isSignedByTwilio(
  { signature, form }: SignedForm,
  { url, token }: { url: string; token: string },
): boolean {
  return validateRequest(token, signature, url, form)
}
