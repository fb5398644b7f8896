// Preloaded into every Node process of a rehearsal (NODE_OPTIONS): no connection leaves this
// machine. What tries is refused before its name is looked up, and noted in the file that
// REHEARSAL_STRAYS names.
import { appendFileSync } from 'node:fs'
import { Socket } from 'node:net'

const here = ['localhost', '127.0.0.1', '::1']
const connect = Socket.prototype.connect

Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
  const target = targetOf(args)
  if (target === null) return Reflect.apply(connect, this, args)
  const { REHEARSAL_STRAYS: strays } = process.env
  if (strays) appendFileSync(strays, `${target}\n`)
  process.nextTick(() => this.destroy(new Error(`${target} is not on this machine.`)))
  return this
} as typeof connect

/** Host and port of a connection to elsewhere; null of one that stays here. */
function targetOf(args: unknown[]): string | null {
  // node:net calls itself with an array of what it was called with.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  const {
    host = 'localhost',
    port,
    path,
  } = typeof first === 'object' ? first : given(first, second)
  return path !== undefined || here.includes(host) ? null : `${host}:${port}`
}

function given(first: unknown, host: unknown) {
  return typeof first === 'string' && !/^\d+$/.test(first)
    ? { path: first }
    : { port: first, ...(typeof host === 'string' && { host }) }
}
