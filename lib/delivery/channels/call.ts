// A call that says the token. A messaging service cannot call, so this channel needs a number.
import { placeCall } from '../../twilio/client.ts'
import { twimlFor } from '../wording.ts'
import { type ChannelDelivery, noSender } from './channel.ts'

/** A phone that rings for longer will not be answered, and the token expires meanwhile. */
const longestRingSeconds = 60

/** The channel of calls. */
export const call: ChannelDelivery = {
  answerMessage: 'Calling',
  sender(setup) {
    const { callFrom: from, validityPeriod } = setup
    if (from === null) throw noSender('OTP_TWILIO_FROM')
    const ringSeconds = Math.min(validityPeriod, longestRingSeconds)
    return ({ message: { device, token }, reader, statusCallback }, account, signal) => {
      const twiml = twimlFor(reader, token, setup)
      return placeCall(
        account,
        { to: device.number, from, twiml, statusCallback, ringSeconds },
        signal,
      )
    }
  },
}
