// The status callbacks of the stand-in for Twilio, signed as Twilio signs them
// (twilio.com/docs/usage/security).
import { createHmac } from 'node:crypto'
import { passwordOf, type StandInMessage } from './messages.ts'

/** A status to report. */
export interface StatusReport {
  /** Twilio's own status: `delivered`, or `no-answer` of a call. */
  status: string
  /** A code of Twilio's error dictionary. */
  errorCode?: string
}

const longestMs = 10_000

/**
 * Reports a status to a message's callback, and returns the HTTP status of the callback's answer.
 */
export async function reportStatus(
  message: StandInMessage,
  report: StatusReport,
  signatureToken = passwordOf(message),
): Promise<number> {
  const { statusCallback: url } = message
  if (url === null) throw new Error('The message came without a StatusCallback.')
  const form = statusForm(message, report)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-twilio-signature': signForm(signatureToken, url, form) },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(longestMs),
  })
  await response.arrayBuffer()
  message.status = report.status
  return response.status
}

/** Makes the form of a callback. */
export function statusForm(
  { sid, to, from, channel }: Pick<StandInMessage, 'sid' | 'to' | 'from' | 'channel'>,
  { status, errorCode }: StatusReport,
): Record<string, string> {
  const address = channel === 'whatsapp' ? `whatsapp:${to}` : to
  const fields: Record<string, string> =
    channel === 'call'
      ? { CallSid: sid, CallStatus: status, Direction: 'outbound-api' }
      : { MessageSid: sid, SmsSid: sid, MessageStatus: status, SmsStatus: status }
  return {
    ...fields,
    ...(errorCode !== undefined && { ErrorCode: errorCode }),
    ApiVersion: '2010-04-01',
    From: from,
    To: address,
  }
}

/**
 * Signs a form as Twilio does: the URL, then each parameter's name and value in the order of the
 * names, with the account's auth token.
 */
export function signForm(token: string, url: string, form: Record<string, string>): string {
  const names = Object.keys(form).sort()
  const signed = url + names.map(name => name + form[name]).join('')
  return createHmac('sha1', token).update(signed).digest('base64')
}
