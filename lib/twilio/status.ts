// Translates Twilio's status callbacks of a message (MessageStatus) and of a call (CallStatus)
// into delivery updates. A pure rule.
import type { DeliveryStatus, DeliveryUpdate } from '../device/delivery-record.ts'
import type { Channel } from '../settings/channels.ts'
import { reasonOf } from './codes.ts'
import type { Form } from './signature.ts'

const messageStatuses: Record<string, DeliveryStatus> = {
  accepted: 'queued',
  scheduled: 'queued',
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'undelivered',
  failed: 'failed',
  canceled: 'failed',
}

/** A call that was answered has said its token, perhaps to a mailbox. */
const callStatuses: Record<string, DeliveryStatus> = {
  queued: 'queued',
  initiated: 'queued',
  ringing: 'sent',
  'in-progress': 'sent',
  completed: 'delivered',
  busy: 'undelivered',
  'no-answer': 'undelivered',
  failed: 'failed',
  canceled: 'failed',
}

/** An update, and what Twilio's own log calls it. */
export interface ReportedDelivery extends DeliveryUpdate {
  /** A code of Twilio's error dictionary. */
  twilioCode: number | null
  /** The SID of the message or of the call. */
  messageSid: string | null
}

/** The form of the SID of a message or of a call. */
const sidForm = /^(SM|MM|CA)[0-9a-fA-F]{32}$/

/** Reads a callback; null when its status is unknown. */
export function readStatusCallback(form: Form): ReportedDelivery | null {
  const last = (name: string) => [form[name]].flat().at(-1)
  const update = readUpdate(last)
  if (update === null) return null
  const sid = last('MessageSid') ?? last('CallSid') ?? ''
  const isFailed = update.status === 'undelivered' || update.status === 'failed'
  return {
    ...update,
    twilioCode: isFailed ? codeOf(last('ErrorCode')) : null,
    messageSid: sidForm.test(sid) ? sid : null,
  }
}

function codeOf(ErrorCode = ''): number | null {
  return /^\d{1,9}$/.test(ErrorCode) ? Number(ErrorCode) : null
}

function readUpdate(last: (name: string) => string | undefined): DeliveryUpdate | null {
  const called = find(callStatuses, last('CallStatus'))
  const status = called ?? find(messageStatuses, last('MessageStatus'))
  if (status === undefined) return null
  const channel = channelOf(last)
  if (status !== 'undelivered' && status !== 'failed') return { status, reason: null, channel }
  // The call was not answered, or the line was busy: Twilio gives no code for that.
  const unanswered = called === 'undelivered'
  const reason = unanswered ? 'unreachable' : reasonOf(codeOf(last('ErrorCode')))
  return { status, reason, channel }
}

/** A call has a status of its own, and WhatsApp its mark before the number. */
function channelOf(last: (name: string) => string | undefined): Channel {
  if (last('CallStatus') !== undefined) return 'call'
  return last('To')?.startsWith('whatsapp:') ? 'whatsapp' : 'sms'
}

function find(statuses: Record<string, DeliveryStatus>, name = ''): DeliveryStatus | undefined {
  return Object.hasOwn(statuses, name) ? statuses[name] : undefined
}
