// Connections that are kept for the next request. A frozen Lambda thaws with connections that the
// other side has closed meanwhile, and what is written to them is lost with an unknown outcome. Its
// timers have not run, but the clock has: so idle connections are dropped by the clock before a
// request.
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'

/** The connections of one client. */
export interface Connections {
  http: http.Agent
  https: https.Agent
}

/** Since when a connection has been idle, milliseconds since the epoch. */
const idleSince = new WeakMap<Socket, number>()

/** Makes agents that keep connections. */
export function keepConnections(options: http.AgentOptions): Connections {
  const kept = { keepAlive: true, ...options }
  const connections = { http: new http.Agent(kept), https: new https.Agent(kept) }
  for (const agent of Object.values(connections)) {
    agent.on('free', (socket: Socket) => idleSince.set(socket, Date.now()))
  }
  return connections
}

/** Drops the connections that were idle for longer than this. Those in use are left alone. */
export function dropIdle(connections: Connections, longestIdleMs: number): void {
  const now = Date.now()
  dropFree(connections, socket => {
    const idleMs = now - (idleSince.get(socket) ?? 0)
    // A clock that was put back says nothing.
    return idleMs < 0 || idleMs > longestIdleMs
  })
}

/** Drops all idle connections: where one was lost, the others may be too. */
export function dropAllIdle(connections: Connections): void {
  dropFree(connections, () => true)
}

/**
 * Free connections lie in the order in which they became idle, and the agent takes the last one. It
 * would take a dropped one too, if it were the last.
 */
function dropFree({ http, https }: Connections, isLost: (socket: Socket) => boolean): void {
  for (const free of [http, https].flatMap(agent => Object.values(agent.freeSockets))) {
    const lost = free?.slice(0, free.findLastIndex(isLost) + 1) ?? []
    for (const socket of lost) socket.destroy()
  }
}
