// What every channel says of itself: how it sends, and what it needs for that.
import type { DeviceItem } from '../../device/device.ts'
import type { DeliverySettings } from '../../settings/delivery.ts'
import type { Reader } from '../../settings/languages.ts'
import type { MessageSettings } from '../../settings/messages.ts'
import { misconfigured } from '../../settings/read.ts'
import type { Delivery } from '../../twilio/answer.ts'
import type { TwilioAccount } from '../../twilio/client.ts'

/** A way to a phone. */
export interface ChannelDelivery {
  /** What a challenge answers as its message, where no setting says otherwise. */
  answerMessage: string
  /** Makes the sender. Throws `not_configured` for what is missing of the settings, before anything is written. */
  sender(setup: DeliverySetup): Sender
}

/** Sends one token. */
export type Sender = (
  input: SendInput,
  account: TwilioAccount,
  signal: AbortSignal,
) => Promise<Delivery>

/** What is sent to whom. */
export interface SendInput {
  message: TokenMessage
  reader: Reader
  /** Where Twilio reports what becomes of it, or null. */
  statusCallback: string | null
}

/** A token on its way. */
export interface TokenMessage {
  device: DeviceItem
  token: string
}

/** The settings of a delivery. */
export type DeliverySetup = Omit<DeliverySettings, 'challengeMessage'> &
  MessageSettings & {
    /** What calls say where a route has words of its own. */
    spokenTemplate?: string
  }

/** The sender that a message needs; `names` are the settings that give one. */
export function senderOf(
  { sender }: DeliverySetup,
  names = 'OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID',
) {
  if (sender === null) throw noSender(names)
  return sender
}

/** No sender is set. */
export function noSender(names: string) {
  return misconfigured(names, 'set')
}
