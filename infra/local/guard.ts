// Who may speak to the servers of npm start: whoever names this machine. A page of another site can
// have its own name resolve to 127.0.0.1, and would read the inbox (DNS rebinding). An address
// cannot be made to do that.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { isIP } from 'node:net'

/** Whether a Host header names this machine: by an address, as localhost, or as it was bound. */
export function isOwnHost(header: string | undefined, bound: string): boolean {
  const name = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header ?? '')
  const host = (name?.[1] ?? name?.[2] ?? '').toLowerCase()
  return isIP(host) !== 0 || host === 'localhost' || host === bound.toLowerCase()
}

/** Has a server answer requests with another Host itself; `admit` sees the others first. */
export function guardHost(
  server: Server,
  bound: string,
  admit: (request: IncomingMessage) => void = () => {},
): void {
  const { emit } = server
  server.emit = function (this: Server, event: string, ...args: unknown[]) {
    if (event === 'request') {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      if (!isOwnHost(request.headers.host, bound)) return refuse(response)
      admit(request)
    }
    return Reflect.apply(emit, this, [event, ...args])
  }
}

function refuse(response: ServerResponse): true {
  response.on('error', () => {})
  response.writeHead(421, { 'content-type': 'text/plain' })
  response.end('This server is for its own machine: ask it as localhost, 127.0.0.1 or --host.\n')
  return true
}
