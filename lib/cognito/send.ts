// Sends the token of a sign-in, at most once however often Cognito calls. Its events have no id of
// the try, so no idempotency key can be made of them: a cooldown that outlasts all three calls is
// what holds the second and the third, in the one write that starts a challenge.
import { challengeDevice } from '../challenge/challenge.ts'
import { type Challenged, isRefunded } from '../challenge/outcome.ts'
import { challengeSetup } from '../challenge/setup.ts'
import { challengeState } from '../challenge/view.ts'
import type { RequestedDelivery } from '../delivery/deliver.ts'
import { challengeId, type DeviceItem, livePending } from '../device/device.ts'
import { getDevice } from '../device/store.ts'
import { isUsedUp } from '../device/throttle.ts'
import type { Store } from '../dynamodb/client.ts'
import type { CooldownSettings } from '../settings/cooldown.ts'
import { type DeviceSettings, deviceSettings } from '../settings/device.ts'
import type { SecretSource } from '../settings/secrets.ts'
import { keepChallenge } from '../timeline/keep.ts'
import { drawToken } from '../token/token.ts'
import { cognitoActor, deviceKey, deviceOfUser } from './device.ts'
import type { PoolUser } from './session.ts'

/** Three calls of a trigger, five seconds each, are over after it. */
const shortestCooldownMs = 20_000

/** What became of a message, and what is known of its device. */
export interface Sent {
  /** A code of the API, or a state of the challenge. */
  state: string
  device: DeviceItem | null
  /** Empty where none lives, or none is known. */
  challengeId: string
}

/** What sending needs. */
export interface SendContext {
  store: Store
  secrets: SecretSource
  userPoolId: string
  now: number
  signal: AbortSignal
}

/** The settings of devices, with the cooldown that holds here. */
export function signInSettings(): DeviceSettings {
  return withCooldown(deviceSettings())
}

function withCooldown<Settings extends { cooldown: CooldownSettings }>(settings: Settings) {
  const { cooldownMs } = settings.cooldown
  const cooldown = { ...settings.cooldown, cooldownMs: Math.max(cooldownMs, shortestCooldownMs) }
  return { ...settings, cooldown }
}

/** Challenges the device of a user. A live token is sent again where that is asked for. */
export async function sendToken(
  { store, secrets, userPoolId, now, signal }: SendContext,
  user: PoolUser,
  { isResend, ...requested }: RequestedDelivery & { isResend: boolean },
): Promise<Sent> {
  const setup = await challengeSetup(requested, secrets)
  const settings = withCooldown(setup.settings)
  const { tokenKey, indexKey } = setup
  const key = deviceKey(userPoolId, user.userId)
  const { throttle } = settings
  const device = await deviceOfUser({ store, indexKey, throttle, now, signal }, key, user)
  const isAgain = isResend && livePending(device, now) !== null && !isUsedUp(device, throttle)
  const asked = {
    drawn: isAgain ? null : await drawToken(tokenKey, key, settings, now),
    idempotencyKey: null,
    payload: '',
    actor: cognitoActor,
    clientIp: null,
    now,
  }
  const challenged = await challengeDevice({ ...setup, settings, store, key, signal }, asked)
  await keepChallenge(store, key, challenged, asked)
  const isSent = challenged.outcome === 'ended' && !isRefunded(challenged.result)
  const after = isSent ? challenged.device : await getDevice(store, key, signal)
  return { state: stateOf(challenged), device: after, challengeId: liveId(after, now) }
}

/** Reads the state of a challenge that was sent before. */
export async function readSent(
  { store, userPoolId, now, signal }: SendContext,
  { userId }: PoolUser,
  id: string,
): Promise<Sent> {
  const device = await getDevice(store, deviceKey(userPoolId, userId), signal)
  if (device === null) return { state: 'device_not_found', device, challengeId: id }
  const state = challengeState(device, id === '' ? null : id, deviceSettings(), now)
  return { state, device, challengeId: id }
}

function liveId(device: DeviceItem | null, now: number): string {
  return device === null || livePending(device, now) === null ? '' : challengeId(device)
}

/** Returns what became of a message, by the API's codes. Without a key, no request is a retry. */
function stateOf(challenged: Challenged): string {
  switch (challenged.outcome) {
    case 'ended':
      return challenged.result.code
    case 'limited':
      return 'limit_reached'
    case 'disabled':
      return 'device_disabled'
    case 'not_found':
      return 'device_not_found'
    default:
      return challenged.outcome
  }
}
