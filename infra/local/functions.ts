// The functions of npm start that no route leads to, run from outside their worker (api.ts).
import { once } from 'node:events'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'

/** The first message of the worker: the functions that have a `stream` event in serverless.yml. */
export interface FunctionsReady {
  streamed: string[]
}

/** A message to the worker: an event as JSON, and the port to answer on. */
export interface Invocation {
  functionName: string
  event: string
  port: MessagePort
}

/** The answer of the worker: the function's own answer as JSON, or null when it threw. */
export type InvocationAnswer = string | null

/** Makes the function that runs the functions of a worker. */
export function invokeIn(worker: Worker) {
  return async (functionName: string, event: unknown) => {
    const { port1, port2 } = new MessageChannel()
    const invocation: Invocation = { functionName, event: JSON.stringify(event), port: port2 }
    worker.postMessage(invocation, [port2])
    const [answer] = (await once(port1, 'message')) as [InvocationAnswer]
    port1.close()
    if (answer === null) throw new Error(`${functionName} failed.`)
    return JSON.parse(answer)
  }
}
