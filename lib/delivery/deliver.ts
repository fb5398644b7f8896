// Brings a token to its device: by SMS, or into the log where OTP_TWILIO_NO_DELIVERY says so.
import { maskNumber } from '../device/mask.ts'
import { logger } from '../log.ts'
import { type SecretSource, twilioCredentials } from '../settings/secrets.ts'
import { type DeliverySettings, misconfigured } from '../settings/settings.ts'
import type { Delivery } from './answer.ts'
import { sendSms } from './twilio.ts'

/** Delivers one message to an E.164 number. Never throws. */
export type Deliver = (number: string, message: string, signal: AbortSignal) => Promise<Delivery>

type Templates = 'tokenTemplate' | 'challengeMessage'

/** Both sends together, when the first was answered with 401. */
const longestDeliveryMs = 11_000

/** Makes the delivery that the settings describe, or throws `not_configured` before anything is written. */
export async function prepareDelivery(
  { noDelivery, sender, url, validityPeriod }: Omit<DeliverySettings, Templates>,
  source: SecretSource,
): Promise<Deliver> {
  if (noDelivery) return logInstead
  if (sender === null) {
    throw misconfigured('OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID', 'set')
  }
  const credentials = twilioCredentials(await source.load())

  return async (number, message, signal) => {
    const sms = { to: number, body: message, sender, validityPeriod }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestDeliveryMs)])
    const delivery = await sendSms({ url, ...credentials }, sms, limit)
    if (delivery.outcome !== 'unauthorized') return delivery
    // A 401 was not processed, and the credentials may have been replaced since they were read.
    const fresh = await source
      .reload()
      .then(twilioCredentials)
      .catch(() => credentials)
    const replaced =
      fresh.username !== credentials.username || fresh.password !== credentials.password
    return replaced ? sendSms({ url, ...fresh }, sms, limit) : delivery
  }
}

async function logInstead(number: string, message: string): Promise<Delivery> {
  // The one place where a token is logged, and only on a stage for development.
  logger.info(message, { to: maskNumber(number) })
  return { outcome: 'sent', messageSid: 'none' }
}
