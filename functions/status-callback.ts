// POST …/challenge/{challengeId}/status: Twilio reports the delivery status of a message. One
// write, if Twilio has signed the request.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { noContent } from '../lib/api/response.ts'
import { recordDelivery } from '../lib/delivery/store.ts'
import { isFinal } from '../lib/device/delivery-record.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { Problem } from '../lib/problem.ts'
import { messageSettings } from '../lib/settings/messages.ts'
import { signatureKey } from '../lib/settings/signature-key.ts'
import { keepDelivery } from '../lib/timeline/keep.ts'
import { statusCallbackUrl, withQuery } from '../lib/twilio/callback.ts'
import { isSignedByTwilio } from '../lib/twilio/signature.ts'
import { readStatusCallback } from '../lib/twilio/status.ts'

const store = connectStore()

export const handler = endpoint(
  operation.statusCallback,
  async ({ userId, deviceId, callback, now, signal, secrets }) => {
    const { publicUrl } = messageSettings()
    const { OTP_TWILIO_SIGNATURE_TOKEN: token } = await secrets.load()
    const key = { userId, deviceId }
    const challengeId = callback?.challengeId ?? ''
    const isSigned =
      callback !== null &&
      publicUrl !== null &&
      token !== undefined &&
      isSignedByTwilio(callback, {
        url: withQuery(statusCallbackUrl(publicUrl, { ...key, challengeId }), callback.query),
        token,
        key: signatureKey(),
      })
    if (!isSigned) throw new Problem('invalid_signature', 'The request is not signed by Twilio.')
    const report = readStatusCallback(callback.form)
    // The challenge itself has written that it is on its way.
    if (report === null || !isFinal(report.status)) return noContent()
    const isNew = await recordDelivery({ store, key, signal }, challengeId, report, now)
    if (isNew) await keepDelivery(store, key, { challengeId, ...report }, now)
    return noContent()
  },
)
