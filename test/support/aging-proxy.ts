// A TCP proxy whose connections age when the test says so, as they do while a Lambda is frozen: the
// other side has given them up, and the next bytes that are written to them are lost.
import net, { type AddressInfo, type Socket } from 'node:net'

/** What an aged connection does with the next bytes. */
export type Aged = 'reset' | 'close'

/** Starts a proxy to the server of a URL. */
export async function startAgingProxy(target: string) {
  const { hostname, port: targetPort } = new URL(target)
  const open = new Map<Socket, Aged | null>()
  let connections = 0
  const server = net.createServer(socket => {
    connections += 1
    open.set(socket, null)
    const onward = net.connect(Number(targetPort), hostname)
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => {})
      one.once('close', () => other.destroy())
    }
    socket.once('close', () => open.delete(socket))
    socket.on('data', bytes => {
      const aged = open.get(socket)
      if (aged === 'reset') socket.resetAndDestroy()
      else if (aged === 'close') socket.destroy()
      else onward.write(bytes)
    })
    onward.pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** How many connections there were so far. */
    connections: () => connections,
    /** Lets every connection that is open now be lost with its next request. */
    age(aged: Aged) {
      for (const socket of open.keys()) open.set(socket, aged)
    },
    close() {
      server.close()
      for (const socket of open.keys()) socket.destroy()
    },
  }
}
