// The SMS inbox of the Twilio stand-in: the accepted messages as a page, as JSON and as server-sent
// events, and the failure that the next message gets.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inboxItem, inboxPage } from './inbox-page.ts'
import type { StandInAnswer, StandInMessage } from './messages.ts'

/** The inbox of one stand-in. */
export interface Inbox {
  /** Answers the request if it is for the inbox; otherwise returns false. */
  take(request: IncomingMessage, body: string, response: ServerResponse): boolean
  /** Shows a message that was accepted. */
  show(message: StandInMessage): void
  /** Shows the last status of a message. */
  showStatus(message: StandInMessage): void
  /** The failure that a message gets, if one was chosen for it. */
  failureFor(form: Record<string, string>): StandInAnswer | undefined
}

const failures = {
  429: problem(429, 20429, 'Too Many Requests'),
  500: problem(500, 20500, 'Internal Server Error'),
  'time-out': { fault: 'hang' },
  refused: problem(400, 21614, "'To' number is not a valid mobile number."),
  'on its way': { reports: ['sent'] },
} satisfies Record<string, StandInAnswer>
type FailureName = keyof typeof failures

function problem(status: number, code: number, message: string): StandInAnswer {
  const body = { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }
  return { status, body }
}

/** Opens an inbox of these messages. */
export function openInbox(messages: StandInMessage[]): Inbox {
  const watchers = new Set<ServerResponse>()
  let next: FailureName | null = null
  let last: { message: string; failure: FailureName } | null = null

  const publish = (event: string, data: unknown) => {
    for (const watcher of watchers) write(watcher, event, data)
  }
  const failureState = () => ({ next, last: last?.failure ?? null })

  const routes: Record<string, (take: InboxRequest) => void> = {
    'GET /': ({ response }) => sendPage(response, messages),
    'GET /messages.json': ({ query, response }) => {
      const to = query.get('to')
      const found = messages.filter(sent => to === null || sent.to === to).reverse()
      sendJson(response, 200, { messages: found })
    },
    'DELETE /messages.json': ({ response }) => {
      messages.length = 0
      publish('emptied', null)
      sendJson(response, 204)
    },
    'GET /events': ({ response }) => {
      response.writeHead(200, { ...noStore, 'content-type': 'text/event-stream' })
      watchers.add(response)
      response.once('close', () => watchers.delete(response))
      // A page that was disconnected gets what it missed.
      const items = messages.toReversed().map(inboxItem).join('')
      write(response, 'state', { items, newest: messages.at(-1)?.sid ?? '', ...failureState() })
    },
    'PUT /failure.json': ({ body, response }) => {
      const wanted = readFailure(body)
      if (wanted === undefined) {
        const names = Object.keys(failures).join(', ')
        return sendJson(response, 400, { message: `"next" must be null or one of: ${names}.` })
      }
      next = wanted
      last = null
      publish('failure', failureState())
      sendJson(response, 204)
    },
  }

  return {
    take(request, body, response) {
      const [path, query] = (request.url ?? '').split('?')
      const route = routes[`${request.method} ${path}`]
      route?.({ query: new URLSearchParams(query), body, response })
      return route !== undefined
    },
    show(message) {
      publish('message', { item: inboxItem(message), sid: message.sid })
    },
    showStatus({ sid, status }) {
      publish('status', { sid, status })
    },
    failureFor({ To, Body, ContentVariables, Twiml }) {
      // A retry of the message is the same message: it must not get through by trying again.
      const message = `${To} ${Body ?? ContentVariables ?? Twiml}`
      if (next !== null) {
        last = { message, failure: next }
        next = null
        publish('failure', failureState())
      }
      return last?.message === message ? failures[last.failure] : undefined
    },
  }
}

interface InboxRequest {
  query: URLSearchParams
  body: string
  response: ServerResponse
}

const noStore = { 'cache-control': 'no-store' }

function write(watcher: ServerResponse, event: string, data: unknown): void {
  watcher.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** Undefined when there is no such failure. */
function readFailure(body: string): FailureName | null | undefined {
  try {
    const { next } = JSON.parse(body) as { next: unknown }
    if (next === null) return null
    return Object.keys(failures).find(name => name === next) as FailureName | undefined
  } catch {
    return undefined
  }
}

function sendJson(response: ServerResponse, status: number, body?: object): void {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...noStore, ...(body && type) })
  response.end(body && JSON.stringify(body))
}

function sendPage(response: ServerResponse, messages: StandInMessage[]): void {
  const nonce = randomBytes(16).toString('base64')
  const policy =
    `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; ` +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  const type = 'text/html; charset=utf-8'
  response.writeHead(200, { ...noStore, 'content-type': type, 'content-security-policy': policy })
  response.end(inboxPage(messages, nonce))
}
