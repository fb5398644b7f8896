// Brings a token to its device: by the route of its country, or into the log where OTP_TWILIO_NO_DELIVERY says so.
import type { PhoneNumber } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { logger } from '../log.ts'
import { type Routes, routeTo } from '../settings/countries.ts'
import { type SecretSource, twilioCredentials } from '../settings/secrets.ts'
import { type DeliverySettings, misconfigured } from '../settings/settings.ts'
import { renderTemplate } from '../settings/template.ts'
import type { Delivery } from './answer.ts'
import { sendSms } from './twilio.ts'

/** Delivers one token to a number, worded and routed as its country has it. Never throws. */
export type Deliver = (to: PhoneNumber, token: string, signal: AbortSignal) => Promise<Delivery>

/** Both sends together, when the first was answered with 401. */
const longestDeliveryMs = 11_000

/** Makes the delivery that the settings describe, or throws `not_configured` before anything is written. */
export async function prepareDelivery(
  settings: Omit<DeliverySettings, 'challengeMessage'>,
  routes: Routes,
  source: SecretSource,
): Promise<Deliver> {
  const { noDelivery, url, validityPeriod } = settings
  const wording = (to: PhoneNumber, token: string) =>
    renderTemplate(routeTo(to.country, routes).template ?? settings.tokenTemplate, token)
  if (noDelivery) return async (to, token) => logInstead(to.number, wording(to, token))
  const everywhere = routes.byDefault.sender ?? settings.sender
  if (everywhere === null) {
    throw misconfigured('OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID', 'set')
  }
  const credentials = twilioCredentials(await source.load())

  return async (to, token, signal) => {
    const sender = routeTo(to.country, routes).sender ?? everywhere
    const sms = { to: to.number, body: wording(to, token), sender, validityPeriod }
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
