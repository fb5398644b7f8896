// The HTTP side of the stand-in of a user pool: Cognito's API in JSON, to pages of any origin.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { parseJson } from '../../../lib/json.ts'
import { guardHost } from '../guard.ts'
import { urlOf } from '../url.ts'
import { openPool, PoolError, type PoolOptions, type PoolRequest } from './pool.ts'

/** A running pool. */
export interface CognitoStandIn {
  url: string
  close(): Promise<unknown>
}

const anyOrigin = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': 'POST',
}

/** Starts a pool. */
export async function startCognitoStandIn({
  host = '127.0.0.1',
  port = 0,
  ...options
}: PoolOptions & { host?: string; port?: number }): Promise<CognitoStandIn> {
  const answer = openPool(options)
  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    if (request.method === 'OPTIONS') return void response.writeHead(204, anyOrigin).end()
    const { status, body } = await answerOf(request, answer)
    send(response, status, body)
  })
  guardHost(server, host)
  server.listen(port, host)
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  return {
    url: urlOf(host, taken),
    close: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

async function answerOf(request: IncomingMessage, answer: ReturnType<typeof openPool>) {
  const target = String(request.headers['x-amz-target'] ?? '')
  const body = parseJson(await text(request).catch(() => ''))
  try {
    return {
      status: 200,
      body: await answer(target.split('.')[1] ?? '', Object(body) as PoolRequest),
    }
  } catch (error) {
    const { message } = error as Error
    const type = error instanceof PoolError ? error.type : 'UserLambdaValidationException'
    return { status: 400, body: { __type: type, message } }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...anyOrigin })
  response.end(JSON.stringify(body))
}
