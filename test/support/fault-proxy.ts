// An HTTP proxy between the SDK and the engine: it counts requests by operation, and loses what it is told to.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What happens to one request. The first three reach the engine, so that a write is applied. */
export type Fault = 'lose answer' | 'truncate answer' | 'empty answer' | 'lose request' | 'hang'

/** Starts a proxy to an engine. */
export async function startFaultProxy(target: string) {
  const operations: string[] = []
  const faults: Fault[] = []
  const server = http.createServer((request, response) => {
    operations.push(String(request.headers['x-amz-target']).split('.')[1] ?? '')
    const fault = faults.shift()
    if (fault === 'hang') return
    if (fault === 'lose request') request.socket.destroy()
    else forward(target, request, response, fault)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** One name a request, such as UpdateItem. */
    operations,
    /** What happens to the next requests, one each; the rest is handed on. */
    faults,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
) {
  const { method, headers, url } = request
  const onward = http.request(`${target}${url}`, { method: method!, headers }, async answer => {
    const body = await buffer(answer)
    if (fault === 'lose answer') {
      request.socket.destroy()
      return
    }
    // Where a test stops the clock, the engine's Date would make the SDK correct its own, and try again;
    // and of a broken body the checksum would tell.
    response.sendDate = false
    response.writeHead(answer.statusCode!, { 'content-type': 'application/x-amz-json-1.0' })
    if (fault === 'truncate answer') response.end(body.subarray(0, body.length / 2))
    else response.end(fault === 'empty answer' ? '' : body)
  })
  request.pipe(onward)
}
