// What a limit counts, and under which key: never a number, user or address in clear, but an HMAC with a key
// derived from the token key, so that whoever reads the table cannot try all numbers there are.
import { createHmac } from 'node:crypto'
import { isIPv6, SocketAddress } from 'node:net'
import { lengthPrefixed } from '../length-prefixed.ts'
import type { Limit, LimitName } from '../settings/limits.ts'
import { deriveKey } from '../token/keys.ts'

/** Whom a send is for; what is undefined is not counted. */
export type Subjects = { [name in LimitName]?: string | undefined }

/** A limit on one subject, in the window that is running. */
export interface Counter extends Limit {
  /** Its item in the limits table. */
  key: string
  /** When the window is over, milliseconds since the epoch. */
  endsAt: number
}

/** When the window of a moment is over: windows are fixed, and begin at multiples of their length. */
export function windowEnd(seconds: number, now: number): number {
  return now - (now % (seconds * 1000)) + seconds * 1000
}

/** The counters of a send at a moment. */
export function countersOf(
  tokenKey: Uint8Array,
  limits: Limit[],
  subjects: Subjects,
  now: number,
): Counter[] {
  const hashKey = deriveKey(tokenKey, ['limit'])
  return limits.flatMap(one => {
    const { limit, seconds } = one
    const subject = subjects[limit]
    if (subject === undefined) return []
    const endsAt = windowEnd(seconds, now)
    const hash = createHmac('sha256', hashKey)
      .update(lengthPrefixed([limit, subject]))
      .digest()
      .toString('base64url', 0, 16)
    return [{ ...one, key: `${limit}:${hash}:${seconds}:${endsAt}`, endsAt }]
  })
}

/** What is counted of a client address: an IPv4 whole, an IPv6 by its /64, which is one customer's. */
export function clientNetwork(clientIp: string): string {
  if (!isIPv6(clientIp)) return clientIp
  const { address } = new SocketAddress({ address: clientIp, family: 'ipv6' })
  // The only addresses that are written so: 0:0:0:0:0:ffff and an IPv4.
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length)
  const [head, tail = ''] = address.split('::') as [string, string?]
  const [before, after] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':')
}
