// A challenge from its beginning to its end: the writes that admit it, the delivery, and the writes that give
// back what was not sent or keep the outcome for retries.

import type { Deliver } from '../delivery/deliver.ts'
import type { DeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome, DeviceItem, DeviceKey } from '../device/device.ts'
import type { Store } from '../dynamodb/client.ts'
import { refundLimits } from '../limits/store.ts'
import type { TestNumber } from '../settings/test-numbers.ts'
import { requestName } from '../token/digest.ts'
import { type DrawnToken, findPendingToken } from '../token/token.ts'
import { type Admitted, admitChallenge, type Limits } from './admission.ts'
import { failedDelivery, isRefunded, outcomeOf } from './outcome.ts'
import { type ChallengeSettings, finishChallenge, refunded, refundedResend } from './store.ts'
import { deliverTest } from './test-number.ts'

/** How a challenge went: it ended in some way, or was not begun. */
export type Challenged =
  | { outcome: 'ended'; device: DeviceItem; end: ChallengeOutcome; token: string }
  | Exclude<Admitted, { outcome: 'started' }>

/** What a device is challenged with. */
export interface Challenge {
  /** A new token; null sends the last one again. */
  drawn: DrawnToken | null
  deliver: Deliver
  limits: Omit<Limits, 'uncounted'>
  idempotencyKey: string | null
  /** The first word on its delivery, where Twilio is asked to tell; else null. */
  delivery: Required<DeliveryRecord> | null
  tokenKey: Uint8Array
  testNumbers: TestNumber[]
  now: number
}

/** A challenge that was admitted, and what it needs to end. */
export interface AdmittedChallenge {
  admitted: Extract<Admitted, { outcome: 'started' }>
  names: { requestName: string; keyName: string | null }
  challenge: Challenge
}

/** Nobody waits long for what only a retry would read. */
const longestFinishMs = 1_200

/** Challenges a device: at most one message, whatever is lost on the way. */
export async function challengeDevice(
  store: Store,
  key: DeviceKey,
  challenge: Challenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { drawn, idempotencyKey, delivery, testNumbers, now } = challenge
  const names = {
    requestName: requestName(null),
    keyName: idempotencyKey === null ? null : requestName(idempotencyKey),
  }
  const admitted = await admitChallenge({
    store,
    key,
    challenge: {
      ...(drawn && { digest: drawn.digest, entry: drawn.entry }),
      ...names,
      delivery,
      now,
    },
    settings,
    limits: { ...challenge.limits, uncounted: testNumbers.map(({ number }) => number) },
    signal,
  })
  if (admitted.outcome !== 'started') return admitted
  const admission: AdmittedChallenge = { admitted, names, challenge }
  const { device } = admitted
  const test = testNumbers.find(({ number }) => number === device.number)
  if (test) return deliverTest(store, test, admission, settings, signal)

  const token = drawn?.token ?? (await findPendingToken(challenge.tokenKey, device, null, now))
  if (token === null) {
    // Of another token key: nobody could verify it.
    await finish(store, { ...admission, end: nothingSent }, settings, signal)
    return { outcome: 'nothing_to_resend' }
  }
  const end = outcomeOf(await challenge.deliver({ device, token }, signal))
  await finish(store, { ...admission, end }, settings, signal)
  return { outcome: 'ended', device, end, token }
}

const nothingSent: ChallengeOutcome = { code: 'delivery_failed', twilioCode: null }

/** Ends a challenge that was begun. */
export async function finish(
  store: Store,
  { admitted, names, challenge, end }: AdmittedChallenge & { end: ChallengeOutcome },
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<void> {
  const { now, drawn } = challenge
  const isBack = isRefunded(end)
  const giveBack = drawn === null ? refundedResend : refunded
  const settled = {
    requestName: names.requestName,
    refunded: isBack ? giveBack(admitted, settings, now) : null,
    outcome: names.keyName === null ? null : end,
    delivery: failedDelivery(end, now),
  }
  const settling = AbortSignal.any([signal, AbortSignal.timeout(longestFinishMs)])
  await Promise.all([
    finishChallenge(store, admitted.device, settled, settling),
    isBack && refundLimits(store, admitted.charged, names.requestName, settling),
  ])
}
