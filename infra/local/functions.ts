// The functions of npm start that no route leads to, run from outside of their worker (api.ts).
import { once } from 'node:events'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import type { Invoke } from './stream.ts'

/** What the worker sends first: the functions with a `stream` among their events in serverless.yml. */
export interface FunctionsReady {
  streamed: string[]
}

/** What the worker is sent: an event, as JSON, and where to answer. */
export interface Invocation {
  functionName: string
  event: string
  port: MessagePort
}

/** What it answers: the function's own answer, as JSON, or null when it threw. */
export type InvocationAnswer = string | null

/** Runs the functions of a worker. */
export function invokeIn(worker: Worker): Invoke {
  return async (functionName, event) => {
    const { port1, port2 } = new MessageChannel()
    const invocation: Invocation = { functionName, event: JSON.stringify(event), port: port2 }
    worker.postMessage(invocation, [port2])
    const [answer] = (await once(port1, 'message')) as [InvocationAnswer]
    port1.close()
    if (answer === null) throw new Error(`${functionName} failed.`)
    return JSON.parse(answer)
  }
}
