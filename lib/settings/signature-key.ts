// OTP_TWILIO_SIGNATURE_KEY: the shared key that Twilio signs its callbacks with, where a webhook
// rule of the account has one (twilio.com/docs/usage/webhooks/webhook-shared-keys).
import { type Environment, matching } from './read.ts'

/** A shared key: its id at Twilio, and the algorithm that it signs with. Its secret is another. */
export interface SignatureKey {
  id: string
  algorithm: string
}

/**
 * Reads the shared key; null where the account's auth token signs, as it does by default. Throws
 * `not_configured`.
 */
export function signatureKey(env: Environment = process.env): SignatureKey | null {
  const value = matching(env, 'OTP_TWILIO_SIGNATURE_KEY', {
    form: /^[\w.-]{1,128}:HMAC_SHA(1|256)$/,
    expected: 'the id of a shared key, a colon, and HMAC_SHA256 or HMAC_SHA1',
  })
  if (value === null) return null
  const [id = '', algorithm = ''] = value.split(':')
  return { id, algorithm }
}
