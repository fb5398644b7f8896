// The Twilio stand-in of the handlers' tests; every token and number that it is sent is a secret
// from then on.
import type { StandInAnswer } from '../../infra/local/twilio/messages.ts'
import { startTwilioStandIn } from '../../infra/local/twilio/stand-in.ts'
import { recordSecret } from './record.ts'

/** Starts a stand-in that answers as `answer` says, and points the settings to it. */
export async function startTwilio(answer: () => StandInAnswer | undefined = () => undefined) {
  const twilio = await startTwilioStandIn({
    port: 0,
    answer: ({ form }) => {
      recordSecret('token', /\d{6,8}/.exec(form.Body ?? '')?.[0])
      recordSecret('number', form.To)
      return answer()
    },
  })
  process.env.OTP_TWILIO_URL = twilio.url
  return twilio
}
