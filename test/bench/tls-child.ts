// TLS in front of the stations, in a process of its own, so that the handshakes are like AWS's.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'

const [urls] = (await once(process, 'message')) as [Record<string, string>]
const folder = join(import.meta.dirname, '../fixtures/tls')
const cert = readFileSync(join(folder, 'test-only-cert.pem'))
const key = readFileSync(join(folder, 'test-only-key.pem'))

/** Hands everything on to a URL, and gives its own. */
async function cover(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const server = tls.createServer({ cert, key }, socket => {
    const inner = net.connect(Number(port), hostname)
    socket.on('error', () => inner.destroy())
    inner.on('error', () => socket.destroy())
    socket.pipe(inner).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

process.once('disconnect', () => process.exit())
const covered = Object.entries(urls).map(async ([name, url]) => [name, await cover(url)] as const)
process.send?.(Object.fromEntries(await Promise.all(covered)))
