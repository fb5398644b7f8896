// How a token reaches a phone: django-otp-twilio's settings of the message and its sender. The
// credentials are secrets: see secrets.ts.
import { e164 } from '../formats.ts'
import {
  developmentStages,
  type Environment,
  flag,
  httpsUrl,
  inWords,
  isDevelopment,
  matching,
  misconfigured,
  template,
} from './read.ts'
import { showsToken } from './template.ts'
import { validitySeconds } from './token.ts'

/** How a token reaches a phone. */
export interface DeliverySettings {
  url: string
  sender: { messagingServiceSid: string } | { from: string } | null
  /** The number to call from, or null: neither a messaging service nor a sender id can call. */
  callFrom: string | null
  tokenTemplate: string
  challengeMessage: string
  noDelivery: boolean
  /** Seconds after which Twilio drops a message that it could not deliver. */
  validityPeriod: number
}

/** The default of django-otp-twilio. It names SMS, so other channels have defaults of their own. */
export const defaultAnswerMessage = 'Sent by SMS'

/** Below five seconds Twilio delivers next to nothing. */
const shortestValidityPeriod = 5

const unlessDevelopment = `unless the stage is ${inWords(developmentStages)}`

/** Reads how tokens are delivered. Throws `not_configured`. */
export function deliverySettings(env: Environment = process.env): DeliverySettings {
  const noDelivery = flag(env, 'OTP_TWILIO_NO_DELIVERY')
  if (noDelivery && !isDevelopment(env)) {
    throw misconfigured('OTP_TWILIO_NO_DELIVERY', `off ${unlessDevelopment}`)
  }
  const challengeMessage = template(env, 'OTP_TWILIO_CHALLENGE_MESSAGE', defaultAnswerMessage)
  if (showsToken(challengeMessage) && !isDevelopment(env)) {
    throw misconfigured('OTP_TWILIO_CHALLENGE_MESSAGE', `free of {token} ${unlessDevelopment}`)
  }
  const from = matching(env, 'OTP_TWILIO_FROM', senderId)
  return {
    url: httpsUrl(env, 'OTP_TWILIO_URL') ?? 'https://api.twilio.com',
    sender: senderOf(env, from),
    callFrom: from !== null && e164.test(from) ? from : null,
    tokenTemplate: template(env, 'OTP_TWILIO_TOKEN_TEMPLATE', '{token}'),
    challengeMessage,
    noDelivery,
    validityPeriod: Math.max(validitySeconds(env), shortestValidityPeriod),
  }
}

/** The form of a messaging service's SID. */
export const serviceSid = {
  form: /^MG[A-Za-z0-9]+$/,
  expected: 'the SID of a messaging service, which starts with MG',
}

/** The form of a sender: a number, a short code, or a sender id in letters. */
export const senderId = {
  form: /^[!-~]([ -~]{0,62}[!-~])?$/,
  expected: 'a number or a sender id',
}

/** What OTP_TWILIO_FROM must be where calls are on. */
export const aNumberThatCalls =
  'a number in E.164, such as +12025550142: a messaging service or a sender id cannot call'

function senderOf(env: Environment, from: string | null): DeliverySettings['sender'] {
  const messagingServiceSid = matching(env, 'OTP_TWILIO_MESSAGING_SERVICE_SID', serviceSid)
  if (messagingServiceSid !== null) return { messagingServiceSid }
  return from === null ? null : { from }
}
