// Translates Twilio's status callbacks of a message (MessageStatus) and of a call (CallStatus)
// into delivery updates. A pure rule.
import type { DeliveryStatus, DeliveryUpdate } from '../device/delivery-record.ts'
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

/** Reads a callback; null when its status is unknown. */
export function readStatusCallback(form: Form): DeliveryUpdate | null {
  const [MessageStatus, CallStatus, ErrorCode] = ['MessageStatus', 'CallStatus', 'ErrorCode'].map(
    name => [form[name]].flat().at(-1),
  )
  const called = CallStatus === undefined ? undefined : find(callStatuses, CallStatus)
  const status = called ?? find(messageStatuses, MessageStatus ?? '')
  if (status === undefined) return null
  if (status !== 'undelivered' && status !== 'failed') return { status, reason: null }
  // The call was not answered, or the line was busy: Twilio gives no code for that.
  const unanswered = called === 'undelivered'
  const code = /^\d{1,9}$/.test(ErrorCode ?? '') ? Number(ErrorCode) : null
  return { status, reason: unanswered ? 'unreachable' : reasonOf(code) }
}

function find(statuses: Record<string, DeliveryStatus>, name: string): DeliveryStatus | undefined {
  return Object.hasOwn(statuses, name) ? statuses[name] : undefined
}
