// A text message, from a number or a messaging service.
import { sendSms } from '../../twilio/client.ts'
import { smsFor } from '../wording.ts'
import { type ChannelDelivery, senderOf } from './channel.ts'

/** The channel of SMS. */
export const sms: ChannelDelivery = {
  answerMessage: 'Sent by SMS',
  sender(setup) {
    const sender = senderOf(setup)
    const { validityPeriod } = setup
    return ({ message: { device, token }, reader, statusCallback }, account, signal) => {
      const body = smsFor(reader, token, setup)
      return sendSms(
        account,
        { to: device.number, body, sender, statusCallback, validityPeriod },
        signal,
      )
    }
  },
}
