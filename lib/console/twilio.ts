// Where Twilio shows more of a message. Pure functions.

/** The log of a message or a call, by its SID; the debugger, where there is none. */
export function twilioLog(sid: string | null): string {
  if (sid === null) return 'https://console.twilio.com/us1/monitor/logs/debugger'
  const log = sid.startsWith('CA') ? 'voice/calls' : 'sms'
  return `https://www.twilio.com/console/${log}/logs/${sid}`
}

/** The page of an error code in Twilio's dictionary. */
export function twilioError(code: number): string {
  return `https://www.twilio.com/docs/api/errors/${code}`
}
