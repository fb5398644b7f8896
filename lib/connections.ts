// Connections that are kept for the next request. A frozen Lambda thaws with connections that the
// other side has closed meanwhile, and what is written to them is lost with an unknown outcome. Its
// timers have not run, but the clock has: so idle connections are dropped by the clock before a
// request.
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'

/** The connections of one client. */
export interface Connections {
  httpAgent: http.Agent
  httpsAgent: https.Agent
}

/** Since when a connection has been idle, milliseconds since the epoch. */
const idleSince = new WeakMap<Socket, number>()

/** Makes agents that keep connections. */
export function keepConnections(options: http.AgentOptions): Connections {
  const kept = { keepAlive: true, ...options }
  const connections = { httpAgent: new http.Agent(kept), httpsAgent: new https.Agent(kept) }
  for (const agent of Object.values(connections)) {
    agent.on('free', (socket: Socket) => idleSince.set(socket, Date.now()))
  }
  return connections
}

/** Lower than any idle time: all idle connections are dropped. */
export const allIdle = -1

/** Drops the connections that were idle for longer than this. Those in use are left alone. */
export function dropIdle(connections: Connections, longestIdleMs: number): void {
  const now = Date.now()
  const isLost = (socket: Socket) => {
    const idleMs = now - (idleSince.get(socket) ?? 0)
    // A clock that was put back says nothing.
    return idleMs < 0 || idleMs > longestIdleMs
  }
  for (const agent of Object.values(connections) as http.Agent[]) {
    // They lie in the order in which they became idle, and the agent takes the last one, even where
    // that was dropped.
    for (const free of Object.values(agent.freeSockets) as Socket[][]) {
      for (const socket of free.slice(0, free.findLastIndex(isLost) + 1)) socket.destroy()
    }
  }
}
