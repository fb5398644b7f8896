// GET /demo: a sign-in form to copy (sign-in.html), and the small backend that it needs. The
// backend stands for yours: it holds an API key, knows which users have given their password, and
// passes on the API's answers. Never deployed.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { guardHost } from './guard.ts'
import { urlOf } from './url.ts'

/** A running backend. */
export interface SignInBackend {
  /** The address of the form. */
  url: string
  close(): Promise<unknown>
}

interface Options {
  host: string
  port: number
  /** URL of the API, its key, and URL of the SMS inbox. */
  api: string
  key: string
  inbox: string
}

const page = readFileSync(new URL('sign-in.html', import.meta.url), 'utf8')

/** Starts the backend. Rejects when the port is taken. */
export async function startSignIn({
  host,
  port,
  api,
  key,
  inbox,
}: Options): Promise<SignInBackend> {
  /**
   * What is to be verified, by session: the path of the device, and its challenge. A real backend
   * keeps both in its session store.
   */
  const sessions = new Map<string, { device: string; challengeId?: string }>()

  const call = async (path: string, body: object) => {
    const response = await fetch(api + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  const routes: Record<string, (request: SignInRequest) => Promise<Answer>> = {
    'POST /demo/session': async ({ body }) => {
      const user = `demo-${randomUUID()}`
      const created = await call(`/users/${user}/devices`, { number: String(body.number ?? '') })
      if (created.status !== 201) return created
      const session = randomUUID()
      sessions.set(session, { device: `/users/${user}/devices/${created.body.id}` })
      return {
        status: 200,
        body: {},
        cookie: `demo=${session}; HttpOnly; SameSite=Strict; Path=/demo`,
      }
    },
    'POST /demo/challenge': ({ session, clientIp }) =>
      inSession(session, async current => {
        const answer = await call(`${current.device}/challenge`, { clientIp })
        // Another challenge of this device, of another browser perhaps, is not this session's.
        if (answer.body.challengeId) current.challengeId = String(answer.body.challengeId)
        return answer
      }),
    'POST /demo/verify': ({ session, body, clientIp }) =>
      inSession(session, ({ device, challengeId }) =>
        call(`${device}/verify`, { token: String(body.token ?? ''), challengeId, clientIp }),
      ),
    'GET /demo/inbox': async () => ({ status: 200, body: { url: inbox } }),
  }

  const inSession = async (
    session: string,
    work: (current: { device: string; challengeId?: string }) => Promise<Answer>,
  ) => {
    const current = sessions.get(session)
    return current ? work(current) : { status: 401, body: { code: 'no_session' } }
  }

  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    const route = `${request.method} ${request.url?.split('?')[0]}`
    if (route === 'GET /demo') return sendPage(response)
    const handle = routes[route]
    const body = readObject(await text(request).catch(() => ''))
    if (!handle) return send(response, { status: 404, body: { code: 'route_not_found' } })
    // A form of another site cannot send this content type.
    if (request.method === 'POST' && request.headers['content-type'] !== 'application/json') {
      return send(response, { status: 415, body: { code: 'unsupported_media_type' } })
    }
    // Behind a proxy of your own it is the address that this proxy saw: never the first entry of
    // X-Forwarded-For, which whoever asks can write.
    const clientIp = request.socket.remoteAddress
    const asked = { body, session: sessionOf(request), clientIp }
    send(response, await handle(asked).catch(() => unreachable))
  })
  guardHost(server, host)
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `${urlOf(host, address.port)}/demo`,
    close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      return closed
    },
  }
}

interface SignInRequest {
  body: Record<string, unknown>
  session: string
  clientIp: string | undefined
}

interface Answer {
  status: number
  body: object
  cookie?: string
}

const unreachable: Answer = { status: 503, body: { code: 'unavailable' } }

function readObject(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body))
  } catch {
    return {}
  }
}

function sessionOf({ headers }: IncomingMessage): string {
  return /(?:^|; )demo=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? ''
}

function send(response: ServerResponse, { status, body, cookie }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(cookie && { 'set-cookie': cookie }),
  })
  response.end(JSON.stringify(body))
}

function sendPage(response: ServerResponse): void {
  const [script, style] = ['script', 'style'].map(element => {
    const code = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page)?.[1] ?? ''
    return `'sha256-${createHash('sha256').update(code).digest('base64')}'`
  })
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      `default-src 'none'; script-src ${script}; style-src ${style}; img-src data:; ` +
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  })
  response.end(page)
}
