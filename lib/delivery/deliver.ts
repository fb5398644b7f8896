// Brings a token to its device by SMS, call or WhatsApp, or into the log where OTP_TWILIO_NO_DELIVERY says so.
import type { Channel } from '../device/delivery.ts'
import type { DeviceItem } from '../device/device.ts'
import { maskNumber } from '../device/mask.ts'
import { logger } from '../log.ts'
import { type Routes, routeTo } from '../settings/countries.ts'
import type { Reader } from '../settings/languages.ts'
import { type MessageSettings, messageSettings } from '../settings/messages.ts'
import { type SecretSource, type Secrets, twilioCredentials } from '../settings/secrets.ts'
import {
  type DeliverySettings,
  deliverySettings,
  deviceSettings,
  misconfigured,
} from '../settings/settings.ts'
import type { Delivery } from './answer.ts'
import { signatureToken, statusCallbackUrl } from './status-callback.ts'
import { placeCall, type Sms, sendSms, type TwilioAccount } from './twilio.ts'
import { longMessages, smsFor, textFor, twimlFor, type Wording } from './wording.ts'

/** A token on its way. */
export interface Letter {
  device: DeviceItem
  token: string
}

/** Delivers the token of the device's last challenge. Never throws. */
export type Deliver = (letter: Letter, signal: AbortSignal) => Promise<Delivery>

/** The settings of a delivery. */
export type DeliverySetup = Omit<DeliverySettings, 'challengeMessage'> & MessageSettings

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

/** Makes the delivery that the settings describe, or throws `not_configured` before anything is written. */
export async function prepareDelivery(
  setup: DeliverySetup,
  { channel, locale }: { channel: Channel; locale: string | null },
  routes: Routes,
  source: SecretSource,
): Promise<Deliver> {
  const givenOf = (letter: Letter, base: string | null): Given => ({
    letter,
    reader: readerOf(letter, locale),
    wording: wordingFor(letter, setup, routes),
    statusCallback: urlFor(base, letter),
  })
  if (setup.noDelivery) return letter => logInstead(givenOf(letter, null))
  const secrets = await source.load()
  const credentials = twilioCredentials(secrets)
  const base = callbackBase(setup, secrets)
  const post = posts[channel](setup, routes)

  return async (letter, signal) => {
    const given = givenOf(letter, base)
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

interface Given {
  letter: Letter
  reader: Reader
  wording: Wording
  statusCallback: string | null
}
type Post = (given: Given, account: TwilioAccount, signal: AbortSignal) => Promise<Delivery>

/** Says once, at the start of a function, which messages take more than one segment. */
export function warnOfLongMessages(): void {
  let found: ReturnType<typeof longMessages>
  try {
    found = longMessages(
      { ...deliverySettings(), ...messageSettings() },
      deviceSettings().token.length,
    )
  } catch {
    // A bad setting is each request's answer.
    return
  }
  if (found.length > 0) logger.warn('messages of several segments', { messages: found })
}

/** By channel: what is missing of the settings is told here, before anything is written. */
const posts: Record<Channel, (setup: DeliverySetup, routes: Routes) => Post> = {
  sms(setup, routes) {
    const everywhere = routes.byDefault.sender ?? senderOf(setup)
    return ({ letter, reader, wording, statusCallback }, account, signal) => {
      const sender = routeTo(letter.device.country, routes).sender ?? everywhere
      const body = smsFor(reader, letter.token, wording)
      const sms = { to: letter.device.number, body, sender, statusCallback }
      return sendSms(account, { ...sms, validityPeriod: setup.validityPeriod }, signal)
    }
  },
  whatsapp(setup) {
    const { whatsappFrom: from } = setup
    const sender = from === null ? senderOf(setup, whatsappSender) : { from: `whatsapp:${from}` }
    if ('from' in sender && !sender.from.startsWith('whatsapp:')) throw noSender(whatsappSender)
    return ({ letter, reader, wording, statusCallback }, account, signal) => {
      const { validityPeriod, whatsappContentSid: contentSid } = setup
      const content: Pick<Sms, 'body' | 'content'> =
        contentSid === null
          ? { body: textFor(reader, letter.token, wording) }
          : { content: { sid: contentSid, variables: JSON.stringify({ 1: letter.token }) } }
      const to = `whatsapp:${letter.device.number}`
      return sendSms(account, { to, ...content, sender, statusCallback, validityPeriod }, signal)
    }
  },
  call(setup) {
    const { callFrom: from, validityPeriod } = setup
    if (from === null) throw noSender('OTP_TWILIO_FROM')
    return ({ letter, reader, wording, statusCallback }, account, signal) => {
      const call = {
        to: letter.device.number,
        from,
        twiml: twimlFor(reader, letter.token, wording),
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

function readerOf({ device }: Letter, locale: string | null): Reader {
  return { number: device.number, locale }
}

function urlFor(base: string | null, { device }: Letter): string | null {
  const { requestName: challengeId } = device.challenge
  return base && statusCallbackUrl(base, { ...device, challengeId })
}

/** A country's own template is for everybody there, whatever the language. */
function wordingFor({ device }: Letter, setup: DeliverySetup, routes: Routes): Wording {
  const { template } = routeTo(device.country, routes)
  return template === null || template === undefined
    ? setup
    : { ...setup, tokenTemplate: template, templates: null }
}

async function logInstead({ letter, reader, wording }: Given): Promise<Delivery> {
  const { device, token } = letter
  // The one place where a token is logged, and only on a stage for development.
  logger.info(smsFor(reader, token, wording), { to: maskNumber(device.number) })
  return { outcome: 'sent', messageSid: 'none' }
}
