// What is counted for a client address: one customer's part of the Internet, however it came here.
import { isIPv6, SocketAddress } from 'node:net'

/**
 * Returns an IPv4 address as it is, and of an IPv6 address the IPv4 address that a translator has
 * put into it, or the /64, which belongs to one customer.
 */
export function clientNetwork(clientIp: string): string {
  if (!isIPv6(clientIp)) return clientIp
  const fields = fieldsOf(clientIp)
  return embeddedIpv4(fields) ?? `${fields.slice(0, 4).map(inHex).join(':')}::/64`
}

/** What a translator has embedded: its prefix would else be one counter for all behind it. */
function embeddedIpv4(fields: number[]): string | null {
  const [first = 0, second = 0, third = 0, , , , seventh = 0, eighth = 0] = fields
  const startsWith = (...prefix: number[]) => prefix.every((field, n) => fields[n] === field)
  const last = dotted(seventh, eighth)
  // ::ffff:0:0/96, IPv4-mapped (RFC 4291), and ::ffff:0:0:0/96, of SIIT (RFC 2765).
  if (startsWith(0, 0, 0, 0, 0, 0xffff) || startsWith(0, 0, 0, 0, 0xffff, 0)) return last
  // NAT64 with the well-known prefix (RFC 6052), which has a /96.
  if (startsWith(0x64, 0xff9b, 0, 0, 0, 0)) return last
  // Networks of their own have 64:ff9b:1::/48 (RFC 8215), and a prefix of any length of RFC 6052 in
  // it. All but a /96 end with zeros, where no IPv4 address of a client does.
  if (startsWith(0x64, 0xff9b, 1) && (seventh & 0xff) + eighth > 0) return last
  // 6to4 (RFC 3056).
  if (first === 0x2002) return dotted(second, third)
  // Teredo (RFC 4380): the address before the client's NAT, inverted.
  if (startsWith(0x2001, 0)) return dotted(seventh ^ 0xffff, eighth ^ 0xffff)
  return null
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}

/** Returns the eight fields of an IPv6 address, in whatever notation it is. */
function fieldsOf(clientIp: string): number[] {
  const { address } = new SocketAddress({ address: clientIp, family: 'ipv6' })
  const [head, tail = ''] = address.split('::') as [string, string?]
  const [before, after] = [numbersOf(head), numbersOf(tail)]
  const zeros = Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...zeros, ...after]
}

function numbersOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap(field => {
    if (!field.includes('.')) return [Number.parseInt(field, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = field.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function inHex(field: number): string {
  return field.toString(16)
}
