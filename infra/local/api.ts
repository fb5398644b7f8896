// The functions under serverless-offline, in a worker thread of npm start. The thread has its own
// environment, which holds the settings of the handlers, and it cannot outlive the process.
import { watch } from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { parentPort } from 'node:worker_threads'
import ServerlessOffline from 'serverless-offline'
import Lambda from 'serverless-offline/lambda'
import type { FunctionsReady, Invocation, InvocationAnswer } from './functions.ts'
import { guardHost } from './guard.ts'

const require = createRequire(import.meta.url)
const buildFolder = resolve(String(process.env.OTP_BUILD_FOLDER))

// serverless-offline has no streams, so the functions that read one are run through its Lambda.
const streamed: string[] = []
const { create } = Lambda.prototype
Lambda.prototype.create = function (lambdas) {
  create.call(this, lambdas)
  const readers = lambdas.filter(({ functionDefinition: { events } }) =>
    events.some(event => 'stream' in event),
  )
  streamed.push(...readers.map(({ functionKey }) => functionKey))
  parentPort?.on('message', async ({ functionName, event, port }: Invocation) => {
    port.postMessage(await run(this, functionName, event))
  })
}

async function run(lambda: Lambda, functionName: string, event: string): Promise<InvocationAnswer> {
  try {
    const called = lambda.get(functionName)
    called.setEvent(JSON.parse(event))
    return JSON.stringify((await called.runHandler()) ?? null)
  } catch (error) {
    // Lambda's runtime logs the error too. Here its members are left out, because
    // they may hold an item.
    console.error(error instanceof Error ? error.stack : `${functionName} threw no error.`)
    return null
  }
}

// As AWS has it: a path with a slash at its end is another one, which no route has, and without a
// setting no other origin gets an answer. serverless-offline drops the slash, one of two, and
// reflects any origin.
const { createServer } = http
const host = process.argv[process.argv.indexOf('--host') + 1] ?? ''
http.createServer = ((...given: Parameters<typeof createServer>) => {
  const server = createServer(...given)
  guardHost(server, host, request => {
    delete request.headers.origin
    request.url = request.url?.replace(/^([^?]+)\/(?=\?|$)/, '$1//')
  })
  return server
}) as typeof createServer

// serverless-offline has no event for being ready.
const { start } = ServerlessOffline.prototype
ServerlessOffline.prototype.start = async function () {
  const { log } = console
  console.log = () => {} // a box of routes, with the wrong port
  await start.call(this)
  console.log = log
  watch(buildFolder, { recursive: true }, forgetFunctions)
  const ready: FunctionsReady = { streamed }
  parentPort?.postMessage(ready)
}

// A changed function is built again, but Node.js loads a module only once per process.
function forgetFunctions(): void {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(buildFolder)) delete require.cache[file]
  }
}

// The command line of osls, as node_modules/.bin/serverless runs it; its
// arguments are process.argv.
require('serverless/bin/serverless.js')
