// What Twilio calls a failure, and its own log of it.
import { useLanguage } from '../language.ts'
import { twilioError, twilioLog } from '../twilio.ts'

/** Shows a code with its words, and links to the dictionary and to the log. */
export function TwilioSays({ code, sid }: { code: number | null; sid: string | null }) {
  const words = useLanguage().strings.twilio
  return (
    <span class="twilio">
      {code !== null && (
        <span>
          <a href={twilioError(code)} target="_blank" rel="noreferrer">
            Twilio {code}
          </a>
          {words.codes[code] && `: ${words.codes[code]}`}
        </span>
      )}
      <a href={twilioLog(sid)} target="_blank" rel="noreferrer" title={sid ?? undefined}>
        {sid === null ? words.debugger : words.log}
      </a>
    </span>
  )
}
