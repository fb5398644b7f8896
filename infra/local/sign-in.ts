// GET /demo: a sign-in form to copy (sign-in.html), and the small backend that it needs. The
// backend stands for yours: it holds an API key, knows which users have given their password, and
// passes on the answers of the client. Never deployed.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createClient, type Result } from '../../lib/client/client.ts'
import { channels } from '../../lib/settings/channels.ts'
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
  const otp = createClient({ url: api, apiKey: key })
  /** What is to be verified, by session. A real backend keeps it in its session store. */
  const sessions = new Map<string, Session>()

  const inSession =
    (work: (session: Session, asked: Asked) => Promise<object>) => async (asked: Asked) => {
      const session = sessions.get(asked.session)
      return session ? work(session, asked) : { ok: false, status: 401, code: 'no_session' }
    }

  const routes: Record<string, (asked: Asked) => Promise<object>> = {
    'POST /demo/session': async ({ body }) => {
      const userId = `demo-${randomUUID()}`
      const device = await otp.devices.create(userId, { number: String(body.number ?? '') })
      if (!device.ok) return device
      const session = randomUUID()
      sessions.set(session, { userId, deviceId: device.id })
      return { ok: true, cookie: `demo=${session}; HttpOnly; SameSite=Strict; Path=/demo` }
    },
    'POST /demo/challenge': inSession(async (session, { clientIp, channel }) =>
      keepChallenge(session, await challenge(session, { clientIp, channel })),
    ),
    'POST /demo/resend': inSession(async (session, { clientIp, channel }) => {
      // Each press has a key of its own, which the client makes.
      const sent = await otp.resend(session.userId, session.deviceId, { clientIp, channel })
      const isOver = !sent.ok && sent.code === 'nothing_to_resend'
      return keepChallenge(session, isOver ? await challenge(session, { clientIp, channel }) : sent)
    }),
    'GET /demo/state': inSession(({ userId, deviceId, challengeId }) =>
      otp.challengeState(userId, deviceId, { challengeId }),
    ),
    'POST /demo/verify': inSession(
      async ({ userId, deviceId, challengeId }, { body, clientIp }) => {
        const token = String(body.token ?? '')
        const verified = await otp.verify(userId, deviceId, { token, challengeId, clientIp })
        // Here your backend begins the session of a user who is logged in.
        return verified.ok ? { ok: true } : verified
      },
    ),
    'GET /demo/inbox': async () => ({ ok: true, url: inbox }),
  }

  const challenge = ({ userId, deviceId }: Session, request: Sending) =>
    otp.challenge(userId, deviceId, request)

  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    const route = `${request.method} ${request.url?.split('?')[0]}`
    if (route === 'GET /demo') return sendPage(response)
    const handle = routes[route]
    const body = readObject(await text(request).catch(() => ''))
    if (!handle) return send(response, { ok: false, status: 404, code: 'route_not_found' })
    // A form of another site cannot send this content type.
    if (request.method === 'POST' && request.headers['content-type'] !== 'application/json') {
      return send(response, { ok: false, status: 415, code: 'unsupported_media_type' })
    }
    const asked = {
      body,
      session: sessionOf(request),
      channel: channels.find(channel => channel === body.channel),
      // Behind a proxy of your own it is the address that this proxy saw: never the first entry of
      // X-Forwarded-For, which whoever asks can write.
      clientIp: request.socket.remoteAddress,
    }
    send(response, await handle(asked).catch(broken))
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

interface Session {
  userId: string
  deviceId: string
  challengeId?: string
}

interface Sending {
  clientIp: string | undefined
  channel: (typeof channels)[number] | undefined
}

interface Asked extends Sending {
  body: Record<string, unknown>
  session: string
}

/** Another challenge of this device, of another browser perhaps, is not this session's. */
function keepChallenge(session: Session, sent: Result<'challenge'>): object {
  // One of which it is not known whether it was sent has an id, too.
  if ('challengeId' in sent) session.challengeId = sent.challengeId
  return sent
}

/** What the client throws, only the operator can mend. */
function broken(error: Error): object {
  console.error(error.message)
  return { ok: false, status: 500, code: 'broken' }
}

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

/** Hands an answer of the client on to the page, which needs its code and its waits. */
function send(response: ServerResponse, answer: object): void {
  const { status = 200, cookie, ...body } = answer as { status?: number; cookie?: string }
  // 0 is that of no answer at all.
  response.writeHead(status || 503, {
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
