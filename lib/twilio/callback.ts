// The URL of Twilio's status callbacks, and the secret that signs them.
import type { DeviceKey } from '../device/device.ts'
import type { Secrets } from '../settings/secrets.ts'
import type { SignatureKey } from '../settings/signature-key.ts'

/**
 * Returns the URL of a challenge's callbacks. Twilio signs it as it is given, so what a path may
 * hold stays: only `|` and `+` are escaped.
 */
export function statusCallbackUrl(
  publicUrl: string,
  { userId, deviceId, challengeId }: DeviceKey & { challengeId: string },
): string {
  const [user, device] = [userId, deviceId].map(id => id.replace(/[|+]/g, encodeURIComponent))
  return `${publicUrl}/users/${user}/devices/${device}/challenge/${challengeId}/status`
}

/** Returns a URL with what was appended to it on its way, which Twilio signs, too. */
export function withQuery(url: string, query: string): string {
  return query === '' ? url : `${url}?${query}`
}

/**
 * Returns what Twilio signs with: the secret of the shared key, or the auth token. Null when only
 * an API key is known, which signs nothing.
 */
export function signatureToken(secrets: Secrets, key: SignatureKey | null = null): string | null {
  const { OTP_TWILIO_SIGNATURE_TOKEN, OTP_TWILIO_API_KEY, OTP_TWILIO_AUTH } = secrets
  if (key !== null) return OTP_TWILIO_SIGNATURE_TOKEN ?? null
  const accountToken = OTP_TWILIO_API_KEY === undefined ? OTP_TWILIO_AUTH : undefined
  return OTP_TWILIO_SIGNATURE_TOKEN ?? accountToken ?? null
}
