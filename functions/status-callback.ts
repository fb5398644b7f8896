// POST …/challenge/{challengeId}/status: Twilio tells what became of a message. One write, if it was Twilio.
import { endpoint } from '../lib/api/endpoint.ts'
import { noContent } from '../lib/api/response.ts'
import { recordDelivery } from '../lib/delivery/store.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { Problem } from '../lib/problem.ts'
import { messageSettings } from '../lib/settings/messages.ts'
import { secretSource } from '../lib/settings/secrets.ts'
import { signatureToken, statusCallbackUrl } from '../lib/twilio/callback.ts'
import { isSignedByTwilio } from '../lib/twilio/signature.ts'
import { readStatusCallback } from '../lib/twilio/status.ts'

const store = connectStore()
const secrets = secretSource([
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
  'OTP_TWILIO_SIGNATURE_TOKEN',
])

export const handler = endpoint(
  'status-callback',
  { secrets, deadlineMs: 5_000 },
  async ({ userId, deviceId, callback, now, signal }) => {
    const { publicUrl } = messageSettings()
    const token = signatureToken(await secrets.load())
    const challenge = { userId, deviceId, challengeId: callback?.challengeId ?? '' }
    const isSigned =
      callback !== null &&
      publicUrl !== null &&
      token !== null &&
      isSignedByTwilio(callback, { url: statusCallbackUrl(publicUrl, challenge), token })
    if (!isSigned) throw new Problem('invalid_signature', 'The request is not signed by Twilio.')
    const news = readStatusCallback(callback.form)
    if (news !== null) await recordDelivery(store, challenge, news, now, signal)
    return noContent()
  },
)
