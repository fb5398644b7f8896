// What every channel defines: how it sends, and which settings it needs.
import type { DeviceItem } from '../../device/device.ts'
import type { DeliverySettings } from '../../settings/delivery.ts'
import type { Reader } from '../../settings/languages.ts'
import type { MessageSettings } from '../../settings/messages.ts'
import { misconfigured } from '../../settings/read.ts'
import type { Delivery } from '../../twilio/answer.ts'
import type { TwilioAccount } from '../../twilio/client.ts'

/** How one channel delivers. */
export interface ChannelDelivery {
  /** The message of a challenge's answer, where no setting gives another. */
  answerMessage: string
  /**
   * Makes the sender. Throws `not_configured` when a setting is missing, before
   * anything is written.
   */
  sender(setup: DeliverySetup): Sender
}

/** Sends one token. */
export type Sender = (
  input: SendInput,
  account: TwilioAccount,
  signal: AbortSignal,
) => Promise<Delivery>

/** The input of a send. */
export interface SendInput {
  message: TokenMessage
  reader: Reader
  /** URL that Twilio reports the delivery status to, or null. */
  statusCallback: string | null
}

/** A token with the device that it is for. */
export interface TokenMessage {
  device: DeviceItem
  token: string
}

/** The settings of a delivery. */
export type DeliverySetup = Omit<DeliverySettings, 'challengeMessage'> &
  MessageSettings & {
    /** What calls say, where a route has a text of its own. */
    spokenTemplate?: string
  }

/**
 * Returns the sender of a message. Throws `not_configured` when none of the settings
 * in `names` is set.
 */
export function senderOf(
  { sender }: DeliverySetup,
  names = 'OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID',
) {
  if (sender === null) throw noSender(names)
  return sender
}

/** Makes the problem of a missing sender; `names` are the settings that give one. */
export function noSender(names: string) {
  return misconfigured(names, 'set')
}
