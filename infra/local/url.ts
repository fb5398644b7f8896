// The URL of a server of npm start, as a browser on this machine opens it.
import { BlockList, isIPv6 } from 'node:net'

const everywhere = new BlockList()
everywhere.addAddress('0.0.0.0', 'ipv4')
everywhere.addAddress('::', 'ipv6')

/**
 * Returns the URL of a server that listens on an address. One that listens on all of them is opened
 * at the loopback address: nobody can open 0.0.0.0 or ::.
 */
export function urlOf(host: string, port: number): string {
  const isEverywhere = everywhere.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
  const opened = isEverywhere ? (isIPv6(host) ? '::1' : '127.0.0.1') : host
  return `http://${isIPv6(opened) ? `[${opened}]` : opened}:${port}`
}
