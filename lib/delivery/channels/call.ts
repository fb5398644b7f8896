// A call that says the token. A messaging service cannot call, so this channel needs a number.
import { aNumberThatCalls } from '../../settings/delivery.ts'
import { misconfigured } from '../../settings/read.ts'
import { placeCall } from '../../twilio/client.ts'
import { twimlFor } from '../wording.ts'
import type { ChannelDelivery } from './channel.ts'

/** A phone that rings for longer will not be answered, and the token expires meanwhile. */
const longestRingSeconds = 60

/** The channel of calls. */
export const call: ChannelDelivery = {
  answerMessage: 'Calling',
  sender(setup) {
    const { callFrom: from, validityPeriod } = setup
    if (from === null) throw misconfigured('OTP_TWILIO_FROM', aNumberThatCalls)
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
