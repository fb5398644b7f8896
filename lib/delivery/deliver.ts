// Brings a token to its device by SMS, call or WhatsApp, by the route of its country, or into the log where
// OTP_TWILIO_NO_DELIVERY says so.
import type { Channel } from '../device/delivery-record.ts'
import type { DeviceItem } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { logger } from '../log.ts'
import { messageRoutes, type Route, type Routes, routeTo } from '../settings/countries.ts'
import type { Reader } from '../settings/languages.ts'
import { type MessageSettings, messageSettings } from '../settings/messages.ts'
import { type SecretSource, type Secrets, twilioCredentials } from '../settings/secrets.ts'
import {
  type DeliverySettings,
  deliverySettings,
  deviceSettings,
  misconfigured,
} from '../settings/settings.ts'
import type { Delivery } from '../twilio/answer.ts'
import { signatureToken, statusCallbackUrl } from '../twilio/callback.ts'
import { placeCall, type Sms, sendSms, type TwilioAccount } from '../twilio/client.ts'
import { longMessages, smsFor, textFor, twimlFor } from './wording.ts'

/** A token on its way. */
export interface TokenMessage {
  device: DeviceItem
  token: string
}

/** Delivers the token of the device's last challenge. Never throws. */
export type Deliver = (letter: TokenMessage, signal: AbortSignal) => Promise<Delivery>

/** The settings of a delivery. */
export type DeliverySetup = Omit<DeliverySettings, 'challengeMessage'> &
  MessageSettings & {
    /** What calls say where a route has words of its own. */
    spokenTemplate?: string
  }

/** Both sends together, when the first was answered with 401. */
const longestDeliveryMs = 11_000

/** A phone that rings for longer is not going to be answered, and the token's time runs. */
const longestRingSeconds = 60

/** Where Twilio is to tell what becomes of messages; null when nobody could say whether it was Twilio. */
export function callbackBase(
  { noDelivery, publicUrl }: Pick<DeliverySetup, 'noDelivery' | 'publicUrl'>,
  secrets: Secrets,
): string | null {
  return noDelivery || signatureToken(secrets) === null ? null : publicUrl
}

/** What a request says of its delivery. */
export interface RequestedDelivery {
  /** Null is the route's. */
  channel: Channel | null
  locale: string | null
}

/** The channel by which a device is reached. */
export function channelTo(
  { country }: DeviceItem,
  { channel }: RequestedDelivery,
  routes: Routes,
): Channel {
  return channel ?? routeTo(country, routes).channel
}

/** Makes the delivery that the settings describe, or throws `not_configured` before anything is written. */
export async function prepareDelivery(
  setup: DeliverySetup,
  way: RequestedDelivery,
  routes: Routes,
  source: SecretSource,
): Promise<Deliver> {
  const wordingTo = (device: DeviceItem) => wordingOf(setup, routeTo(device.country, routes))
  if (setup.noDelivery) {
    return letter => logInstead(letter, readerOf(letter, way.locale), wordingTo(letter.device))
  }
  checkSenders(setup, way, routes)
  const secrets = await source.load()
  const credentials = twilioCredentials(secrets)
  const base = callbackBase(setup, secrets)

  return async (letter, signal) => {
    const { device } = letter
    const { sender } = routeTo(device.country, routes)
    const post = senders[channelTo(device, way, routes)](withSender(wordingTo(device), sender))
    const reader = readerOf(letter, way.locale)
    const given = { letter, reader, statusCallback: urlFor(base, letter) }
    const limit = AbortSignal.any([signal, AbortSignal.timeout(longestDeliveryMs)])
    const send = (account: Omit<TwilioAccount, 'url'>) =>
      post(given, { url: setup.url, ...account }, limit)
    const delivery = await send(credentials)
    if (delivery.outcome !== 'unauthorized') return delivery
    // A 401 was not processed, and the credentials may have been replaced since they were read.
    const fresh = await source
      .reload()
      .then(twilioCredentials)
      .catch(() => credentials)
    const replaced =
      fresh.username !== credentials.username || fresh.password !== credentials.password
    return replaced ? send(fresh) : delivery
  }
}

/** The number is known only once the challenge is begun: every sender that it may need has to be there. */
function checkSenders(setup: DeliverySetup, { channel }: RequestedDelivery, routes: Routes): void {
  for (const route of [routes.byDefault, ...routes.byCountry.values()]) {
    senders[channel ?? route.channel](withSender(setup, route.sender))
  }
}

function wordingOf(setup: DeliverySetup, { template }: Route): DeliverySetup {
  return template === null
    ? setup
    : { ...setup, tokenTemplate: template, templates: null, spokenTemplate: template }
}

function withSender(setup: DeliverySetup, sender: Route['sender']): DeliverySetup {
  if (sender === null) return setup
  const number = 'from' in sender && /^\+[1-9]\d{6,14}$/.test(sender.from) ? sender.from : null
  return { ...setup, sender, callFrom: number ?? setup.callFrom }
}

interface SendInput {
  letter: TokenMessage
  reader: Reader
  statusCallback: string | null
}
type Sender = (given: SendInput, account: TwilioAccount, signal: AbortSignal) => Promise<Delivery>

/** Says once, at the start of a function, which messages take more than one segment. */
export function warnOfLongMessages(): void {
  let found: ReturnType<typeof longMessages>
  try {
    found = longMessages(
      { ...deliverySettings(), ...messageSettings() },
      messageRoutes(),
      deviceSettings().token.length,
    )
  } catch {
    // A bad setting is each request's answer.
    return
  }
  if (found.length > 0) logger.warn('messages of several segments', { messages: found })
}

/** By channel: what is missing of the settings is told here, before anything is written. */
const senders: Record<Channel, (setup: DeliverySetup) => Sender> = {
  sms(setup) {
    const sender = senderOf(setup)
    return ({ letter, reader, statusCallback }, account, signal) => {
      const body = smsFor(reader, letter.token, setup)
      const sms = { to: letter.device.number, body, sender, statusCallback }
      return sendSms(account, { ...sms, validityPeriod: setup.validityPeriod }, signal)
    }
  },
  whatsapp(setup) {
    const { whatsappFrom: from } = setup
    const sender = from === null ? senderOf(setup, whatsappSender) : { from: `whatsapp:${from}` }
    if ('from' in sender && !sender.from.startsWith('whatsapp:')) throw noSender(whatsappSender)
    return ({ letter, reader, statusCallback }, account, signal) => {
      const { validityPeriod, whatsappContentSid: contentSid } = setup
      const content: Pick<Sms, 'body' | 'content'> =
        contentSid === null
          ? { body: textFor(reader, letter.token, setup) }
          : { content: { sid: contentSid, variables: JSON.stringify({ 1: letter.token }) } }
      const to = `whatsapp:${letter.device.number}`
      return sendSms(account, { to, ...content, sender, statusCallback, validityPeriod }, signal)
    }
  },
  call(setup) {
    const { callFrom: from, validityPeriod } = setup
    if (from === null) throw noSender('OTP_TWILIO_FROM')
    return ({ letter, reader, statusCallback }, account, signal) => {
      const call = {
        to: letter.device.number,
        from,
        twiml: twimlFor(reader, letter.token, setup),
        statusCallback,
        ringSeconds: Math.min(validityPeriod, longestRingSeconds),
      }
      return placeCall(account, call, signal)
    }
  },
}

const whatsappSender = 'OTP_TWILIO_WHATSAPP_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID'

function senderOf(
  { sender }: DeliverySetup,
  name = 'OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID',
) {
  if (sender === null) throw noSender(name)
  return sender
}

function noSender(name: string) {
  return misconfigured(name, 'set')
}

function readerOf({ device }: TokenMessage, locale: string | null): Reader {
  return { number: device.number, locale }
}

function urlFor(base: string | null, { device }: TokenMessage): string | null {
  const { requestName: challengeId } = device.challenge
  return base && statusCallbackUrl(base, { ...device, challengeId })
}

async function logInstead(
  { device, token }: TokenMessage,
  reader: Reader,
  setup: DeliverySetup,
): Promise<Delivery> {
  // The one place where a token is logged, and only on a stage for development.
  logger.info(smsFor(reader, token, setup), { to: maskNumber(device.number) })
  return { outcome: 'sent', messageSid: 'none' }
}
