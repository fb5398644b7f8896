// Where Twilio tells what became of a message, and the token by which it is known.
import type { DeviceKey } from '../device/device.ts'
import type { Secrets } from '../settings/secrets.ts'

/** The path of the callbacks of one challenge. Ids hold nothing that a URL would have to escape. */
export function statusCallbackUrl(
  publicUrl: string,
  { userId, deviceId, challengeId }: DeviceKey & { challengeId: string },
): string {
  return `${publicUrl}/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
}

/** The auth token that Twilio signs with, or null: an API key signs nothing. */
export function signatureToken(secrets: Secrets): string | null {
  const { OTP_TWILIO_SIGNATURE_TOKEN, OTP_TWILIO_API_KEY, OTP_TWILIO_AUTH } = secrets
  const accountToken = OTP_TWILIO_API_KEY === undefined ? OTP_TWILIO_AUTH : undefined
  return OTP_TWILIO_SIGNATURE_TOKEN ?? accountToken ?? null
}
