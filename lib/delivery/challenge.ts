// A challenge from its beginning to its end: the writes that admit it, the delivery, and the writes that give
// back what was not sent or keep the outcome for retries.
import type { ChallengeOutcome, DeviceItem, DeviceKey } from '../device/device.ts'
import {
  type ChallengeSettings,
  givenBack,
  type NewChallenge,
  settleChallenge,
} from '../store/challenge.ts'
import type { Store } from '../store/client.ts'
import { refundLimits } from '../store/limits.ts'
import { requestName } from '../token/digest.ts'
import type { DrawnToken } from '../token/token.ts'
import { type Admitted, admitChallenge, type Limits } from './admission.ts'
import type { Deliver } from './deliver.ts'
import { challengeOutcome, isGivenBack } from './outcome.ts'

/** How a challenge went: it ended in some way, or was not begun. */
export type Challenged =
  | { outcome: 'ended'; device: DeviceItem; end: ChallengeOutcome }
  | Exclude<Admitted, { outcome: 'begun' }>

/** Nobody waits long for what only a retry would read. */
const longestSettleMs = 1_200

/** Challenges a device with a drawn token: at most one SMS, whatever is lost on the way. */
export async function challengeDevice(
  store: Store,
  key: DeviceKey,
  given: {
    drawn: DrawnToken
    deliver: Deliver
    limits: Limits
    idempotencyKey: string | null
    now: number
  },
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { drawn, deliver, limits, idempotencyKey, now } = given
  const challenge: NewChallenge = {
    digest: drawn.digest,
    entry: drawn.entry,
    requestName: requestName(null),
    keyName: idempotencyKey === null ? null : requestName(idempotencyKey),
    now,
  }
  const admitted = await admitChallenge({ store, key, challenge, settings, limits, signal })
  if (admitted.outcome !== 'begun') return admitted

  const end = challengeOutcome(await deliver(admitted.device, drawn.token, signal))
  const isBack = isGivenBack(end)
  const settled = {
    requestName: challenge.requestName,
    givenBack: isBack ? givenBack(admitted, settings, now) : null,
    outcome: challenge.keyName === null ? null : end,
  }
  const settling = AbortSignal.any([signal, AbortSignal.timeout(longestSettleMs)])
  await Promise.all([
    settleChallenge(store, key, settled, settling),
    isBack && refundLimits(store, admitted.charged, challenge.requestName, settling),
  ])
  return { outcome: 'ended', device: admitted.device, end }
}
