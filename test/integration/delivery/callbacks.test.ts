// A storm of callbacks: in random order, doubled, late and forged. Every device ends in its true final state: the
// furthest word that Twilio signed for its last challenge, whatever else was told.
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

const callbacks = trials({ sample: 600, long: 10_000 })
const perDevice = 20
/** What Twilio tells of a message, by how far it came; the numbers are those of the item. */
const histories = [
  { words: ['accepted', 'queued', 'sending'], progress: 1, reason: 0 },
  { words: ['queued', 'sent'], progress: 2, reason: 0 },
  { words: ['queued', 'sent', 'delivered'], progress: 5, reason: 0 },
  { words: ['sending', 'sent', 'undelivered'], code: '30006', progress: 4, reason: 2 },
  { words: ['queued', 'failed'], code: '30003', progress: 3, reason: 1 },
]

interface Callback {
  challengeId: string
  word: string
  code?: string | undefined
  forged: boolean
}

async function begin(device: DeviceItem, now: number): Promise<string> {
  const { digest, entry } = await drawToken(tokenKey, device, settingsOf(), now)
  const challengeId = requestName(null)
  const delivery = toDeliveryRecord({ status: 'queued', reason: null }, now)
  const challenge = { digest, entry, requestName: challengeId, keyName: null, delivery, now }
  const { outcome } = await startChallenge(
    { store, key: device, settings: settingsOf(), signal },
    challenge,
  )
  expect(outcome).toBe('started')
  return challengeId
}

/** All that is told of one device: each true word at least once, then again, of the one before, or forged. */
function drawCallbacks(last: string, before: string, history: (typeof histories)[number]) {
  const { words, code } = history
  const told: Callback[] = words.map(word => ({ challengeId: last, word, code, forged: false }))
  while (told.length < perDevice) {
    const kind = randomInt(3)
    const word = words[randomInt(words.length)]!
    if (kind === 0) told.push({ challengeId: last, word, code, forged: false })
    else if (kind === 1) told.push({ challengeId: before, word: 'delivered', forged: false })
    else told.push({ challengeId: last, word: 'delivered', forged: true })
  }
  return shuffled(told)
}

function shuffled<T>(list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = randomInt(i + 1)
    ;[list[i], list[j]] = [list[j]!, list[i]!]
  }
  return list
}

async function tell({ userId, deviceId }: DeviceItem, callback: Callback): Promise<number> {
  const { challengeId, word, code, forged } = callback
  const url = `${publicUrl}/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
  const form = {
    MessageStatus: word,
    ...(code && /failed|undel/.test(word) && { ErrorCode: code }),
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

it('callbacks in random order, forged, doubled and late leave every device in its true final state', {
  timeout: 600_000,
}, async () => {
  let wrong = 0
  let believed = 0
  for (let sent = 0; sent < callbacks; sent += perDevice) {
    const device = await putDevice(store)
    const before = await begin(device, noon)
    const last = await begin(device, noon + 1)
    const history = histories[(sent / perDevice) % histories.length]!

    // Some at once, as Twilio sends them.
    const told = drawCallbacks(last, before, history)
    for (let i = 0; i < told.length; i += 4) {
      const group = told.slice(i, i + 4)
      const statuses = await Promise.all(group.map(callback => tell(device, callback)))
      believed += statuses.filter((status, n) => (status === 403) !== group[n]!.forged).length
    }

    const { challenge } = await itemOf(store, device)
    const isTrue =
      challenge.requestName === last &&
      challenge.progress === history.progress &&
      challenge.reason === history.reason
    if (!isTrue) wrong++
  }

  const claim = 'callbacks in any order, forged, doubled and late leave the true final state'
  figure({ claim, trials: callbacks, violations: wrong + believed })
  expect([wrong, believed]).toEqual([0, 0])
})
