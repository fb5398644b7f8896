// Delivers a token by the channel that the request or the route of its country names. With
// OTP_TWILIO_NO_DELIVERY it only logs the message.
import type { DeviceItem } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { e164 } from '../formats.ts'
import { logger } from '../log.ts'
import type { Channel } from '../settings/channels.ts'
import {
  messageRoutes,
  type Route,
  type Routes,
  reachedRoutes,
  routeTo,
} from '../settings/countries.ts'
import { defaultAnswerMessage, deliverySettings } from '../settings/delivery.ts'
import type { Reader } from '../settings/languages.ts'
import { messageSettings } from '../settings/messages.ts'
import { type SecretSource, type Secrets, twilioCredentials } from '../settings/secrets.ts'
import { tokenSettings } from '../settings/token.ts'
import type { Delivery } from '../twilio/answer.ts'
import { statusCallbackUrl } from '../twilio/callback.ts'
import type { TwilioAccount } from '../twilio/client.ts'
import { call } from './channels/call.ts'
import type { ChannelDelivery, DeliverySetup, TokenMessage } from './channels/channel.ts'
import { sms } from './channels/sms.ts'
import { whatsapp } from './channels/whatsapp.ts'
import { longMessages, smsFor } from './wording.ts'

const byChannel: Record<Channel, ChannelDelivery> = { sms, call, whatsapp }

/** Delivers the token of the device's last challenge. Never throws. */
export type Deliver = (message: TokenMessage, signal: AbortSignal) => Promise<Delivery>

/** The delivery options of a request. */
export interface RequestedDelivery {
  /** Null takes the channel of the route. */
  channel: Channel | null
  locale: string | null
}

/** Which routes messages take, and to which countries they may go; null is all. */
export interface Reach {
  routes: Routes
  allowedCountries: string[] | null
}

/** Time for both sends, when the first is answered with 401, milliseconds. */
const longestDeliveryMs = 11_000

/**
 * Returns the base URL of Twilio's status callbacks. Null asks for none: nothing is delivered, no
 * URL is set, or their signature could not be checked.
 */
export function callbackBase(
  { noDelivery, publicUrl }: Pick<DeliverySetup, 'noDelivery' | 'publicUrl'>,
  { OTP_TWILIO_SIGNATURE_TOKEN: token }: Secrets,
): string | null {
  return noDelivery || token === undefined ? null : publicUrl
}

/**
 * Returns the message of a challenge's answer. The default one names SMS, so the other
 * channels have their own.
 */
export function answerMessage(
  challengeMessage: string,
  country: string,
  requested: RequestedDelivery,
  routes: Routes,
): string {
  if (challengeMessage !== defaultAnswerMessage) return challengeMessage
  return byChannel[channelTo(country, requested, routes)].answerMessage
}

function channelTo(country: string, { channel }: RequestedDelivery, routes: Routes): Channel {
  return channel ?? routeTo(country, routes).channel
}

/**
 * Makes the delivery that the settings describe. Throws `not_configured` before
 * anything is written.
 */
export async function prepareDelivery(
  setup: DeliverySetup,
  requested: RequestedDelivery,
  { routes, allowedCountries }: Reach,
  source: SecretSource,
): Promise<Deliver> {
  const wordingTo = (device: DeviceItem) => wordingOf(setup, routeTo(device.country, routes))
  const readerOf = ({ number }: DeviceItem): Reader => ({ number, locale: requested.locale })
  if (setup.noDelivery) {
    return async message => logInstead(message, readerOf(message.device), wordingTo(message.device))
  }
  checkSenders(setup, requested, reachedRoutes(routes, allowedCountries))
  const secrets = await source.load()
  const credentials = twilioCredentials(secrets)
  const base = callbackBase(setup, secrets)

  return async (message, signal) => {
    const { device } = message
    const route = routeTo(device.country, routes)
    const channel = byChannel[requested.channel ?? route.channel]
    const sender = channel.sender(withSender(wordingTo(device), route.sender))
    const input = { message, reader: readerOf(device), statusCallback: urlFor(base, device) }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestDeliveryMs)])
    const send = (account: Omit<TwilioAccount, 'url'>) =>
      sender(input, { url: setup.url, ...account }, limit)
    const delivery = await send(credentials)
    if (delivery.outcome !== 'unauthorized') return delivery
    // A request that got a 401 was not processed. The credentials may have been replaced
    // since they were read.
    const fresh = await source
      .reload()
      .then(twilioCredentials)
      .catch(() => credentials)
    const replaced =
      fresh.username !== credentials.username || fresh.password !== credentials.password
    return replaced ? send(fresh) : delivery
  }
}

/**
 * Checks every sender that the challenge may need: its number is known only once it has started.
 */
function checkSenders(setup: DeliverySetup, requested: RequestedDelivery, routes: Route[]): void {
  for (const route of routes) {
    byChannel[requested.channel ?? route.channel].sender(withSender(setup, route.sender))
  }
}

function wordingOf(setup: DeliverySetup, { template }: Route): DeliverySetup {
  return template === null
    ? setup
    : { ...setup, tokenTemplate: template, templates: null, spokenTemplate: template }
}

function withSender(setup: DeliverySetup, sender: Route['sender']): DeliverySetup {
  if (sender === null) return setup
  const number = 'from' in sender && e164.test(sender.from) ? sender.from : null
  return { ...setup, sender, callFrom: number ?? setup.callFrom }
}

function urlFor(base: string | null, device: DeviceItem): string | null {
  const { requestName: challengeId } = device.challenge
  return base && statusCallbackUrl(base, { ...device, challengeId })
}

/** Logs once, at the start of a function, which messages take more than one segment. */
export function warnOfLongMessages(): void {
  let found: ReturnType<typeof longMessages>
  try {
    const wording = { ...deliverySettings(), ...messageSettings() }
    found = longMessages(wording, messageRoutes(), tokenSettings().length)
  } catch {
    // A bad setting is answered by each request.
    return
  }
  if (found.length > 0) logger.warn('messages of several segments', { messages: found })
}

function logInstead(
  { device, token }: TokenMessage,
  reader: Reader,
  setup: DeliverySetup,
): Delivery {
  // The only place where a token is logged, and only on a development stage.
  logger.info(smsFor(reader, token, setup), { to: maskNumber(device.number) })
  return { outcome: 'sent', messageSid: 'none' }
}
