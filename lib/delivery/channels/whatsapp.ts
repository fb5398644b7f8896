// A WhatsApp message, by an approved template where one is set.
import { type Sms, sendSms } from '../../twilio/client.ts'
import { textFor } from '../wording.ts'
import { type ChannelDelivery, noSender, senderOf } from './channel.ts'

const senders = 'OTP_TWILIO_WHATSAPP_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID'

/** The channel of WhatsApp messages. */
export const whatsapp: ChannelDelivery = {
  answerMessage: 'Sent by WhatsApp',
  sender(setup) {
    const { whatsappFrom: from, validityPeriod, whatsappContentSid: contentSid } = setup
    const sender = from === null ? senderOf(setup, senders) : { from: `whatsapp:${from}` }
    if ('from' in sender && !sender.from.startsWith('whatsapp:')) throw noSender(senders)
    return ({ message: { device, token }, reader, statusCallback }, account, signal) => {
      const content: Pick<Sms, 'body' | 'content'> =
        contentSid === null
          ? { body: textFor(reader, token, setup) }
          : { content: { sid: contentSid, variables: JSON.stringify({ 1: token }) } }
      const to = `whatsapp:${device.number}`
      return sendSms(account, { to, ...content, sender, statusCallback, validityPeriod }, signal)
    }
  },
}
