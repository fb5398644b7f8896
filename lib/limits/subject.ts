// What a limit counts, and under which key. The table holds no number, user or address in clear,
// but an HMAC with a key derived from the index key: a reader of the table cannot try all numbers.
import { createHmac } from 'node:crypto'
import { isIPv6, SocketAddress } from 'node:net'
import { lengthPrefixed } from '../length-prefixed.ts'
import type { Limit, LimitName } from '../settings/limits.ts'
import { deriveKey } from '../token/keys.ts'

/** The subjects of a send; an undefined one is not counted. */
export type Subjects = { [name in LimitName]?: string | undefined }

/** A limit on one subject, in the current window. */
export interface Counter extends Limit {
  /** The key of its item in the limits table. */
  key: string
  /** End of the window, milliseconds since the epoch. */
  endsAt: number
}

/**
 * Returns the end of the window that a moment is in. Windows are fixed, and start at
 * multiples of their length.
 */
export function windowEnd(seconds: number, now: number): number {
  return now - (now % (seconds * 1000)) + seconds * 1000
}

/** Returns the counters of a send at a moment. */
export function countersOf(
  indexKey: Uint8Array,
  limits: Limit[],
  subjects: Subjects,
  now: number,
): Counter[] {
  const hashKey = deriveKey(indexKey, ['limit'])
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

/**
 * Returns what is counted for a client address: an IPv4 address, or the /64 of an IPv6 address,
 * which belongs to one customer.
 */
export function clientNetwork(clientIp: string): string {
  if (!isIPv6(clientIp)) return clientIp
  const { address } = new SocketAddress({ address: clientIp, family: 'ipv6' })
  // Only these addresses are written like this: 0:0:0:0:0:ffff and an IPv4 address.
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length)
  const [head, tail = ''] = address.split('::') as [string, string?]
  const [before, after] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':')
}
