// The challenge of a test number: nothing is sent and nothing is charged, and its delivery is what was asked for. The
// number is known only from the challenge's own write, so the fixed token comes with a second one; a challenge
// of a real number pays nothing for it.
import { toDeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import type { Store } from '../dynamodb/client.ts'
import { logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import { type TestNumber, testOutcomes } from '../settings/test-numbers.ts'
import { type DrawnToken, withToken } from '../token/token.ts'
import { type AdmittedChallenge, type Challenged, finish } from './challenge.ts'
import {
  type ChallengeSettings,
  finishChallenge,
  refunded,
  refundedResend,
  setTestToken,
} from './store.ts'

const sent: ChallengeOutcome = { code: 'sent' }

/** Ends the challenge of a test number. */
export async function deliverTest(
  store: Store,
  test: TestNumber,
  admission: AdmittedChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { device } = admission.admitted
  const { now, drawn } = admission.challenge
  logger.info('test number', { to: maskNumber(device.number), outcome: test.outcome, test: true })
  if (test.endsAt <= now) {
    const end: ChallengeOutcome = { code: 'test_number_expired' }
    await finish(store, { ...admission, end }, settings, signal)
    return { outcome: 'ended', device, end, token: '' }
  }
  return drawn === null
    ? sendAgain(store, test, admission, settings, signal)
    : replaceToken(store, test, { ...admission, drawn }, settings, signal)
}

async function replaceToken(
  store: Store,
  test: TestNumber,
  { admitted, names, challenge, drawn }: AdmittedChallenge & { drawn: DrawnToken },
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { device } = admitted
  const { now, tokenKey } = challenge
  const { token, digest, entry } =
    test.token === null ? drawn : withToken(tokenKey, device, drawn, test.token)
  const made = await setTestToken(
    store,
    device,
    {
      requestName: names.requestName,
      drawn: drawn.digest,
      digest,
      entry: { ...entry, validUntil: test.outcome === 'expired' ? now : entry.validUntil },
      refunded: refunded(admitted, settings, now),
      delivery: toDeliveryRecord(testOutcomes[test.outcome], now),
      outcome: names.keyName === null ? null : sent,
    },
    signal,
  )
  if (made === null) throw unavailable(new Error('A newer challenge came before the token.'))
  return { outcome: 'ended', device: made, end: sent, token }
}

async function sendAgain(
  store: Store,
  test: TestNumber,
  { admitted, names, challenge }: AdmittedChallenge,
  settings: ChallengeSettings,
  signal: AbortSignal,
): Promise<Challenged> {
  const { device } = admitted
  const { now } = challenge
  const delivery = toDeliveryRecord(testOutcomes[test.outcome], now)
  const back = refundedResend(admitted, settings, now)
  const outcome = names.keyName === null ? null : sent
  const end = { requestName: names.requestName, refunded: back, outcome, delivery }
  await finishChallenge(store, device, end, signal)
  const { challengedAt, unverified } = back
  const shown = {
    ...device,
    challengedAt,
    unverified,
    challenge: { ...device.challenge, ...delivery },
  }
  return { outcome: 'ended', device: shown, end: sent, token: test.token ?? '' }
}
