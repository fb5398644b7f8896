// Translates Twilio's status callbacks of a message (MessageStatus) and of a call (CallStatus)
// into delivery updates. The codes are from Twilio's error dictionary
// (twilio.com/docs/api/errors). A pure rule.
import type { DeliveryReason, DeliveryStatus, DeliveryUpdate } from '../device/delivery-record.ts'

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

const reasons: Record<number, DeliveryReason> = {
  13224: 'unreachable', // no carrier takes the call, or no such number
  21211: 'unreachable', // not a valid phone number
  21214: 'unreachable', // a number that cannot be called
  21217: 'unreachable', // not a valid number to call
  30003: 'unreachable', // switched off, or no network
  30005: 'unreachable', // unknown, or no longer in service
  30036: 'unreachable', // its ValidityPeriod passed before it could be sent
  63003: 'unreachable', // no WhatsApp user
  63024: 'unreachable', // not a valid WhatsApp recipient
  21614: 'landline', // not a mobile number
  21635: 'landline',
  30006: 'landline', // or a carrier that cannot be reached
  21216: 'blocked_by_carrier', // a call that Twilio blocks
  21408: 'blocked_by_carrier', // a region that the account does not send to
  21612: 'blocked_by_carrier', // no route from our sender
  30004: 'blocked_by_carrier',
  30007: 'blocked_by_carrier', // filtered by the carrier or Twilio
  30034: 'blocked_by_carrier', // a US number that is not registered (A2P 10DLC)
  63032: 'blocked_by_carrier', // WhatsApp limits messages to this user
  21610: 'opted_out', // has replied STOP
  63014: 'opted_out', // has blocked the sender
  63033: 'opted_out', // the same, before 63014
}

/**
 * Returns why a message did not arrive, by Twilio's code. Without a code, and for a code that is
 * not listed, it is `unknown`.
 */
export function reasonOf(twilioCode: number | null): DeliveryReason {
  return reasons[twilioCode ?? 0] ?? 'unknown'
}

/** Reads a callback; null when its status is unknown. */
export function readStatusCallback(form: Readonly<Record<string, string>>): DeliveryUpdate | null {
  const { MessageStatus, CallStatus, ErrorCode } = form
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
