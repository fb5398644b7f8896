// The service with a clock that a caller sets: the real handlers behind HTTP, where the header
// x-now is what they take for now. The peer's tests stop the clock and move it.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { startTwilioStandIn } from '../../infra/local/twilio/stand-in.ts'
import { localCredentials, localRegion, localTables } from '../../infra/stack/local.ts'
import { operations } from '../../lib/api/operations.ts'
import { at } from '../support/clock.ts'
import { apiKey, keptApiKeys } from '../support/keys.ts'

/** A running service. */
export interface Stand {
  api: string
  inbox: string
  dynamodb: string
  key: string
  close(): Promise<void>
}

type Handler = (event: object, context: object) => Promise<Answer>
type Answer = { statusCode: number; headers: Record<string, string>; body: string }

/** Starts it in this process, whose environment holds its settings. */
export async function startStand(): Promise<Stand> {
  const engine = await startDynalite({ port: 0, ...localTables })
  const twilio = await startTwilioStandIn({ port: 0 })
  Object.assign(process.env, {
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: engine.url,
    DEVICES_TABLE: localTables.devicesTable,
    LIMITS_TABLE: localTables.limitsTable,
    TRAFFIC_TABLE: localTables.trafficTable,
    OTP_STAGE: 'test',
    OTP_EVENT_BUS: 'off',
    OTP_INDEX_KEY: Buffer.alloc(32, 1).toString('base64'),
    OTP_TOKEN_KEY: Buffer.alloc(32, 2).toString('base64'),
    OTP_API_KEYS: keptApiKeys,
    OTP_TWILIO_URL: twilio.url,
    OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
    OTP_TWILIO_AUTH: 'stand',
    OTP_TWILIO_FROM: '+15005550006',
    POWERTOOLS_METRICS_DISABLED: 'true',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  })
  const routes = await loadRoutes()
  const server = http.createServer(async (message, response) => {
    if (message.url === '/settings') {
      Object.assign(process.env, JSON.parse(await text(message)))
      return void response.end()
    }
    await answer(message, response, routes)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inbox: twilio.url,
    dynamodb: engine.url,
    key: apiKey,
    async close() {
      server.closeAllConnections()
      server.close()
      await Promise.all([engine.close(), twilio.close()])
    },
  }
}

interface Route {
  method: string
  path: RegExp
  handler: Handler
}

const served = [
  ...['create-device', 'get-device', 'update-device', 'delete-device'],
  ...['challenge', 'verify', 'reset'],
] as const

function loadRoutes(): Promise<Route[]> {
  return Promise.all(
    served.map(async name => {
      const { handler } = await import(`../../functions/${name}.ts`)
      const [method = '', path = ''] = operations[name as keyof typeof operations].route.split(' ')
      const form = path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
      return { method, path: new RegExp(`^${form}$`), handler }
    }),
  )
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  routes: Route[],
): Promise<void> {
  const { method = '', url = '', headers } = message
  const found = routes.find(route => route.method === method && route.path.test(url))
  if (!found) return void response.writeHead(404).end()
  const groups = Object.entries(found.path.exec(url)?.groups ?? {})
  const body = await text(message)
  const event = {
    ...{ version: '2.0', routeKey: '$default', rawPath: url, rawQueryString: '', headers },
    pathParameters: Object.fromEntries(groups.map(([name, id]) => [name, decodeURIComponent(id)])),
    requestContext: { http: { method, path: url } },
    ...{ isBase64Encoded: false, ...(body !== '' && { body }) },
  }
  const context = { awsRequestId: 'stand', getRemainingTimeInMillis: () => 25_000 }
  const now = Number(headers['x-now'] ?? Date.now())
  const given = await at(now, () => found.handler(event, context))
  response.writeHead(given.statusCode, given.headers).end(given.body)
}
