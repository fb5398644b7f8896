// A storm of callbacks: in random order, doubled, late and forged. Every device ends in its true
// state: the final status that Twilio signed for its last challenge, whatever else came.
import { randomInt } from 'node:crypto'
import { expect, it } from 'vitest'
import { signForm } from '../../../infra/local/twilio/status.ts'
import { startChallenge } from '../../../lib/challenge/store.ts'
import { toDeliveryRecord } from '../../../lib/device/delivery-record.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { requestName } from '../../../lib/request-name.ts'
import { drawToken } from '../../../lib/token/token.ts'
import { itemOf, noon, putDevice, settingsOf, signal, tokenKey } from '../../support/devices.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { trials } from '../../support/runs.ts'

const publicUrl = 'https://otp.example'
process.env.OTP_PUBLIC_URL = publicUrl
const { handler } = await import('../../../functions/status-callback.ts')
const store = connectStore()

const callbacks = trials({ sample: 300, long: 10_000 })
const perDevice = 20
/** What Twilio reports of a message, by how far it came; the numbers are those of the item. */
const histories = [
  { reported: ['accepted', 'queued', 'sending'], progress: 1, reason: 0 },
  { reported: ['queued', 'sent'], progress: 1, reason: 0 },
  { reported: ['queued', 'sent', 'delivered'], progress: 5, reason: 0 },
  { reported: ['sending', 'sent', 'undelivered'], code: '30006', progress: 4, reason: 2 },
  { reported: ['queued', 'failed'], code: '30003', progress: 3, reason: 1 },
]

interface Callback {
  challengeId: string
  messageStatus: string
  code?: string | undefined
  forged: boolean
}

async function start(device: DeviceItem, now: number): Promise<string> {
  const { digest, entry } = await drawToken(tokenKey, device, settingsOf(), now)
  const challengeId = requestName(null)
  const delivery = toDeliveryRecord({ status: 'queued', reason: null, channel: 'sms' }, now)
  const { outcome } = await startChallenge(
    { store, key: device, settings: settingsOf(), signal },
    { digest, entry, requestName: challengeId, keyName: null, delivery, now },
  )
  expect(outcome).toBe('started')
  return challengeId
}

/**
 * All callbacks of one device: each true status at least once, then again, of the challenge before,
 * or forged.
 */
function drawCallbacks(last: string, before: string, history: (typeof histories)[number]) {
  const { reported, code } = history
  const repeated = (messageStatus: string): Callback => ({
    challengeId: last,
    messageStatus,
    code,
    forged: false,
  })
  const drawn = reported.map(repeated)
  while (drawn.length < perDevice) {
    const kind = randomInt(3)
    const delivered = { messageStatus: 'delivered', forged: kind === 2 }
    if (kind === 0) drawn.push(repeated(reported[randomInt(reported.length)]!))
    else drawn.push({ challengeId: kind === 1 ? before : last, ...delivered })
  }
  return shuffled(drawn)
}

function shuffled<T>(list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

async function send({ userId, deviceId }: DeviceItem, callback: Callback): Promise<number> {
  const { challengeId, messageStatus, code, forged } = callback
  const url = `${publicUrl}/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
  const form = {
    MessageStatus: messageStatus,
    ...(code && /failed|undel/.test(messageStatus) && { ErrorCode: code }),
  }
  const token = forged ? 'a guess at the token' : process.env.OTP_TWILIO_AUTH!
  const { status } = await invoke(handler, {
    userId,
    deviceId,
    challengeId,
    headers: { authorization: null, 'x-twilio-signature': signForm(token, url, form) },
    body: new URLSearchParams(form).toString(),
  })
  return status
}

it('every device ends in its true state whatever callbacks come', {
  timeout: 600_000,
}, async () => {
  let wrong = 0
  let believed = 0
  for (let sent = 0; sent < callbacks; sent += perDevice) {
    const device = await putDevice(store)
    const before = await start(device, noon)
    const last = await start(device, noon + 1)
    const history = histories[(sent / perDevice) % histories.length]!

    // Some at once, as Twilio sends them.
    const drawn = drawCallbacks(last, before, history)
    for (let i = 0; i < drawn.length; i += 4) {
      const group = drawn.slice(i, i + 4)
      const statuses = await Promise.all(group.map(callback => send(device, callback)))
      believed += statuses.filter((status, n) => (status === 403) !== group[n]!.forged).length
    }

    const { challenge } = await itemOf(store, device)
    const isTrue =
      challenge.requestName === last &&
      challenge.progress === history.progress &&
      // By SMS, which is 10 more.
      challenge.reason === history.reason + 10
    if (!isTrue) wrong++
  }

  const claim = 'callbacks in any order, forged, doubled and late leave the true final state'
  figure({ claim, trials: callbacks, violations: wrong + believed })
  expect([wrong, believed]).toEqual([0, 0])
})
