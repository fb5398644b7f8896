// What the client of a user pool is shown of a challenge: strings only, as Cognito has it.
import { createHmac } from 'node:crypto'
import type { DeviceItem } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { generateIsAllowed, verifyIsAllowed } from '../device/throttle.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import type { DeviceSettings } from '../settings/device.ts'
import { rfc3339OrNull } from '../time.ts'
import { deriveKey } from '../token/keys.ts'

/** Public parameters of a challenge. */
export type Shown = Record<string, string>

/**
 * Shows a challenge to whoever has typed a name, known or not: nothing depends on anything but that
 * name. The number is made up.
 */
export function anonymousView(
  indexKey: Uint8Array,
  name: { userPoolId: string; userName: string },
  { token }: Pick<DeviceSettings, 'token'>,
): Shown {
  const bits = createHmac('sha256', deriveKey(indexKey, ['cognito mask']))
    .update(lengthPrefixed([name.userPoolId, name.userName]))
    .digest()
  const lastDigits = String(bits.readUInt32BE() % 100).padStart(2, '0')
  return { tokenLength: String(token.length), number: `${'•'.repeat(9)}${lastDigits}` }
}

/** Shows a challenge to whoever has proved the password. `device` is null where there is none. */
export function stateView(
  { state, device }: { state: string; device: DeviceItem | null },
  settings: DeviceSettings,
  { attemptsLeft, now }: { attemptsLeft: number; now: number },
): Shown {
  const shown = {
    state,
    tokenLength: String(settings.token.length),
    attemptsLeft: `${attemptsLeft}`,
  }
  if (device === null) return shown
  const { lockedUntil } = verifyIsAllowed(device, settings.throttle, now)
  const { nextChallengeAt } = generateIsAllowed(device, settings.cooldown, now)
  return {
    ...shown,
    number: maskNumber(device.number),
    validUntil: rfc3339OrNull(device.challenge.validUntil || null) ?? '',
    nextChallengeAt: rfc3339OrNull(nextChallengeAt) ?? '',
    lockedUntil: rfc3339OrNull(lockedUntil) ?? '',
  }
}
