// An HTTP proxy between a client and its server: the SDK and the engine, or Twilio's client and the
// stand-in. It counts requests by operation, and spoils those that it is given faults for.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { answerInstead, type EngineAnswer, type Fault, insteadOf, spoil } from './faults.ts'

export type { Fault } from './faults.ts'

/** A request that the engine has answered, whatever of the answer arrived. */
export interface Passage {
  operation: string
  input: string
  status: number
}

interface Options {
  /** Asked for each request for which nothing is queued. */
  plan?: (operation: string, input: string) => Fault | undefined
  /** Called with what the engine did: the truth, against which answers are held. */
  watch?: (passage: Passage) => void
}

/** Starts a proxy to an engine. */
export async function startFaultProxy(target: string, options: Options = {}) {
  const operations: string[] = []
  const requests: { operation: string; input: object }[] = []
  const faults: Fault[] = []
  const held: (() => Promise<unknown>)[] = []
  const server = http.createServer(async (request, response) => {
    const operation = operationOf(request)
    operations.push(operation)
    const queued = faults.shift()
    // A client that gave up is its own business; here it must not end the process.
    response.on('error', () => {})
    const body = await buffer(request).catch(() => null)
    const fault = queued ?? options.plan?.(operation, body?.toString() ?? '')
    if (body !== null && 'x-amz-target' in request.headers) {
      requests.push({ operation, input: JSON.parse(body.toString()) })
    }
    if (body === null || fault === 'hang') return
    if (fault === 'lose request') return void request.socket.destroy()
    const ask = async () => {
      const answer = await forward(target, request, body)
      options.watch?.({ operation, input: body.toString(), status: answer.status })
      return answer
    }
    if (fault === 'hold request') return void held.push(ask)
    await answer(response, ask, { fault, request: body.toString() }).catch(() => response.destroy())
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

/** DynamoDB names its operations in a header, Twilio by path. */
function operationOf({ headers, url = '' }: IncomingMessage): string {
  const target = headers['x-amz-target']
  return target === undefined ? url : (String(target).split('.')[1] ?? '')
}

async function answer(
  response: ServerResponse,
  ask: () => Promise<EngineAnswer>,
  { fault, request }: { fault: Fault | undefined; request: string },
): Promise<void> {
  const instead = insteadOf(fault)
  if (instead === null) return spoil(response, await ask(), fault)
  if (instead.applied) await ask()
  answerInstead(response, instead.instead, request)
}

function forward(target: string, request: IncomingMessage, body: Buffer): Promise<EngineAnswer> {
  const { method, headers, url } = request
  return new Promise((resolve, reject) => {
    const onward = http.request(`${target}${url}`, { method: method!, headers }, async answer => {
      // Not the checksum and the length, which would reveal a broken body.
      const { 'content-type': type = 'application/x-amz-json-1.0', 'retry-after': retryAfter } =
        answer.headers
      resolve({
        status: answer.statusCode!,
        headers: { 'content-type': type, ...(retryAfter && { 'retry-after': retryAfter }) },
        body: await buffer(answer),
      })
    })
    onward.on('error', reject)
    onward.end(body)
  })
}
