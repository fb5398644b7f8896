// Checks X-Twilio-Signature: an HMAC over the URL and the form, with the account's auth token
// (twilio.com/docs/usage/security).
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'

/** A callback as it arrived. */
export interface SignedForm {
  signature: string
  form: Record<string, string>
}

/** Whether Twilio has signed this form for this URL. */
export function isSignedByTwilio(
  { signature, form }: SignedForm,
  { url, token }: { url: string; token: string },
): boolean {
  return validateRequest(token, signature, url, form)
}
