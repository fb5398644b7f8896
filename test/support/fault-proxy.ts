// An HTTP proxy between the SDK and the engine: it counts requests by operation, and loses what it is told to.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What happens to one request. With one about the answer a write is applied; a held request reaches the engine when it is released. */
export type Fault =
  | 'lose answer'
  | 'truncate answer'
  | 'stall answer'
  | 'empty answer'
  | 'hold request'
  | 'lose request'
  | 'hang'

/** Starts a proxy to an engine. */
export async function startFaultProxy(target: string) {
  const operations: string[] = []
  const requests: { operation: string; input: object }[] = []
  const faults: Fault[] = []
  const held: (() => Promise<void>)[] = []
  const server = http.createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    operations.push(operation)
    const received: Buffer[] = []
    request.on('data', chunk => received.push(chunk))
    request.once('end', () => {
      requests.push({ operation, input: JSON.parse(String(Buffer.concat(received))) })
    })
    const fault = faults.shift()
    if (fault === 'hang') return
    if (fault === 'lose request') request.socket.destroy()
    else if (fault === 'hold request') hold(target, request, held)
    else forward(target, request, response, fault)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    /** One name a request, such as UpdateItem. */
    operations,
    /** Those of them that arrived whole, with what they said. */
    requests,
    /** What happens to the next requests, one each; the rest is handed on. */
    faults,
    /** Lets the held requests go, and waits until the engine has answered them. */
    async release() {
      await Promise.all(held.splice(0).map(send => send()))
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Takes a request in whole, so that it can arrive long after its client has given up. */
async function hold(target: string, request: IncomingMessage, held: (() => Promise<void>)[]) {
  const { method, headers, url } = request
  const body = await buffer(request)
  held.push(async () => {
    const { 'content-length': _, connection: __, host: ___, ...rest } = headers
    const sent = await fetch(`${target}${url}`, { method: method!, headers: rest as never, body })
    await sent.text()
  })
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
    response.writeHead(answer.statusCode!, {
      'content-type': 'application/x-amz-json-1.0',
      ...(fault === 'stall answer' && { 'content-length': body.length }),
    })
    if (fault === 'stall answer') response.write(body.subarray(0, body.length / 2))
    else if (fault === 'truncate answer') response.end(body.subarray(0, body.length / 2))
    else response.end(fault === 'empty answer' ? '' : body)
  })
  request.pipe(onward)
}
