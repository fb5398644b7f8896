// What the real handlers do to devices, and the stream of that. To be started before anything else
// connects.
import { randomUUID } from 'node:crypto'
import type { StandInAnswer } from '../../infra/local/twilio/messages.ts'
import { signForm } from '../../infra/local/twilio/status.ts'
import { dayAfter, someNumber } from './device.ts'
import { invoke } from './lambda.ts'
import { recordSecret } from './record.ts'
import { startStreamedEngine } from './stream.ts'
import { startTwilio } from './twilio.ts'

/** A device of a scene. */
export interface SceneDevice {
  userId: string
  deviceId: string
  number: string
}

/** Gets no message and costs nothing. */
export const testNumber = '+442071838750'
const testToken = '730184'
const testUser = 'reviewer'
const publicUrl = 'https://otp.example'
/** What every device of the scenes is called. */
export const deviceName = 'a name to be found nowhere'

/** Starts an engine, a stand-in for Twilio and the handlers between them. */
export async function startScenes() {
  const answers: StandInAnswer[] = []
  const engine = await startStreamedEngine()
  const twilio = await startTwilio(() => answers.shift())
  process.env.OTP_PUBLIC_URL = publicUrl
  process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
    { number: testNumber, userIds: [testUser], token: testToken, until: dayAfter(60) },
  ])
  recordSecret('number', testNumber)
  const [create, update, remove, challenge, verify, reset, status] = await Promise.all([
    import('../../functions/create-device.ts'),
    import('../../functions/update-device.ts'),
    import('../../functions/delete-device.ts'),
    import('../../functions/challenge.ts'),
    import('../../functions/verify.ts'),
    import('../../functions/reset.ts'),
    import('../../functions/status-callback.ts'),
  ])

  return {
    engine,
    /** What Twilio answers next, one a message. */
    answers,
    async register(number = someNumber()): Promise<SceneDevice> {
      const userId = number === testNumber ? testUser : `user-${randomUUID()}`
      const body = { number, name: deviceName }
      const answer = await invoke(create.handler, { userId, body })
      return { userId, deviceId: answer.body.id, number }
    },
    async registerFor(userId: string, number = someNumber()): Promise<SceneDevice> {
      const { body } = await invoke(create.handler, { userId, body: { number, name: deviceName } })
      return { userId, deviceId: body.id, number }
    },
    challenge: (device: SceneDevice, body: object = {}, headers: Record<string, string> = {}) =>
      invoke(challenge.handler, { ...device, body, headers }),
    verify: (device: SceneDevice, token = twilio.messages.at(-1)!.body) =>
      invoke(verify.handler, { ...device, body: { token } }),
    /** A guess that is wrong; with `named`, for that challenge. */
    guess(device: SceneDevice, named: { challengeId?: string } = {}) {
      const token = Number(twilio.messages.at(-1)?.body ?? testToken)
      const wrong = String((token + 1) % 1_000_000).padStart(6, '0')
      return invoke(verify.handler, { ...device, body: { token: wrong, ...named } })
    },
    verifyTest: (device: SceneDevice) =>
      invoke(verify.handler, { ...device, body: { token: testToken } }),
    reset: (device: SceneDevice) => invoke(reset.handler, { ...device }),
    change: (device: SceneDevice, number: string) =>
      invoke(update.handler, { ...device, body: { number } }),
    remove: (device: SceneDevice) => invoke(remove.handler, { ...device }),
    /** Calls back as Twilio does, with the status of a challenge's message. */
    sendCallback(device: SceneDevice, challengeId: string, form: Record<string, string>) {
      const { userId, deviceId } = device
      const path = `/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
      const signature = signForm(process.env.OTP_TWILIO_AUTH ?? '', publicUrl + path, form)
      const headers = { authorization: null, 'x-twilio-signature': signature }
      const body = new URLSearchParams(form).toString()
      return invoke(status.handler, { ...device, challengeId, path, headers, body })
    },
    async close() {
      await engine.close()
      await twilio.close()
    },
  }
}
