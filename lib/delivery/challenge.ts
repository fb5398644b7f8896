// A challenge from its beginning to its end: the write that begins it, the delivery, and the write that
// gives back what was not sent or keeps the outcome for retries.
import type { ChallengeOutcome, DeviceItem, DeviceKey } from '../device/device.ts'
import type { DeviceSettings } from '../settings/settings.ts'
import { type Beginning, beginChallenge, settleChallenge } from '../store/challenge.ts'
import type { Store } from '../store/client.ts'
import { requestName } from '../token/digest.ts'
import type { DrawnToken } from '../token/token.ts'
import type { Deliver } from './deliver.ts'
import { challengeOutcome, isGivenBack } from './outcome.ts'

/** How a challenge went: it ended in some way, or was not begun. */
export type Challenged =
  | { outcome: 'ended'; device: DeviceItem; end: ChallengeOutcome }
  | Exclude<Beginning, { outcome: 'begun' }>

/** Nobody waits long for what only a retry would read. */
const longestSettleMs = 1_200

/** Challenges a device with a drawn token: at most one SMS, whatever is lost on the way. */
export async function challengeDevice(
  store: Store,
  key: DeviceKey,
  challenge: {
    drawn: DrawnToken
    message: string
    deliver: Deliver
    idempotencyKey: string | null
    now: number
  },
  settings: DeviceSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { drawn, message, deliver, idempotencyKey, now } = challenge
  const ownName = requestName(null)
  const keyName = idempotencyKey === null ? null : requestName(idempotencyKey)
  const { digest, entry } = drawn
  const beginning = await beginChallenge(
    store,
    key,
    { digest, entry, requestName: ownName, keyName, now },
    settings,
    signal,
  )
  if (beginning.outcome !== 'begun') return beginning

  const end = challengeOutcome(await deliver(beginning.device.number, message, signal))
  await settleChallenge(
    store,
    key,
    {
      requestName: ownName,
      givenBackTo: isGivenBack(end) ? now - settings.token.cooldownMs : null,
      outcome: keyName === null ? null : end,
    },
    AbortSignal.any([signal, AbortSignal.timeout(longestSettleMs)]),
  )
  return { outcome: 'ended', device: beginning.device, end }
}
