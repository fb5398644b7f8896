// A challenge from its beginning to its end: the writes that admit it, the delivery, and the writes that give
// back what was not sent or keep the outcome for retries.
import type { ToldDelivery } from '../device/delivery.ts'
import type { ChallengeOutcome, DeviceItem, DeviceKey } from '../device/device.ts'
import type { TestNumber } from '../settings/test-numbers.ts'
import {
  type Begun,
  type ChallengeSettings,
  givenBack,
  type NewResend,
  settleChallenge,
} from '../store/challenge.ts'
import type { Store } from '../store/client.ts'
import { type Charged, refundLimits } from '../store/limits.ts'
import { requestName } from '../token/digest.ts'
import { type DrawnToken, findPendingToken } from '../token/token.ts'
import { type Admitted, admitChallenge, admitResend, type Limits } from './admission.ts'
import type { Deliver } from './deliver.ts'
import { challengeOutcome, isGivenBack, toldOutcome } from './outcome.ts'
import { deliverTest } from './test-number.ts'

/** How a challenge went: it ended in some way, or was not begun. */
export type Challenged =
  | { outcome: 'ended'; device: DeviceItem; end: ChallengeOutcome; token: string }
  | Exclude<Admitted, { outcome: 'begun' }>

/** What a device is challenged with. */
export interface Challenge {
  /** A new token; null sends the last one again. */
  drawn: DrawnToken | null
  deliver: Deliver
  limits: Limits
  idempotencyKey: string | null
  /** The first word on its delivery, where Twilio is asked to tell; else null. */
  told: Required<ToldDelivery> | null
  tokenKey: Uint8Array
  testNumbers: TestNumber[]
  now: number
}

/** A challenge that was begun, and what its end needs. */
export interface BegunChallenge {
  begun: Begun & { charged: Charged }
  names: Pick<NewResend, 'requestName' | 'keyName'>
  challenge: Challenge
}

/** Nobody waits long for what only a retry would read. */
const longestSettleMs = 1_200

/** Challenges a device: at most one message, whatever is lost on the way. */
export async function challengeDevice(
  store: Store,
  key: DeviceKey,
  challenge: Challenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { drawn, idempotencyKey, told, testNumbers, now, tokenKey } = challenge
  const names = {
    requestName: requestName(null),
    keyName: idempotencyKey === null ? null : requestName(idempotencyKey),
  }
  const limits = { ...challenge.limits, free: testNumbers.map(({ number }) => number) }
  const request = { store, key, settings, limits, signal }
  const sending = { ...names, told, now }
  const begun =
    drawn === null
      ? await admitResend({ ...request, challenge: sending })
      : await admitChallenge({
          ...request,
          challenge: { ...sending, digest: drawn.digest, entry: drawn.entry },
        })
  if (begun.outcome !== 'begun') return begun
  const { device } = begun
  const test = testNumbers.find(({ number }) => number === device.number)
  if (test) return deliverTest(store, { test, begun, names, challenge }, settings, signal)

  const token = drawn?.token ?? (await findPendingToken(tokenKey, device, null, now))
  // Of another token key: nobody could verify it.
  if (token === null) return { outcome: 'nothing_to_resend' }
  const end = challengeOutcome(await challenge.deliver({ device, token }, signal))
  await settle(store, { begun, names, challenge }, end, settings, signal)
  return { outcome: 'ended', device, end, token }
}

/** Ends a challenge that was begun. */
export async function settle(
  store: Store,
  { begun, names, challenge }: BegunChallenge,
  end: ChallengeOutcome,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<void> {
  const { requestName, keyName } = names
  const { drawn, now } = challenge
  const isBack = isGivenBack(end)
  const back = {
    ...givenBack(begun, settings, now),
    ...(drawn === null && { token: 'kept' as const }),
  }
  const settled = {
    requestName,
    givenBack: isBack ? back : null,
    outcome: keyName === null ? null : end,
    told: toldOutcome(end, now),
  }
  const settling = AbortSignal.any([signal, AbortSignal.timeout(longestSettleMs)])
  await Promise.all([
    settleChallenge(store, begun.device, settled, settling),
    isBack && refundLimits(store, begun.charged, requestName, settling),
  ])
}
