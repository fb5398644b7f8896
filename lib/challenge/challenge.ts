// A challenge from start to finish: the writes that admit it, the delivery, and the writes that
// refund what was not sent or keep the outcome for retries.
import type { Deliver } from '../delivery/deliver.ts'
import { toDeliveryRecord } from '../device/delivery-record.ts'
import type { DeviceItem } from '../device/device.ts'
import { challengeName, requestName } from '../request-name.ts'
import type { Channel } from '../settings/channels.ts'
import { findTestNumber, type TestNumber } from '../settings/test-numbers.ts'
import { type DrawnToken, findPendingToken } from '../token/token.ts'
import { type AdmissionContext, admitChallenge } from './admission.ts'
import { type AdmittedChallenge, finish } from './finish.ts'
import { type Challenged, outcomeOf } from './outcome.ts'
import { deliverTest } from './test-number.ts'

/** What a challenge needs of the deployment. */
export interface ChallengeFlow extends Omit<AdmissionContext, 'clientIp' | 'testNumbers'> {
  deliver: Deliver
  /** Whether Twilio is asked to report the delivery status. */
  isReported: boolean
  /** By what it goes; null where the route of its country decides. */
  channel: Channel | null
  testNumbers: readonly TestNumber[]
  /** By what its token comes; absent where no proofs are made. */
  via?: number
}

/** What the request asks for. */
export interface Challenge {
  /** The new token; null sends the last one again. */
  drawn: DrawnToken | null
  idempotencyKey: string | null
  /** What it asks for, by name: the same key for something else is refused. */
  payload: string
  /** Who asks; empty is nobody. */
  actor: string
  /** The client's address as the backend gave it, or null. */
  clientIp: string | null
  now: number
}

/** Challenges a device. At most one message is sent, whatever is lost on the way. */
export async function challengeDevice(
  flow: ChallengeFlow,
  { drawn, idempotencyKey, payload, actor, clientIp, now }: Challenge,
): Promise<Challenged> {
  const context = { ...flow, clientIp }
  const names = {
    requestName: challengeName(context.key.deviceId),
    keyName: idempotencyKey === null ? null : requestName(idempotencyKey),
  }
  const { channel } = flow
  const queued = { status: 'queued', reason: null, channel } as const
  const started = await admitChallenge(context, {
    ...(drawn && { digest: drawn.digest, entry: drawn.entry }),
    ...names,
    payload: idempotencyKey === null ? '' : payload,
    actor,
    ...(flow.via !== undefined && { via: flow.via }),
    delivery: flow.isReported ? toDeliveryRecord(queued, now) : null,
    now,
  })
  if (started.outcome === 'retried') return outcomeOfFirst(flow, started.device, now)
  if (started.outcome !== 'started') return started
  const admitted = { admitted: started, ...names, isResend: drawn === null, channel, now }
  const test = findTestNumber(flow.testNumbers, started.device)
  if (test) return deliverTest(context, admitted, test, drawn)
  return deliverToken(context, admitted, drawn)
}

async function deliverToken(
  flow: ChallengeFlow & AdmissionContext,
  admitted: AdmittedChallenge,
  drawn: DrawnToken | null,
): Promise<Challenged> {
  const { device } = admitted.admitted
  const token = drawn?.token ?? (await findPendingToken(flow.tokenKey, device, null, admitted.now))
  if (token === null) {
    // It was made with another token key, so it could not be verified.
    await finish(flow, admitted, { code: 'delivery_failed', twilioCode: null })
    return { outcome: 'nothing_to_resend' }
  }
  const result = outcomeOf(await flow.deliver({ device, token }, flow.signal))
  await finish(flow, admitted, result)
  return { outcome: 'ended', device, result, token }
}

/** Answers a retry with the outcome that the first request kept. */
async function outcomeOfFirst(
  { tokenKey, testNumbers }: ChallengeFlow,
  device: DeviceItem,
  now: number,
): Promise<Challenged> {
  const { outcome: result } = device.challenge
  if (result === undefined) return { outcome: 'in_progress' }
  const fixed = findTestNumber(testNumbers, device)?.token ?? null
  const token = await findPendingToken(tokenKey, device, fixed, now)
  return { outcome: 'ended', device, result, token: token ?? '', isRetry: true }
}
