// By what a token came to its device, as one small number that a write can add to unread: how often
// by SMS, by a call, by anything else, and whether it was a test number's. A pure rule.
import type { Channel } from '../settings/channels.ts'

/** What is added for each time that a token was sent: two hundred times at most. */
const units = { sms: 1, call: 0x100, other: 0x1_0000 } as const

/** Stands for a test number, to which nothing is sent. */
export const viaTest = 0x100_0000

/**
 * Returns what a challenge adds. Null is a channel that is known only once the device is: by the
 * route of its country.
 */
export function viaOf(channel: Channel | null): number {
  return channel === 'sms' || channel === 'call' ? units[channel] : units.other
}

/**
 * Returns the method by which a token came, of RFC 8176; null where there was more than one, or one
 * that has no name there.
 */
export function methodOf(via: number): 'sms' | 'tel' | null {
  if (via > 0 && via < units.call) return 'sms'
  return via >= units.call && via < units.other && via % units.call === 0 ? 'tel' : null
}

/** Whether a token was a test number's. */
export function isViaTest(via: number): boolean {
  return via >= viaTest
}
