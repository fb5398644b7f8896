// The status callbacks of the stand-in for Twilio, signed as Twilio signs (twilio.com/docs/usage/security).
import { createHmac } from 'node:crypto'
import { passwordOf, type StandInMessage } from './messages.ts'

/** What is told of a message. */
export interface StatusNews {
  /** Twilio's own word: `delivered`, or `no-answer` of a call. */
  status: string
  /** Of Twilio's error dictionary. */
  errorCode?: string
}

const longestMs = 10_000

/** Tells a message's callback, and gives the status that it answered. */
export async function tellStatus(
  message: StandInMessage,
  news: StatusNews,
  signatureToken = passwordOf(message),
): Promise<number> {
  const { statusCallback: url } = message
  if (url === null) throw new Error('The message came without a StatusCallback.')
  const form = statusForm(message, news)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-twilio-signature': signForm(signatureToken, url, form) },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(longestMs),
  })
  await response.arrayBuffer()
  message.status = news.status
  return response.status
}

/** The form of a callback. */
export function statusForm(
  { sid, to, from, channel }: Pick<StandInMessage, 'sid' | 'to' | 'from' | 'channel'>,
  { status, errorCode }: StatusNews,
): Record<string, string> {
  const address = channel === 'whatsapp' ? `whatsapp:${to}` : to
  const told: Record<string, string> =
    channel === 'call'
      ? { CallSid: sid, CallStatus: status, Direction: 'outbound-api' }
      : { MessageSid: sid, SmsSid: sid, MessageStatus: status, SmsStatus: status }
  return {
    ...told,
    ...(errorCode !== undefined && { ErrorCode: errorCode }),
    ApiVersion: '2010-04-01',
    From: from,
    To: address,
  }
}

/** Twilio's signature: the URL, then each parameter's name and value by name, under the account's auth token. */
export function signForm(token: string, url: string, form: Record<string, string>): string {
  const names = Object.keys(form).sort()
  const signed = url + names.map(name => name + form[name]).join('')
  return createHmac('sha1', token).update(signed).digest('base64')
}
