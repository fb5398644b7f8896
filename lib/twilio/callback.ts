// The URL of Twilio's status callbacks.
import type { DeviceKey } from '../device/device.ts'

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
