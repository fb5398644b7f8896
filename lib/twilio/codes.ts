// What Twilio's error codes say of a message or a call. Of the 2,411 codes of February 2025 those
// of calls, messages and WhatsApp were gone through, and of newer ones the pages of some
// (twilio.com/docs/api/errors). What is left out is about the request, an outage of Twilio's, or
// products that are not used here; its reason is unknown. Twilio moves cases between codes, so a
// code that is not here is an ordinary refusal.
import type { DeliveryReason } from '../device/delivery-record.ts'

/**
 * Codes that are about the recipient: another message to this number fails, too. The API answers
 * them with `undeliverable_number`.
 */
const ofNumber: Readonly<Record<number, DeliveryReason>> = {
  13223: 'unreachable', // not the form of a number
  13224: 'unreachable', // no carrier takes the call, or no such number
  13226: 'unreachable', // no such country code
  21211: 'unreachable', // not a valid phone number
  21214: 'unreachable', // a number that cannot be called
  21217: 'unreachable', // not a valid number to call
  21265: 'unreachable', // a short code
  21266: 'unreachable', // the very number that we send from
  30005: 'unreachable', // unknown, or no longer in service
  63003: 'unreachable', // no WhatsApp user
  63024: 'unreachable', // not a valid WhatsApp recipient
  63036: 'unreachable', // no RCS there
  21614: 'landline', // not a mobile number
  21635: 'landline',
  30006: 'landline', // or a carrier that cannot be reached
  13225: 'blocked_by_carrier', // a call that Twilio blocks
  13227: 'blocked_by_carrier', // a region that the account does not call
  21202: 'blocked_by_carrier', // a premium number
  21203: 'blocked_by_carrier', // the account calls no other country
  21215: 'blocked_by_carrier', // a region that the account does not call
  21216: 'blocked_by_carrier', // a call that Twilio blocks
  21268: 'blocked_by_carrier', // a premium rate or information service
  21408: 'blocked_by_carrier', // a region that the account does not send to
  21612: 'blocked_by_carrier', // no route from our sender to this number
  30004: 'blocked_by_carrier', // blocked by the carrier, or the recipient
  21610: 'opted_out', // has replied STOP
  30630: 'opted_out', // the same, by another way
  63014: 'opted_out', // has blocked the sender
  63033: 'opted_out', // the same, before 63014
}

/**
 * Codes that pass, or that are about our sender, our account or our text: with those this channel
 * fails until we mend it, and another one may do. At once they are an ordinary failure, which an
 * alarm counts.
 */
const others: Readonly<Record<number, DeliveryReason>> = {
  30003: 'unreachable', // switched off, or no network
  30017: 'unreachable', // the network of the carrier is full
  30036: 'unreachable', // its ValidityPeriod passed before it could be sent
  32016: 'unreachable', // no carrier connected the call in time
  21703: 'blocked_by_carrier', // a messaging service without a sender for this number, as the next
  21704: 'blocked_by_carrier',
  30007: 'blocked_by_carrier', // filtered by the carrier or Twilio
  30018: 'blocked_by_carrier', // a sender id that is not registered there
  30022: 'blocked_by_carrier', // the rate of the A2P 10DLC campaign, as the next two by the day
  30023: 'blocked_by_carrier',
  30027: 'blocked_by_carrier',
  30024: 'blocked_by_carrier', // a sender that the carrier does not know yet
  30032: 'blocked_by_carrier', // a toll-free number that is not verified
  30033: 'blocked_by_carrier', // a campaign that is suspended
  30034: 'blocked_by_carrier', // a US number that is not registered (A2P 10DLC)
  30035: 'blocked_by_carrier', // one whose registration is not through
  30037: 'blocked_by_carrier', // the account may not send
  30038: 'blocked_by_carrier', // a one-time password to a number at Twilio
  30039: 'blocked_by_carrier', // a message that looks like one of a loop
  30040: 'blocked_by_carrier', // as 30018, where it is a must
  30041: 'blocked_by_carrier', // the same in the United Kingdom
  30042: 'blocked_by_carrier', // a sender id that is too general
  30043: 'blocked_by_carrier', // an international message on a domestic route
  30450: 'blocked_by_carrier', // held for some time against SMS pumping, as the next two
  30453: 'blocked_by_carrier',
  30485: 'blocked_by_carrier',
  30454: 'blocked_by_carrier', // the messages of a trial account are used up
  30610: 'blocked_by_carrier', // not at this hour, by law, as the next
  30615: 'blocked_by_carrier',
  30620: 'blocked_by_carrier', // not what this sender is registered for
  32005: 'blocked_by_carrier', // the account may not call, as 10005
  10005: 'blocked_by_carrier',
  32017: 'blocked_by_carrier', // the carrier blocks calls of our number
  32203: 'blocked_by_carrier', // a call that Twilio blocks
  32205: 'blocked_by_carrier', // a region that the trunk does not call
  63005: 'blocked_by_carrier', // the channel takes no such content
  63007: 'blocked_by_carrier', // no WhatsApp sender
  63013: 'blocked_by_carrier', // against WhatsApp's policy
  63015: 'blocked_by_carrier', // the recipient has not joined the sandbox
  63016: 'blocked_by_carrier', // no template, and the recipient has not written first
  63018: 'blocked_by_carrier', // WhatsApp's limit for our sender
  63020: 'blocked_by_carrier', // the business account at Meta, as 63051 and 63112
  63021: 'blocked_by_carrier', // content that is not valid
  63022: 'blocked_by_carrier', // the certificate of our name
  63026: 'blocked_by_carrier', // content that was reported as spam
  63027: 'blocked_by_carrier', // a template that is not there in the language
  63028: 'blocked_by_carrier', // one with other variables
  63029: 'blocked_by_carrier', // one that the recipient could not load
  63032: 'blocked_by_carrier', // WhatsApp limits messages to this user, as 63049
  63035: 'blocked_by_carrier', // an RCS sender that is not launched
  63038: 'blocked_by_carrier', // the account's limit by the day
  63040: 'blocked_by_carrier', // a template that was rejected, paused or disabled
  63041: 'blocked_by_carrier',
  63042: 'blocked_by_carrier',
  63049: 'blocked_by_carrier',
  63051: 'blocked_by_carrier',
  63112: 'blocked_by_carrier',
}

/**
 * Returns why a message did not arrive, by Twilio's code. Without a code, and for a code that is
 * not listed, it is `unknown`.
 */
export function reasonOf(twilioCode: number | null): DeliveryReason {
  return ofNumber[twilioCode ?? 0] ?? others[twilioCode ?? 0] ?? 'unknown'
}

/** Whether a code is about the recipient. */
export function isOfNumber(twilioCode: number): boolean {
  return Object.hasOwn(ofNumber, twilioCode)
}
