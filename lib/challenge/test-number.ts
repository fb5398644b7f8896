// The challenge of a test number: nothing is sent or charged, and its delivery is the one that was
// configured. The number is known only after the challenge's own write, so the fixed token needs a
// second write. A challenge of a real number does not pay for it.
import { type DeliveryUpdate, toDeliveryRecord } from '../device/delivery-record.ts'
import type { ChallengeOutcome } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { logger } from '../log.ts'
import { unavailable } from '../problem.ts'
import { viaTest } from '../proof/via.ts'
import { isInUse, type TestNumber, type TestOutcome } from '../settings/test-numbers.ts'
import { type DrawnToken, findPendingToken, withToken } from '../token/token.ts'
import type { AdmissionContext } from './admission.ts'
import { type AdmittedChallenge, finish } from './finish.ts'
import type { Challenged } from './outcome.ts'
import { refunded, refundedResend } from './refund.ts'
import { finishChallenge, setTestToken } from './store.ts'

/** The delivery update of each outcome. */
const updates: Record<TestOutcome, Omit<DeliveryUpdate, 'channel'>> = {
  delivered: { status: 'delivered', reason: null },
  undelivered: { status: 'undelivered', reason: 'unreachable' },
  landline: { status: 'undelivered', reason: 'landline' },
  blocked: { status: 'undelivered', reason: 'blocked_by_carrier' },
  opted_out: { status: 'failed', reason: 'opted_out' },
  expired: { status: 'delivered', reason: null },
}

const sent: ChallengeOutcome = { code: 'sent' }

/** Nothing goes by any channel. */
function recordOf({ outcome }: TestNumber, now: number) {
  return toDeliveryRecord({ ...updates[outcome], channel: null }, now)
}

/** Finishes the challenge of a test number. */
export async function deliverTest(
  context: AdmissionContext & { via?: number },
  challenge: AdmittedChallenge,
  test: TestNumber,
  drawn: DrawnToken | null,
): Promise<Challenged> {
  const { device } = challenge.admitted
  logger.info('test number', { to: maskNumber(device.number), outcome: test.outcome, test: true })
  if (!isInUse(test, challenge.now)) {
    const result: ChallengeOutcome = { code: 'test_number_expired' }
    await finish(context, challenge, result)
    return { outcome: 'ended', device, result, token: '' }
  }
  return drawn === null
    ? sendAgain(context, challenge, test)
    : replaceToken(context, challenge, test, drawn)
}

async function replaceToken(
  context: AdmissionContext & { via?: number },
  { admitted, requestName, keyName, now }: AdmittedChallenge,
  test: TestNumber,
  drawn: DrawnToken,
): Promise<Challenged> {
  const { device } = admitted
  const { token, digest, entry } =
    test.token === null ? drawn : withToken(context.tokenKey, device, drawn, test.token)
  const made = await setTestToken(context, {
    requestName,
    drawn: drawn.digest,
    digest,
    entry: { ...entry, validUntil: test.outcome === 'expired' ? now : entry.validUntil },
    refunded: refunded(admitted, context.settings, now),
    delivery: recordOf(test, now),
    outcome: keyName === null ? null : sent,
    via: context.via === undefined ? undefined : viaTest,
  })
  if (made === null) throw unavailable(new Error('A newer challenge came before the token.'))
  return { outcome: 'ended', device: made, result: sent, token }
}

async function sendAgain(
  context: AdmissionContext & { via?: number },
  { admitted, requestName, keyName, now }: AdmittedChallenge,
  test: TestNumber,
): Promise<Challenged> {
  const { device } = admitted
  const delivery = recordOf(test, now)
  const refund = refundedResend(admitted, context.settings, now)
  const outcome = keyName === null ? null : sent
  await finishChallenge(context, { requestName, refunded: refund, outcome, delivery })
  const { challengedAt, unverified } = refund
  const token = await findPendingToken(context.tokenKey, device, test.token, now)
  const challenge = { ...device.challenge, ...delivery }
  const shown = { ...device, challengedAt, unverified, challenge }
  return { outcome: 'ended', device: shown, result: sent, token: token ?? '' }
}
